"""Numbers in, plotly `Figure` out: no module here runs a model or knows of Streamlit."""
