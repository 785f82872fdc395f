"""Functions from numbers to a `Figure`: no module here runs a model or imports Streamlit."""
