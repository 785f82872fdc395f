"""Lesson: the gradient lab, log-derivative against reparametrization."""

import streamlit as st

from pages.gradients import descents, discrete, estimators, mini_batches, sweeps, vae, why
from pages.gradients.state import CONTROLS, NOTES, OLD_PARTS, PRESETS
from ui import page
from ui.streamlit_internals import seed_from_link

PARTS = {
    "Two estimators": estimators.part,
    "Why": why.part,
    "Sweeps": sweeps.part,
    "Gradient descent": descents.part,
    "Discrete z": discrete.part,
    "The VAE": vae.part,
    "Mini-batches": mini_batches.part,
}
MOVED = ("away", "batch", "z_draws", "n", "printed")     # controls of "Mini-batches" that were those of "The VAE"


def _read_old_link() -> None:
    """Names of parts in older links become those of today."""
    asked = st.query_params.get("part", "")
    part = "Mini-batches" if asked == "The VAE" and any(name in st.query_params for name in MOVED) else asked
    part = OLD_PARTS.get(part, part)
    if part != asked:
        st.query_params["part"] = part
        seed_from_link()


_read_old_link()
page.opening("gradients", CONTROLS)
page.parts(PARTS, PRESETS, NOTES)
page.closing("gradients")
