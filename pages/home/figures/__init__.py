"""Figures of the home page: small pictures, numbers in, plotly JSON out, and how one is drawn without plotly."""
