"""The slide's two goals: the density of a new point, and new points drawn from the model."""

import math

import streamlit as st

from dgm import likelihood
from pages.autoregressive.figures import draws
from pages.autoregressive.figures.wording import short
from pages.autoregressive.placement import Setting
from ui import controls, page
from ui.figures.written import written


def section(model: likelihood.Density, found: Setting) -> None:
    """What the model is for: evaluate and draw."""
    page.section(lambda: _draw(model, found))


def _draw(model: likelihood.Density, found: Setting) -> None:
    page.heading("The two goals of a model")
    st.markdown("**Evaluate**: the diamond above is a new point, with its log p beside it. It was not fitted. "
                "**Draw**: new points come from the model, not from the data. Where the model is wrong, they are wrong "
                "too.")
    left, right = st.columns(2)
    with left:
        count = controls.draw("drawn")
    with right:
        seed = controls.draw("draw_seed")
    sample = model.sample(count, seed)
    outside = int(((sample < found.x.min()) | (sample > found.x.max())).sum())
    label = f"{found.question.column}, {found.unit}"
    page.figure(draws.rows(found.x.numpy(), sample.numpy(), label, page.palette()), key="new points",
                alt=draws.rows_alt(len(found.x), count, outside))
    if count:
        mean, error = float(sample.mean()), float(sample.std(correction=0)) / math.sqrt(count)
        st.caption(f"Mean of the data {short(float(found.x.mean()))} {found.unit}; of the drawn points {short(mean)} ± "
                   f"{written(error, '.2g')} {found.unit}, the standard error. {outside} of them lie outside the "
                   "range of the data.")
