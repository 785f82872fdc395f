"""Lesson: the variational autoencoder."""
