"""Figures of the PCA lesson: numbers in, plotly JSON out."""
