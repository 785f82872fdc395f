"""Figures of the VAE lesson: numbers in, plotly JSON out."""
