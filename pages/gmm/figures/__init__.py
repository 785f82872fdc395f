"""Figures of the mixture lesson: numbers in, plotly JSON out."""
