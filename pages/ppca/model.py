"""Part "The model": a cloud of points, the noise, the direction, samples, and the integral over z."""

import math
import textwrap

import streamlit as st
import torch
from torch import Tensor

from dgm import ppca
from dgm.ppca.complete_likelihood import Estimate, complete_log_prob, fit_complete, monte_carlo
from dgm.ppca.profile_likelihood import likelihood_over_angle, log_lik_fixed_plane, profile_log_lik
from dgm.ppca.toy_data import line_truth, share_off_data
from pages.ppca import cloud_controls
from pages.ppca.cloud import Cloud
from pages.ppca.cloud_controls import FittedCloud
from pages.ppca.figures import curves, point_clouds
from ui import controls, page, question, source_code

GOAL = 20.0        # degrees
SAMPLES = 300      # points to compare with the data
GAUSSIANS = 80     # z with a Gaussian that is drawn
PAIRS = 200        # (x, z) of the complete likelihood


def part() -> None:
    """The model on a cloud of points."""
    cloud = cloud_controls.choose()
    fitted = cloud_controls.fit(cloud, _latent_dimensions(cloud))
    cloud, x, spec, best = fitted
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
        cloud_controls.show(cloud, theta, ppca.sample(theta, count, draw_seed))
    _claim(x, theta)
    if x.shape[1] == 2:
        _challenge(cloud, best)
    _noise_question(spec, q, share)
    page.section(lambda: _direction_question(spec))
    if x.shape[1] == 2:
        _samples_beside_data(x, best, draw_seed)
        page.section(lambda: _incomplete_likelihood(draw_seed))
    _show_code(fitted, share)


def _latent_dimensions(cloud: Cloud) -> int:
    """q: one in the plane; one or two in space."""
    return 1 if cloud.base.shape[1] == 2 else controls.draw("q")


def _claim(x: Tensor, theta: ppca.Params) -> None:
    noise = float(theta.sigma2)
    value = f"{float(ppca.log_prob(x, theta).mean()):.4g}" if noise > 0 else r"-\infty"
    used, q = int((theta.W.norm(dim=0) > 0).sum()), theta.W.shape[1]
    along = "along the line" if used == q == 1 else f"along {used} of {q} directions"
    words = ("PCA is the limit without noise: all probability on the line, no density beside it." if noise == 0 else
             f"$\\mathbf z$ explains what varies {along}; the noise is left with the rest.")
    page.claim(
        words,
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", value, "nats per point") + "= "
        + r"\log \mathcal{N}(\mathbf{x}\,|\,\mu,\; "
        + page.term("reconstruction", r"W W^\top", float((theta.W**2).sum()), "variance") + "+"
        + page.term("likelihood", r"\sigma^2 I", noise, "each") + ")")


def _challenge(cloud: Cloud, best: ppca.Params) -> None:
    """Rotate the line by dragging points, which shows how much each of them weighs."""
    angle = ppca.axis_angle(ppca.fit(cloud.base, 1), best)
    page.challenge(f"Drag points until the best line has turned by {GOAL:.0f} degrees. How few are enough?",
                   angle >= GOAL, f"{angle:.1f} degrees, points moved: {len({m[0] for m in cloud.moved})}")


def _noise_question(spec: ppca.Spectrum, q: int, share: float) -> None:
    """Where the likelihood is largest over the noise; then the curve. share: of the best noise, the slider's value."""
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
        page.figure(
            curves.over_noise(noises, profile_log_lik(spec, q, noises), log_lik_fixed_plane(spec, q, noises), at, best,
                              eigenvalues=spec.values[:q].tolist(), palette=page.palette()), key="over_noise",
            alt=curves.over_noise_alt(at, float(profile_log_lik(spec, q, at)), best, float(profile_log_lik(spec, q))))
        st.caption("Dotted uprights: the eigenvalues. Past each of them a latent dimension is switched off: its column "
                   "of W is zero.")


def _direction_question(spec: ppca.Spectrum) -> None:
    """What a line in another direction costs; then projected variance and likelihood over the angle."""
    page.heading("Maximise the projected variance, or the likelihood: one answer")
    degrees = controls.draw("turn")
    angles = torch.linspace(-math.pi / 2, math.pi / 2, 181, dtype=torch.float64)
    here = likelihood_over_angle(spec, torch.tensor([math.radians(degrees)], dtype=torch.float64))
    all_angles = likelihood_over_angle(spec, angles)
    lost = max(float(all_angles.log_lik.max() - here.log_lik[0]), 0.0)
    if question.number(
            "direction", f"Turn the line by {abs(degrees)} degrees and refit its length and noise. How many nats per "
            "point does it cost?", truth=lambda: lost,
            why=lambda exact: f"The projected variance falls from {float(spec.values[0]):.3g} to "
            f"{float(here.variance[0]):.3g}; the likelihood is an increasing function of it, so both peak together.",
            low=0.0, high=2.0, start=0.5, step=0.01, unit="nats"):
        page.figure(curves.over_angle(angles.rad2deg(), *all_angles, degrees, page.palette()), key="over_angle",
                    alt=curves.over_angle_alt(angles.rad2deg(), *all_angles))


def _samples_beside_data(x: Tensor, theta: ppca.Params, seed: int) -> None:
    """Samples of the fitted model, and how many of them lie where there are no data."""
    page.heading("What the model believes")
    drawn = ppca.sample(theta, SAMPLES, seed).x
    share = share_off_data(x, drawn)
    st.markdown(f"**{share:.0%}** of {SAMPLES} new points fall further from the data than 99% of the data from each "
                "other. A Gaussian on a line cannot be empty in the middle, and it cannot bend: try *two clusters* and "
                "*a curve*.")
    page.figure(point_clouds.model_samples(x, theta, drawn, share, page.palette()), key="model_samples",
                alt=point_clouds.model_samples_alt(x, drawn, share))


def _incomplete_likelihood(seed: int) -> None:
    """p(x) as an average over z, and what changes when z is known."""
    page.heading("Without z: the incomplete likelihood")
    left, right = st.columns([1, 2])
    theta = line_truth()
    with left:
        samples = controls.draw("samples")
        first_coordinate = controls.draw("point")
    point = torch.tensor([first_coordinate, 1.0], dtype=torch.float64)
    exact, estimate = float(ppca.log_prob(point[None], theta)[0]), monte_carlo(point, theta, samples, seed)
    with right:
        decoded = ppca.decode(estimate.z[:GAUSSIANS], theta)
        page.figure(point_clouds.gaussians(theta, decoded, point, page.palette()), key="gaussians",
                    alt=point_clouds.gaussians_alt(decoded, exact, estimate.log_prob, estimate.error))
    with left:
        _show_estimate(exact, estimate, samples)
        _show_complete_likelihood(seed)


def _show_estimate(exact: float, estimate: Estimate, samples: int) -> None:
    st.latex(page.term("evidence", r"\log p(\mathbf{x})", exact, "nats") + r"\approx \log \tfrac1S \sum_s "
             + page.term("likelihood", r"p(\mathbf{x}|\mathbf{z}_s)", estimate.log_prob))
    st.caption(f"Estimate {estimate.log_prob:.3f} ± {estimate.error:.3f} nats; of {samples} draws only "
               f"{estimate.effective:.1f} carry the sum.")


def _show_complete_likelihood(seed: int) -> None:
    """Fits to the same samples with z known and with z unknown, beside the truth."""
    truth = line_truth()
    drawn = ppca.sample(truth, PAIRS, seed)
    known, hidden = fit_complete(drawn.x, drawn.z), ppca.fit(drawn.x, 1)
    with_z = float(complete_log_prob(drawn.x, drawn.z, known).mean())
    st.markdown("Known z: least squares maximises the complete likelihood "
                f"$\\log p(X, Z|\\theta)$ = {with_z:.3f} nats per point, σ² = {float(known.sigma2):.3f}. Unknown z: "
                f"maximise the marginal, $\\log p(X|\\theta)$ = {ppca.log_likelihood(drawn.x, hidden) / PAIRS:.3f}, "
                f"σ² = {float(hidden.sigma2):.3f}. The truth is {float(truth.sigma2):.3f}.")


def _show_code(fitted: FittedCloud, share: float) -> None:
    cloud, _, spec, best = fitted
    q = best.W.shape[1]
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
