"""Lesson: Bayes' theorem, the evidence, what comes next, and the MAP."""
