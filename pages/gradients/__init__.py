"""Lesson: the gradient lab."""
