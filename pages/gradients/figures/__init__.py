"""Figures of the gradient lab: numbers in, plotly JSON out."""
