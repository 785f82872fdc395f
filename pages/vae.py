"""Lesson: the variational autoencoder."""

from dgm.ui import lesson

lesson.opening("vae")
lesson.closing("vae")
