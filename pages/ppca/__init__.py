"""Lesson: probabilistic PCA."""
