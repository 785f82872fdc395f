"""The mixture page's fifth part: a complex density as a sum of faint Gaussians, and its Monte Carlo estimate."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm.gmm import continuous_mixture
from dgm.gmm.continuous_mixture import Curve
from pages.gmm.figures import density
from ui import controls, page, question, source_code
from ui.figures.written import latex

DRAWN = 60              # faint Gaussians at most
ACCURACY = 0.01         # of p(x): the standard error that the question asks for
MOST_NEEDED = 1e15      # samples: more than any place of the sliders needs


class Inputs(NamedTuple):
    """The curve, the place x, and how p(x) is estimated there."""

    curve: Curve
    at: float
    samples: int
    seed: int


class Evidence(NamedTuple):
    """p(x) at one place."""

    exact: float
    estimate: float
    error: float    # standard error of the estimate


def part() -> None:
    """The sum of faint Gaussians beside the exact density."""
    opening, place = st.container(), st.container()
    inputs = _draw_inputs()
    found = evidence_at(inputs)
    with opening:
        introduction(inputs, found)
    with place:
        show(inputs, found)
        note(inputs, found)
    page.section(lambda: question_of_samples(inputs))
    code(inputs, found)


def _draw_inputs() -> Inputs:
    at, samples, seed = _row("at", "samples", "draws")
    return Inputs(Curve(*_row("slope", "swing", "frequency", "noise")), at, samples, seed)


def _row(*names: str) -> list[Any]:
    """Draw controls side by side and return their values."""
    values = []
    for place, name in zip(st.columns(len(names)), names, strict=True):
        with place:
            values.append(controls.draw(name))
    return values


def evidence_at(inputs: Inputs) -> Evidence:
    """The exact density at x and its naive Monte Carlo estimate with standard error."""
    x = torch.tensor([inputs.at], dtype=torch.float64)
    estimate = continuous_mixture.monte_carlo(x, inputs.curve, inputs.samples, inputs.seed)
    exact = float(continuous_mixture.evidence(x, inputs.curve).exp())
    return Evidence(exact, float(estimate.value), float(estimate.error))


def show(inputs: Inputs, found: Evidence) -> None:
    """The faint Gaussians, their sum, and the exact density."""
    curve = inputs.curve
    reach = 3 * abs(curve.slope) + abs(curve.swing) + 3 * curve.noise
    x = torch.linspace(-reach, reach, 240, dtype=torch.float64)
    estimate = continuous_mixture.monte_carlo(x, curve, inputs.samples, inputs.seed)
    pieces = estimate.pieces[:: max(1, inputs.samples // DRAWN)].numpy()
    page.figure(
        density.faint(x.numpy(), continuous_mixture.evidence(x, curve).exp().numpy(), pieces, estimate.value.numpy(),
                      estimate.error.numpy(), at=inputs.at, palette=page.palette()),
        key="faint", alt=density.faint_alt(inputs.samples, inputs.at, *found))


def introduction(inputs: Inputs, found: Evidence) -> None:
    """The evidence at x as an integral, and as a mean over draws."""
    page.introduction(
        r"Here z is a number: z ~ N(0, 1), and x given z is Gaussian with mean g(z) = slope · z + swing · "
        r"sin(frequency · z). Each z adds one faint Gaussian. Samples of z estimate p(x) with an error that can be "
        "large.",
        r"\begin{aligned}" + page.term("evidence", rf"p(x={inputs.at:g}|\theta)", latex(found.exact))
        + r"&= \int p(x|z, \theta)\,p(z)\,dz \\[0.3em] &\approx"
        + page.term("q", r"\tfrac{1}{S}\sum_s p(x|z_s, \theta)",
                    rf"{latex(found.estimate)} \,\pm\, {latex(found.error, 2)}")
        + r"\end{aligned}", ("latent variable", "evidence"))


def note(inputs: Inputs, found: Evidence) -> None:
    """What the estimate and its standard error are worth here."""
    exact_error = standard_error(inputs)
    share = exact_error / found.exact
    st.markdown(
        f"The exact standard error of such an estimate is **{share:.0%}** of p(x) here. The one beside the estimate is "
        "computed from the same samples."
        + (" Almost no sample reaches this x, so estimate and error are both far too small: a small standard error "
           "proves nothing." if found.estimate + 3 * found.error < found.exact else ""))


def standard_error(inputs: Inputs) -> float:
    """The exact standard error of the mean of S samples of p(x | z).

    E p(x|z)^2 = integral N(x; g, sigma^2)^2 p(z) dz = p'(x) / (2 sigma sqrt(pi)), p' with the noise sigma / sqrt(2).
    """
    curve, x = inputs.curve, torch.tensor([inputs.at], dtype=torch.float64)
    narrower = replace(curve, noise=curve.noise / math.sqrt(2))
    second = float(continuous_mixture.evidence(x, narrower).exp()) / (2 * curve.noise * math.sqrt(math.pi))
    mean = float(continuous_mixture.evidence(x, curve).exp())
    return math.sqrt(max(second - mean**2, 0.0) / inputs.samples)


def question_of_samples(inputs: Inputs) -> None:
    """How many samples an accurate estimate takes."""
    exact = evidence_at(inputs).exact
    needed = inputs.samples * (standard_error(inputs) / (ACCURACY * exact)) ** 2
    question.number(
        "samples", f"How many samples of z are needed until the standard error is {ACCURACY:.0%} of p(x) at "
        f"x = {inputs.at:g}?", truth=lambda: needed, low=10, high=MOST_NEEDED, start=100, unit="samples",
        form="{:,.0f}", ratio=True, about=f"{inputs.curve} {inputs.at}",
        why=lambda _: "The error falls with the square root of the number of samples. With z of more dimensions, few "
        "samples explain x, and the number grows quickly: this is why p(x) is called intractable.")


def code(inputs: Inputs, found: Evidence) -> None:
    """What ran, and a script with the same numbers."""
    source_code.show(
        [continuous_mixture.evidence, continuous_mixture.monte_carlo],
        formula=r"p(\mathbf{x}) = \int p(\mathbf{x}|\mathbf{z})\, p(\mathbf{z})\, d\mathbf{z} \approx \frac1S \sum_s "
        r"p(\mathbf{x}|\mathbf{z}_s)",
        script=f"""
            import torch
            from dgm.gmm import continuous_mixture
            curve = continuous_mixture.{inputs.curve!r}
            x = torch.tensor([{inputs.at!r}], dtype=torch.float64)
            estimate = continuous_mixture.monte_carlo(x, curve, {inputs.samples}, {inputs.seed})
            numbers = {{"p(x)": float(continuous_mixture.evidence(x, curve).exp()), "estimate": float(estimate.value),
                       "standard error": float(estimate.error)}}
        """, numbers={"p(x)": found.exact, "estimate": found.estimate, "standard error": found.error})
