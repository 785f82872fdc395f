"""The server's entry: `streamlit run app.py` and `uvicorn app:app` both serve it."""

import streamlit as st

app = st.App("dgm/ui/frame.py")
