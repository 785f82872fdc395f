"""What every lesson stands in. The only place inside `dgm` that knows Streamlit; it does no mathematics."""
