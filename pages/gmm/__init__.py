"""Lesson: a mixture of Gaussians fitted by EM."""
