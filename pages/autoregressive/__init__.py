"""Lesson: maximum likelihood and autoregressive models, the recap of the lecture before."""
