"""Lesson: the variational lower bound, KL, and EM as coordinate ascent."""
