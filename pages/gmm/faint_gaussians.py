"""The mixture page's fifth part: a complex density as a sum of faint Gaussians, and its Monte Carlo estimate."""

from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm.gmm import continuous_mixture
from dgm.gmm.continuous_mixture import Curve
from pages.gmm.figures import density
from ui import controls, page, source_code

DRAWN = 60      # faint Gaussians at most


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
    place = st.container()
    inputs = _draw_inputs()
    found = evidence_at(inputs)
    with place:
        show(inputs, found)
    claim(inputs, found)
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


def claim(inputs: Inputs, found: Evidence) -> None:
    """The evidence at x as an integral, and as a mean over draws."""
    page.claim(
        r"$z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(g(z), \sigma^2)$, $g(z)$ = slope z + swing sin(frequency "
        "z): each z adds one faint Gaussian, and their sum is a density that no single Gaussian is.",
        page.term("evidence", rf"p(x={inputs.at:g})", found.exact) + r"= \int p(x|z)\,p(z)\,dz \;\approx\;"
        + page.term("q", r"\frac{1}{S}\sum_s p(x|z_s)", rf"{found.estimate:.4g} \pm {found.error:.2g}")
        + r",\quad z_s \sim p(z)")


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
