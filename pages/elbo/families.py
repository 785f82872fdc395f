"""A section of the first part: how far the family of q limits the bound."""

import numpy as np
import streamlit as st

from dgm import elbo
from pages.elbo import q_handle, results
from pages.elbo.figures import families as figures
from pages.elbo.figures.densities import Q
from pages.elbo.figures.families import Cells
from pages.elbo.results import Setting
from ui import cache, controls, page


def section(setting: Setting) -> None:
    """The best q of each family, and its gap."""
    page.heading("The family of q limits the bound")
    cells = controls.draw("cells")
    best, (histogram, gap) = results.fits(setting).reverse[0], free_form(setting, cells)
    evidence = best.bound + best.gap
    gaps = {"Gaussian": best.gap, f"histogram of {cells} cells": gap, "no restriction": 0.0}
    palette = page.palette()
    page.figure(figures.families(results.scene(setting), Q(best.mean, best.sd), histogram, palette), key="families",
                alt=figures.families_alt(gaps, cells))
    st.markdown("The E-step takes the best q of a family. The best Gaussian leaves a gap of "
                f"**{results.gap_text(best.bound, evidence)}** nats, the best histogram of {cells} cells one of "
                f"**{results.gap_text(evidence - gap, evidence)}** nats. Without a restriction q is the posterior, and "
                "the gap is **0**.")


@cache.copied()
def free_form(setting: Setting, cells: int) -> tuple[Cells, float]:
    """The best histogram over the shown range of z, and its gap in nats."""
    model, x = setting
    q = elbo.histogram_of(model, x, q_handle.LOW, q_handle.HIGH, cells)
    return Cells(q.low, q.high, np.array(q.masses)), elbo.elbo(model, x, q).gap


__all__ = ["free_form", "section"]
