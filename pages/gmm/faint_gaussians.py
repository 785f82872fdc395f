"""The mixture page's fifth part: a complex density as a sum of faint Gaussians, and its Monte Carlo estimate."""

from typing import NamedTuple

import streamlit as st
import torch

from dgm.gmm import continuous_mixture
from dgm.gmm.continuous_mixture import Curve
from pages.gmm.figures import density
from ui import controls, page, source_code

DRAWN = 60      # faint Gaussians at most


class Asked(NamedTuple):
    """Where the density is asked for, and how it is estimated."""

    curve: Curve
    at: float
    samples: int
    seed: int


class Point(NamedTuple):
    """p(x) at one place, exact and estimated."""

    exact: float
    estimate: float
    error: float


def part() -> None:
    """The sum of faint Gaussians beside the exact density."""
    place = st.container()
    asked = settings()
    point = evidence_at(asked)
    with place:
        show(asked, point)
    claim(asked, point)
    code(asked, point)


def settings() -> Asked:
    """Where, from how many samples, and of which curve."""
    first, second, third = st.columns(3)
    with first:
        at = controls.draw("at")
    with second:
        samples = controls.draw("samples")
    with third:
        seed = controls.draw("draws")
    return Asked(mean_of_x(), at, samples, seed)


def mean_of_x() -> Curve:
    """How z becomes the mean of x, and the noise around it."""
    first, second, third, fourth = st.columns(4)
    with first:
        slope = controls.draw("slope")
    with second:
        swing = controls.draw("swing")
    with third:
        frequency = controls.draw("frequency")
    with fourth:
        noise = controls.draw("noise")
    return Curve(slope, swing, frequency, noise)


def evidence_at(asked: Asked) -> Point:
    """The exact density at x and its naive Monte Carlo estimate with standard error."""
    place = torch.tensor([asked.at], dtype=torch.float64)
    run = continuous_mixture.monte_carlo(place, asked.curve, asked.samples, asked.seed)
    return Point(float(continuous_mixture.evidence(place, asked.curve).exp()), float(run.value), float(run.error))


def show(asked: Asked, point: Point) -> None:
    """The faint Gaussians, their sum, and the exact density."""
    curve = asked.curve
    reach = 3 * abs(curve.slope) + abs(curve.swing) + 3 * curve.noise
    x = torch.linspace(-reach, reach, 240, dtype=torch.float64)
    run = continuous_mixture.monte_carlo(x, curve, asked.samples, asked.seed)
    pieces = run.pieces[:: max(1, asked.samples // DRAWN)].numpy()
    page.figure(
        density.faint(x.numpy(), continuous_mixture.evidence(x, curve).exp().numpy(), pieces, run.value.numpy(),
                          run.error.numpy(), at=asked.at, palette=page.palette()),
        key="faint", alt=density.faint_alt(asked.samples, asked.at, *point))


def claim(asked: Asked, point: Point) -> None:
    """The evidence at x as an integral, and as a mean over draws."""
    page.claim(
        r"$z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(g(z), \sigma^2)$, $g(z)$ = slope z + swing sin(frequency "
        "z): each z adds one faint Gaussian, and their sum is a density that no single Gaussian is.",
        page.term("evidence", rf"p(x={asked.at:g})", point.exact) + r"= \int p(x|z)\,p(z)\,dz \;\approx\;"
        + page.term("q", r"\frac{1}{S}\sum_s p(x|z_s)", rf"{point.estimate:.4g} \pm {point.error:.2g}")
        + r",\quad z_s \sim p(z)")


def code(asked: Asked, point: Point) -> None:
    """What ran, and a script with the same numbers."""
    source_code.show(
        [continuous_mixture.evidence, continuous_mixture.monte_carlo],
        formula=r"p(\mathbf{x}) = \int p(\mathbf{x}|\mathbf{z})\, p(\mathbf{z})\, d\mathbf{z} \approx \frac1S \sum_s "
        r"p(\mathbf{x}|\mathbf{z}_s)",
        script=f"""
            import torch
            from dgm.gmm import continuous_mixture
            curve = continuous_mixture.{asked.curve!r}
            x = torch.tensor([{asked.at!r}], dtype=torch.float64)
            run = continuous_mixture.monte_carlo(x, curve, {asked.samples}, {asked.seed})
            numbers = {{"p(x)": float(continuous_mixture.evidence(x, curve).exp()), "estimate": float(run.value),
                       "standard error": float(run.error)}}
        """, numbers={"p(x)": point.exact, "estimate": point.estimate, "standard error": point.error})
