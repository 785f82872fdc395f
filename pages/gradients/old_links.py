"""Links that were made when the parts of the lesson had other names."""

import streamlit as st

from pages.gradients.state import OLD_PARTS
from ui.streamlit_internals import seed_from_link

MOVED = ("away", "batch", "z_draws", "n", "printed")     # controls of "Mini-batches" that were those of "The VAE"


def read() -> None:
    """Names of parts in older links become those of today."""
    asked = st.query_params.get("part", "")
    part = "Mini-batches" if asked == "The VAE" and any(name in st.query_params for name in MOVED) else asked
    part = OLD_PARTS.get(part, part)
    if part != asked:
        st.query_params["part"] = part
        seed_from_link()
