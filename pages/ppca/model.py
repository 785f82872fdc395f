"""Part "The model": a cloud of points, the noise, the direction, new samples, and the integral over z."""

import math
import textwrap

import streamlit as st
import torch
from torch import Tensor

from dgm import ppca
from dgm.ppca.profile_likelihood import AngleCurves, likelihood_over_angle, log_lik_fixed_plane, profile_log_lik
from dgm.ppca.toy_data import share_off_data
from pages.ppca import cloud_controls, likelihoods
from pages.ppca.cloud import Cloud
from pages.ppca.cloud_controls import FittedCloud
from pages.ppca.figures import curves, point_clouds
from pages.ppca.state import HOW_MANY, PRESETS
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import Packed
from ui.figures.theme import DARK, LIGHT
from ui.figures.written import percent, written

GOAL = 10.0        # degrees
SAMPLES = 300      # points to compare with the data
# What the density gives -> the state of the page that shows it.
BEYOND_PCA = {"a likelihood, to choose the number of latents": {"part": "Digits", "look": HOW_MANY},
              "a noise level": PRESETS["Equal units"],      # the level is a line in its figure
              "missing values": PRESETS["Half an image"],
              "new samples": {"draws": 30}}
QUARTER = 0.25     # of the most likely noise variance, that the question is about
PLACES = {1: "line", 2: "plane"}     # of the points without noise, by q
INTRODUCTIONS = {
    1: "The PCA model draws a hidden number z from N(0, 1) and places it on a line, at Wz + μ. Then it adds noise ε "
    "with the same variance σ² in every direction. Fitted by maximum likelihood, the line is PCA's first axis.",
    2: "The PCA model draws two hidden numbers z from N(0, I) and places them on a plane, at Wz + μ. Then it adds "
    "noise ε with the same variance σ² in every direction. Fitted by maximum likelihood, the plane is that of PCA's "
    "first two axes."}


def part() -> None:
    """The model on a cloud of points."""
    opening = st.container()
    left, right = st.columns([3, 1])
    below = st.container()
    with below:
        cloud = cloud_controls.choose()
        fitted = cloud_controls.fit(cloud, 1 if cloud.base.shape[1] == 2 else controls.value("q"))
    cloud, x, spec, best = fitted
    q = best.W.shape[1]
    with opening:
        page.introduction(INTRODUCTIONS[q], _formula(), terms=("latent variable", "W", "noise variance", "nat"))
    with right:
        if x.shape[1] > 2:
            controls.draw("q")
        share = controls.draw("noise")
        count = controls.draw("draws")
        draw_seed = controls.draw("draw_seed")
        _beyond_pca()
    theta = ppca.closed_form(spec, q, sigma2=share * float(best.sigma2))
    with left:
        cloud_controls.show(cloud, theta, ppca.sample(theta, count, draw_seed), share)
        if x.shape[1] > 2:
            st.caption("Each new point: $z$ is decoded onto the plane, then noise moves it (cross). Drag the picture "
                       "to turn it.")
    with below:
        _claim(x, theta)
        _noise_question(fitted, share)
        page.section(lambda: _direction_question(fitted))
        if x.shape[1] == 2:
            _challenge(cloud, best)
            _samples_beside_data(cloud, x, best, draw_seed)
            page.section(lambda: likelihoods.average_over_z(draw_seed))
            page.section(lambda: likelihoods.complete_and_incomplete(draw_seed))
        _show_code(fitted, share)


def _formula() -> str:
    return (page.term("evidence", r"\mathbf{x}") + "=" + page.term("reconstruction", r"W\mathbf{z} + \mu") + "+"
            + page.term("likelihood", r"\epsilon") + r",\quad "
            + page.term("prior", r"\mathbf{z}\sim\mathcal{N}(0, I)"))


def _beyond_pca() -> None:
    """What PCA alone cannot do; each opens the state of the page that shows it."""
    with st.container(key="beyond PCA", gap=None):
        st.markdown("PCA alone does not give")     # captions are not shown in the lecture hall
        for name, opened in BEYOND_PCA.items():
            st.button(name, key=f"{controls.OPENS} {name}", type="tertiary", icon=":material/arrow_forward:",
                      on_click=controls.reset, args=(opened,))


def _claim(x: Tensor, theta: ppca.Params) -> None:
    noise = float(theta.sigma2)
    value = float(ppca.log_prob(x, theta).mean()) if noise > 0 else -math.inf
    used, q = int((theta.W.norm(dim=0) > 0).sum()), theta.W.shape[1]
    page.claim(
        _in_words(noise, used, q),
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", value, "nats per point") + "= "
        + r"\log \mathcal{N}(\mathbf{x}\,|\,\mu,\; "
        + page.term("reconstruction", r"W W^\top", float((theta.W**2).sum()),
                    f"variance added along the {PLACES[q]}") + "+"
        + page.term("likelihood", r"\sigma^2 I", noise, "variance, each direction") + ")")


def _in_words(noise: float, used: int, q: int) -> str:
    place = f"the {PLACES[q]}"
    if noise == 0:
        return (f"PCA is the limit without noise. All probability lies on {place}, and a point beside it has density "
                "0.")
    if used == 0:
        return (f"The noise is now larger than the variance in every direction of {place}, so W is 0. The model is a "
                "round Gaussian, and z changes nothing.")
    where = place if used == q else f"{used} of {q} directions"
    return (f"Variation along {where} is attributed to z, variation across it to the noise. "
            "The density gives what PCA alone cannot: a likelihood, a noise level, missing values and new samples.")


def _challenge(cloud: Cloud, best: ppca.Params) -> None:
    """Rotate the line by dragging points, which shows how much each of them weighs."""
    angle = ppca.axis_angle(ppca.fit(cloud.base, 1), best)
    turned = "the points have no longest direction" if math.isnan(angle) else f"{angle:.1f} degrees"
    page.challenge(f"Drag points until the best line has turned by {GOAL:.0f} degrees. How few are enough?",
                   angle >= GOAL, f"{turned}, points moved: {len({m[0] for m in cloud.moved})}")


def _noise_question(fitted: FittedCloud, share: float) -> None:
    """What too little noise costs; then the curve over the noise. share: of the best noise, the slider's value."""
    spec, q = fitted.spec, fitted.best.W.shape[1]
    best, top = spec.noise(q), float(profile_log_lik(spec, q))

    def cost(times: float) -> float:
        return top - float(profile_log_lik(spec, q, times * best))

    if question.number(
            "noise", "Now the noise variance is set to a quarter of its most likely value, and W is fitted again. By "
            "how many nats per point does log p(x) fall?",
            truth=lambda: cost(QUARTER),
            why=lambda exact: f"The points lie farther from the {PLACES[q]} than the model expects. Four times too "
            f"much noise costs {cost(1 / QUARTER):.3f} nats only. The most likely σ² is the mean of the eigenvalues of "
            f"the data's covariance S that W does not keep: {', '.join(written(float(v)) for v in spec.values[q:])}.",
            low=0.0, high=4.0, start=1.0, step=0.01, unit="nats", about=f"noise {fitted.cloud} {q}"):
        noises = torch.logspace(math.log10(best / 50), math.log10(best * 50), 121, dtype=torch.float64)
        at = share * best
        page.figure(
            curves.over_noise(noises, profile_log_lik(spec, q, noises), log_lik_fixed_plane(spec, q, noises), at, best,
                              eigenvalues=spec.values[:q].tolist(), palette=page.palette()), key="over_noise",
            alt=curves.over_noise_alt(at, float(profile_log_lik(spec, q, at)) if at else -math.inf, best, top))
        st.caption("Dotted uprights: the eigenvalues λ that W keeps. Where the noise exceeds λ, that column is zero.")


def _direction_question(fitted: FittedCloud) -> None:
    """Projected variance over the angle, and what a line in another direction costs in likelihood."""
    spec = fitted.spec
    page.heading("PCA's projected variance and the likelihood have one best direction")
    degrees = controls.draw("turn")
    about = f"direction {fitted.cloud} {degrees}"
    open_now = question.revealed("direction", about)
    figure, alt, lost = _over_angle(spec, degrees, open_now, page.palette().dark)
    page.figure(figure, key="over_angle", alt=alt)
    st.caption("The dashed line marks your angle; 0 is PCA's direction."
               + ("" if open_now else " The likelihood comes below it once you have answered."))
    line = "The line" if len(spec.values) == 2 else "With q = 1, the line"
    question.number(
        "direction", f"{line} is turned by {abs(degrees)} degrees; its length and noise are fitted again. How many "
        "nats per point does it cost?", truth=lambda: lost, why=lambda exact: _why_direction(spec, degrees),
        low=0.0, high=5.0, start=0.5, step=0.01, unit="nats", about=about)


@cache.shared()
def _over_angle(spec: ppca.Spectrum, degrees: float, likelihood: bool, dark: bool) -> tuple[Packed, str, float]:
    """The figure over all angles, its sentence, and what this one costs, nats. likelihood: whether it is shown."""
    angles = torch.linspace(-math.pi / 2, math.pi / 2, 181, dtype=torch.float64)
    found, shown = likelihood_over_angle(spec, angles), angles.rad2deg()
    lost = max(float(found.log_lik.max() - _at_angle(spec, degrees).log_lik[0]), 0.0)
    figure = curves.over_angle(shown, *found, degrees, DARK if dark else LIGHT, likelihood=likelihood)
    return Packed(figure), curves.over_angle_alt(shown, *found, degrees, likelihood=likelihood), lost


def _at_angle(spec: ppca.Spectrum, degrees: float) -> AngleCurves:
    return likelihood_over_angle(spec, torch.tensor([math.radians(degrees)], dtype=torch.float64))


def _why_direction(spec: ppca.Spectrum, degrees: float) -> str:
    variance, mean = float(_at_angle(spec, degrees).variance[0]), float(spec.values.mean())
    if math.isclose(variance, float(spec.values[0])):
        return "The projected variance is the largest that there is, and so is the likelihood."
    text = (f"The projected variance falls from {written(float(spec.values[0]), '.3g')} to "
            f"{written(variance, '.3g')}, and the likelihood falls with it. ")
    below = f"the mean variance {written(mean, '.3g')}"
    if variance <= mean:
        return text + f"Below {below} the best W is zero, and the likelihood stays level."
    return text + f"It stays level where the projected variance is below {below}."


def _samples_beside_data(cloud: Cloud, x: Tensor, theta: ppca.Params, seed: int) -> None:
    """Samples of the fitted model, and how many of them lie where there are no data."""
    page.heading("New samples beside the data")
    figure, alt, share = _model_samples(x, theta, seed, cloud.axes, page.palette().dark)
    page.figure(figure, key="model_samples", alt=alt)
    st.markdown(f"**{percent(share)}** of {SAMPLES} new points lie away from the data: farther from them than 99% of "
                "the data from each other. The model is one Gaussian, so it has no gap in the middle and no bend. "
                "Compare the situations *No line: two clusters* and *No line: a curve*.")


@cache.shared()
def _model_samples(x: Tensor, theta: ppca.Params, seed: int, axes: tuple[str, ...], dark: bool
                   ) -> tuple[Packed, str, float]:
    """The figure, its sentence and the share of the samples that lie away from the data."""
    drawn = ppca.sample(theta, SAMPLES, seed).x
    share = share_off_data(x, drawn)
    return (Packed(point_clouds.model_samples(x, theta, drawn, share, DARK if dark else LIGHT, axes=axes)),
            point_clouds.model_samples_alt(x, drawn, share), share)


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
