"""The smallest page."""

import streamlit as st

st.write("ready")
