"""Figures of the lesson on the bound: numbers in, plotly JSON out."""
