"""Sections of the part "The model": p(x) as an average over z, and the likelihood with z known and unknown.

Both are of one fixed model, so their figures do not change while the controls of the part move: they are cached.
"""

from typing import NamedTuple

import streamlit as st
import torch

from dgm import ppca
from dgm.ppca.complete_likelihood import Estimate, complete_log_prob, fit_complete, monte_carlo
from dgm.ppca.toy_data import line_truth
from pages.ppca.figures import point_clouds, two_likelihoods
from ui import cache, controls, page
from ui.components.live_figure import Packed
from ui.figures.theme import DARK, LIGHT
from ui.figures.written import written

FIXED = (f"This section has a fixed model, whatever points are chosen above: a line with σ² = "
         f"{float(line_truth().sigma2):.3f}.")
GAUSSIANS = 80     # z with a Gaussian that is drawn
PAIRS = 200        # (x, z) of the complete likelihood


class Average(NamedTuple):
    """The exact log p(x) at one point, its estimate, and their figure."""

    figure: Packed
    alt: str
    exact: float                # nats
    estimate: Estimate


@cache.shared()
def _average(first_coordinate: float, samples: int, seed: int, dark: bool) -> Average:
    theta = line_truth()
    point = torch.tensor([first_coordinate, 1.0], dtype=torch.float64)
    exact, estimate = float(ppca.log_prob(point[None], theta)[0]), monte_carlo(point, theta, samples, seed)
    decoded = ppca.decode(estimate.z[:GAUSSIANS], theta)
    return Average(Packed(point_clouds.gaussians(theta, decoded, point, DARK if dark else LIGHT)),
                   point_clouds.gaussians_alt(decoded, exact, estimate.log_prob, estimate.error), exact, estimate)


def average_over_z(seed: int) -> None:
    """p(x) as an average over z, at one point."""
    page.heading("p(x) is an average over z")
    st.markdown(FIXED)
    left, right = st.columns([2, 1])
    with right:
        samples = controls.draw("samples")
        first_coordinate = controls.draw("point")
    figure, alt, exact, estimate = _average(first_coordinate, samples, seed, page.palette().dark)
    with left:
        page.figure(figure, key="gaussians", alt=alt)
    with right:
        st.caption(f"The cross is the x whose density is wanted. Each disc is $p(x|z)$ of one drawn z"
                   f"{f', {GAUSSIANS} of {samples} are shown' if samples > GAUSSIANS else ''}. Their average "
                   f"estimates $p(x)$; its log is {written(estimate.log_prob, '.3f')} ± {estimate.error:.3f} nats. "
                   f"Effective sample size: {estimate.effective:.1f} of {samples}.")
        page.glossary_terms(("effective sample size",))
    st.latex(page.term("evidence", r"\log p(\mathbf{x})", exact, "nats") + r"\approx \log \tfrac1S \sum_s "
             + page.term("likelihood", r"p(\mathbf{x}|\mathbf{z}_s)")
             + rf"\;=\; {estimate.log_prob:.4g}\,\text{{nats}}")


class Fits(NamedTuple):
    """What maximum likelihood finds with z known and with z hidden, and what it is fitted to."""

    truth: ppca.Params
    known: ppca.Params
    hidden: ppca.Params
    with_z: float               # log p(X, Z|theta) / N, nats
    without: float              # log p(X|theta) / N, nats
    figures: tuple[Packed, Packed]


@cache.shared()
def _fits(seed: int, dark: bool) -> Fits:
    truth, palette = line_truth(), DARK if dark else LIGHT
    drawn = ppca.sample(truth, PAIRS, seed)
    known, hidden = fit_complete(drawn.x, drawn.z), ppca.fit(drawn.x, 1)
    return Fits(truth, known, hidden, float(complete_log_prob(drawn.x, drawn.z, known).mean()),
                ppca.log_likelihood(drawn.x, hidden) / PAIRS,
                (Packed(two_likelihoods.complete(drawn, known, palette)),
                 Packed(two_likelihoods.incomplete(drawn.x, hidden, palette))))


def complete_and_incomplete(seed: int) -> None:
    """Fits to the same samples with z known and with z unknown, side by side."""
    page.heading("With z known, and without: complete and incomplete likelihood")
    st.markdown(f"{FIXED} Its {PAIRS} points are drawn with their z.")
    found = _fits(seed, page.palette().dark)
    left, right = st.columns(2)
    with left:
        st.markdown("**z known.** Least squares maximises the complete likelihood.")
        page.figure(found.figures[0], key="complete", alt=two_likelihoods.complete_alt(PAIRS, found.with_z))
        st.latex(page.term("likelihood", r"\tfrac1n\log p(\mathbf{X}, \mathbf{Z}|\theta)", found.with_z, "nats")
                 + r"\qquad \sigma^2 = " f"{float(found.known.sigma2):.3f}")
    with right:
        st.markdown("**z hidden.** The incomplete likelihood averages over every z.")
        page.figure(found.figures[1], key="incomplete", alt=two_likelihoods.incomplete_alt(PAIRS, found.without))
        st.latex(page.term("evidence", r"\tfrac1n\log p(\mathbf{X}|\theta)", found.without, "nats")
                 + r"\qquad \sigma^2 = " f"{float(found.hidden.sigma2):.3f}")
    st.markdown("Both fits see the same points. "
                "Do not compare the two log-likelihoods. One is a density of pairs (x, z), the other a density of x "
                "alone, and they have different units. Compare the two lines and the two σ².")
    page.glossary_terms(("complete likelihood", "incomplete likelihood"))
