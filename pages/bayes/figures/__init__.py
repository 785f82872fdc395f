"""Figures of the Bayes lesson: numbers in, plotly JSON out."""
