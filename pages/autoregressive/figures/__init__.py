"""Figures of the lesson on likelihood and autoregressive models: numbers in, plotly JSON out."""
