"""Integrals over the 1 or 2 latents of a VAE, and what they say about its bounds."""
