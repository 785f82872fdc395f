"""Sections of the part "The model": p(x) as an average over z, and the likelihood with z known and unknown."""

import streamlit as st
import torch

from dgm import ppca
from dgm.ppca.complete_likelihood import complete_log_prob, fit_complete, monte_carlo
from dgm.ppca.toy_data import line_truth
from pages.ppca.figures import point_clouds, two_likelihoods
from ui import controls, page
from ui.figures.written import written

GAUSSIANS = 80     # z with a Gaussian that is drawn
PAIRS = 200        # (x, z) of the complete likelihood


def average_over_z(seed: int) -> None:
    """p(x) as an average over z, at one point."""
    page.heading("p(x) is an average over z")
    left, right = st.columns([2, 1])
    with right:
        samples = controls.draw("samples")
        first_coordinate = controls.draw("point")
    theta = line_truth()
    point = torch.tensor([first_coordinate, 1.0], dtype=torch.float64)
    exact, estimate = float(ppca.log_prob(point[None], theta)[0]), monte_carlo(point, theta, samples, seed)
    with left:
        decoded = ppca.decode(estimate.z[:GAUSSIANS], theta)
        page.figure(point_clouds.gaussians(theta, decoded, point, page.palette()), key="gaussians",
                    alt=point_clouds.gaussians_alt(decoded, exact, estimate.log_prob, estimate.error))
    with right:
        st.caption(f"The cross is the x whose density is wanted. Each disc is $p(x|z)$ of one drawn z"
                   f"{f', {GAUSSIANS} of {samples} are shown' if samples > GAUSSIANS else ''}. Their average "
                   f"estimates $p(x)$: {written(estimate.log_prob, '.3f')} ± {estimate.error:.3f} nats. "
                   f"Effective sample size: {estimate.effective:.1f} of {samples}.")
        page.glossary_terms(("effective sample size",))
    st.latex(page.term("evidence", r"\log p(\mathbf{x})", exact, "nats") + r"\approx \log \tfrac1S \sum_s "
             + page.term("likelihood", r"p(\mathbf{x}|\mathbf{z}_s)")
             + rf"\;=\; {estimate.log_prob:.4g}\,\text{{nats}}")


def complete_and_incomplete(seed: int) -> None:
    """Fits to the same samples with z known and with z unknown, side by side."""
    page.heading("With z known, and without: complete and incomplete likelihood")
    truth = line_truth()
    drawn = ppca.sample(truth, PAIRS, seed)
    known, hidden = fit_complete(drawn.x, drawn.z), ppca.fit(drawn.x, 1)
    with_z = float(complete_log_prob(drawn.x, drawn.z, known).mean())
    without = ppca.log_likelihood(drawn.x, hidden) / PAIRS
    left, right = st.columns(2)
    with left:
        st.markdown("**z known.** Least squares maximises the complete likelihood.")
        page.figure(two_likelihoods.complete(drawn, known, page.palette()), key="complete",
                    alt=two_likelihoods.complete_alt(PAIRS, with_z))
        st.latex(page.term("likelihood", r"\tfrac1n\log p(\mathbf{X}, \mathbf{Z}|\theta)", with_z, "nats")
                 + r"\qquad \sigma^2 = " f"{float(known.sigma2):.3f}")
    with right:
        st.markdown("**z hidden.** The incomplete likelihood averages over every z.")
        page.figure(two_likelihoods.incomplete(drawn.x, hidden, page.palette()), key="incomplete",
                    alt=two_likelihoods.incomplete_alt(PAIRS, without))
        st.latex(page.term("evidence", r"\tfrac1n\log p(\mathbf{X}|\theta)", without, "nats") + r"\qquad \sigma^2 = "
                 + f"{float(hidden.sigma2):.3f}")
    st.markdown(f"Both fits see the same {PAIRS} points; they were drawn with σ² = {float(truth.sigma2):.3f}. "
                "Do not compare the two log-likelihoods. One is a density of pairs (x, z), the other a density of x "
                "alone, and they have different units. Compare the two lines and the two σ².")
    page.glossary_terms(("complete likelihood", "incomplete likelihood"))
