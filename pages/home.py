"""The lecture as a map."""

import streamlit as st

st.title("Latent variable models")
