"""The PCA page's first part: the model on a cloud, its noise, its direction, what it draws, and what it cannot see."""

import math
import textwrap

import streamlit as st
import torch
from torch import Tensor

from dgm import ppca
from dgm.ppca.complete_likelihood import Estimate, complete_log_prob, fit_complete, monte_carlo
from dgm.ppca.profile_likelihood import likelihood_over_angle, log_lik_fixed_plane, profile_log_lik
from dgm.ppca.toy_data import line_truth, share_off_data
from pages.ppca.cloud import Cloud
from pages.ppca.cloud_controls import choose, fitted, show
from pages.ppca.figures import cloud as clouds
from pages.ppca.figures import curves as figures
from ui import cache, controls, page, question, source_code

GOAL = 20.0      # degrees
DRAWN = 300      # points to compare with the data
_cached = cache.shared(entries=64)
NOISE = _cached(figures.noise)
TURN = _cached(figures.turn)
STRAYS = _cached(clouds.strays)
GAUSSIANS = _cached(clouds.gaussians)


def part() -> None:
    """The model on a cloud of points."""
    cloud = choose()
    cloud, x, spec, best = fitted(cloud, dimensions(cloud))
    q = best.W.shape[1]
    left, right = st.columns([1, 2])
    with left:
        share = controls.draw("noise")
        count = controls.draw("draws")
        draw_seed = controls.draw("draw_seed")
        st.caption("$z \\sim N(0, I)$ is decoded onto the line (diamond); noise carries it to the new point (cross)."
                   if x.shape[1] == 2 else "$z \\sim N(0, I)$ is decoded onto the plane; noise carries it to the new "
                   "point (crosses). Drag the picture to turn it.")
    theta = ppca.closed_form(spec, q, sigma2=share * float(best.sigma2))
    with right:
        show(cloud, x, theta, ppca.sample(theta, count, draw_seed))
    claim(x, theta)
    if x.shape[1] == 2:
        drag_challenge(cloud, best)
    ask_noise(spec, q, share)
    page.section(lambda: ask_direction(spec))
    if x.shape[1] == 2:
        believe(x, best, draw_seed)
        page.section(lambda: without_z(draw_seed))
    code(cloud, q, share)


def dimensions(cloud: Cloud) -> int:
    """q: one in the plane; one or two in space."""
    if cloud.base.shape[1] == 2:
        return 1
    return controls.draw("q")


def claim(x: Tensor, theta: ppca.Params) -> None:
    """The model with the numbers of this moment."""
    noise = float(theta.sigma2)
    value = f"{float(ppca.log_prob(x, theta).mean()):.4g}" if noise > 0 else r"-\infty"
    on, q = int((theta.W.norm(dim=0) > 0).sum()), theta.W.shape[1]
    along = "along the line" if on == q == 1 else f"along {on} of {q} directions"
    words = ("PCA is the limit without noise: all probability on the line, no density beside it." if noise == 0 else
             f"$\\mathbf z$ explains what varies {along}; the noise is left with the rest.")
    page.claim(
        words,
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", value, "nats per point") + "= "
        + r"\log \mathcal{N}(\mathbf{x}\,|\,\mu,\; "
        + page.term("reconstruction", r"W W^\top", float((theta.W**2).sum()), "variance") + "+"
        + page.term("likelihood", r"\sigma^2 I", noise, "each") + ")")


def drag_challenge(cloud: Cloud, best: ppca.Params) -> None:
    """Turn the line by dragging points: leverage, felt."""
    before = ppca.fit(cloud.base, 1)
    angle = ppca.axis_angle(before, best)
    page.challenge(f"Drag points until the best line has turned by {GOAL:.0f} degrees. How few are enough?",
                     angle >= GOAL, f"{angle:.1f} degrees, points moved: {len({m[0] for m in cloud.moved})}")


def ask_noise(spec: ppca.Spectrum, q: int, share: float) -> None:
    """Where the likelihood peaks over the noise; then the curve."""
    best, total = spec.noise(q), float(spec.values.sum())
    if question.number(
            "noise", "The slider's unit hides it: how large is the most likely noise variance σ², as a share of the "
            "data's total variance?",
            truth=lambda: 100 * best / total,
            why=lambda exact: "Maximum likelihood sets σ² to the mean of the eigenvalues that W drops, here "
            f"{', '.join(f'{float(v):.3g}' for v in spec.values[q:])} of {total:.3g} in all.",
            low=0.0, high=50.0, start=25.0, step=0.5, unit="%"):
        noises = torch.logspace(math.log10(best / 50), math.log10(best * 50), 121, dtype=torch.float64)
        at = max(share * best, float(noises[0]))
        kept = spec.values[:q].tolist()
        page.figure(
            NOISE(noises, profile_log_lik(spec, q, noises), log_lik_fixed_plane(spec, q, noises), at, best,
                          eigenvalues=kept, palette=page.palette()), key="noise_curve",
            alt=figures.noise_alt(at, float(profile_log_lik(spec, q, at)), best, float(profile_log_lik(spec, q))))
        st.caption("Dotted uprights: the eigenvalues. Past each of them a latent dimension is switched off: its column "
                   "of W is zero.")


def ask_direction(spec: ppca.Spectrum) -> None:
    """Projected variance and likelihood, turned together."""
    page.heading("Maximise the projected variance, or the likelihood: one answer")
    degrees = controls.draw("turn")
    angles = torch.linspace(-math.pi / 2, math.pi / 2, 181, dtype=torch.float64)
    here = likelihood_over_angle(spec, torch.tensor([math.radians(degrees)], dtype=torch.float64))
    curves = likelihood_over_angle(spec, angles)
    lost = float(curves.log_lik.max() - here.log_lik[0])
    if question.number(
            "direction", f"Turn the line by {abs(degrees)} degrees and refit its length and noise. How many nats per "
            "point does it cost?", truth=lambda: lost,
            why=lambda exact: f"The projected variance falls from {float(spec.values[0]):.3g} to "
            f"{float(here.variance[0]):.3g}; the likelihood is an increasing function of it, so both peak together.",
            low=0.0, high=2.0, start=0.5, step=0.01, unit="nats"):
        page.figure(TURN(angles.rad2deg(), *curves, degrees, page.palette()), key="turn_curve",
                      alt=figures.turn_alt(angles.rad2deg(), *curves))


def believe(x: Tensor, theta: ppca.Params, seed: int) -> None:
    """What the fitted model draws, beside the data."""
    page.heading("What the model believes")
    drawn = ppca.sample(theta, DRAWN, seed).x
    share = share_off_data(x, drawn)
    st.markdown(f"**{share:.0%}** of {DRAWN} new points fall further from the data than 99% of the data from each "
                "other. A Gaussian on a line cannot be empty in the middle, and it cannot bend: try *two clusters* and "
                "*a curve*.")
    page.figure(STRAYS(x, theta, drawn, share, page.palette()), key="strays",
                  alt=clouds.strays_alt(x, drawn, share))


def without_z(seed: int) -> None:
    """p(x) as an average over z, and what changes when z is known."""
    page.heading("Without z: the incomplete likelihood")
    left, right = st.columns([1, 2])
    theta = line_truth()
    with left:
        samples = controls.draw("samples")
        across = controls.draw("point")
    point = torch.tensor([across, 1.0], dtype=torch.float64)
    exact, found = float(ppca.log_prob(point[None], theta)[0]), monte_carlo(point, theta, samples, seed)
    with right:
        shown = ppca.decode(found.z[:80], theta)
        page.figure(GAUSSIANS(theta, shown, point, page.palette()), key="gaussians",
                      alt=clouds.gaussians_alt(shown, exact, found.log_prob, found.error))
    with left:
        _estimate(exact, found, samples)
        _complete(seed)


def _estimate(exact: float, found: Estimate, samples: int) -> None:
    st.latex(page.term("evidence", r"\log p(\mathbf{x})", exact, "nats") + r"\approx \log \tfrac1S \sum_s "
             + page.term("likelihood", r"p(\mathbf{x}|\mathbf{z}_s)", found.log_prob))
    st.caption(f"Estimate {found.log_prob:.3f} ± {found.error:.3f} nats; of {samples} draws only "
               f"{found.effective:.1f} carry the sum.")


def _complete(seed: int) -> None:
    truth = line_truth()
    drawn = ppca.sample(truth, 200, seed)
    known, hidden = fit_complete(drawn.x, drawn.z), ppca.fit(drawn.x, 1)
    with_z = float(complete_log_prob(drawn.x, drawn.z, known).mean())
    st.markdown("Known z: least squares maximises the complete likelihood "
                f"$\\log p(X, Z|\\theta)$ = {with_z:.3f} nats per point, σ² = {float(known.sigma2):.3f}. Unknown z: "
                f"maximise the marginal, $\\log p(X|\\theta)$ = {ppca.log_likelihood(drawn.x, hidden) / 200:.3f}, "
                f"σ² = {float(hidden.sigma2):.3f}. The truth is {float(truth.sigma2):.3f}.")


def code(cloud: Cloud, q: int, share: float) -> None:
    """What ran, and a script with the same numbers."""
    spec = ppca.spectrum(cloud.x)
    best = ppca.closed_form(spec, q)
    numbers = {"best noise variance": float(best.sigma2), "log p(x) at the best": float(profile_log_lik(spec, q))}
    script = cloud.script + textwrap.dedent(f"""
        best = ppca.fit(x, {q})
        theta = ppca.fit(x, {q}, sigma2={share!r} * float(best.sigma2))
        numbers = {{"best noise variance": float(best.sigma2),
                   "log p(x) at the best": ppca.log_likelihood(x, best) / len(x)}}
    """)
    formula = (r"p(\mathbf{x}|\mathbf{z},\theta) = \mathcal{N}(\mathbf{x}|W\mathbf{z}+\mu, \sigma^2 I), \qquad "
               r"p(\mathbf{z}) = \mathcal{N}(\mathbf{z}|0, I)")
    source_code.show([ppca.closed_form, ppca.log_prob, ppca.posterior], formula=formula, script=script, numbers=numbers)
