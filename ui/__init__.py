"""What every lesson stands in: the parts of Streamlit that pages are made of. It does no mathematics."""
