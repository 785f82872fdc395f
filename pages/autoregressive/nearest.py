"""Maximum likelihood with a wrong family: it finds the member that is nearest in KL to the true density."""

import math
from typing import NamedTuple

import streamlit as st
import torch

from dgm import likelihood
from dgm.errors import DataError
from pages.autoregressive.figures import divergence
from pages.autoregressive.figures.wording import number, short
from ui import cache, controls, page
from ui.components.live_figure import Packed
from ui.figures.theme import DARK, LIGHT
from ui.messages import show_error

PLACES = 301     # of the curves
ROUNDING = 1e-9  # nats: a KL below it is 0
DECIMALS = 4     # of the nats in the formula, whose left side is what the other two add up to


@cache.shared()
def closest(truth: str, family: str) -> likelihood.Density:
    """The member of a family that is nearest to one of TRUTHS. DataError where there is none."""
    return likelihood.nearest(likelihood.TRUTHS[truth], family)


def section() -> None:
    """The true density, the nearest model, the model fitted to points, and the KL as an area."""
    page.heading("A wrong family")
    opening = st.container()
    left, right = st.columns(2)
    with left:
        truth = controls.draw("truth")
        count = int(controls.draw("sample"))
    with right:
        family = controls.draw("model_family")
        seed = controls.draw("sample_seed")
    try:
        found = _found(truth, family, count, seed, page.palette().dark)
    except DataError as error:
        show_error(error, "Choose another family, seed or number of points.")
        return
    with opening:
        _show(found, count)


class Found(NamedTuple):
    """The nearest member of a family, the one fitted to points, and their figure."""

    best: likelihood.Divergence         # of the nearest one
    fitted: likelihood.Divergence       # of the fitted one
    mean: float                         # the fitted one's mean log-likelihood on its points, nats
    figure: Packed


@cache.shared()
def _found(name: str, family: str, count: int, seed: int, dark: bool) -> Found:
    """Of points drawn from one of TRUTHS. DataError where one of the two does not exist.

    The section is drawn again at each move above it, which does not change its numbers.
    """
    truth = likelihood.TRUTHS[name]
    x = truth.sample(count, seed)
    near, fitted = closest(name, family), likelihood.fit(family, x)
    grid = _grid(truth, near)
    densities = [model.log_prob(grid).exp().numpy() for model in (truth, near, fitted)]
    figure = divergence.curves(grid.numpy(), densities, likelihood.kl_integrand(truth, near, grid).numpy(),
                               DARK if dark else LIGHT)
    return Found(likelihood.divergence(truth, near), likelihood.divergence(truth, fitted),
                 float(fitted.log_prob(x).mean()), Packed(figure))


def _show(found: Found, count: int) -> None:
    best = found.best
    st.markdown("With endless data the mean log-likelihood is a mean over the true density π. Its maximum is the "
                "member of the family with the **smallest KL divergence from π**. With few points the fit is close "
                "to that member, not equal to it. The **entropy** H(π) does not depend on θ.")
    entropy, kl = round(best.entropy, DECIMALS), round(best.kl, DECIMALS)
    st.latex(page.term("likelihood", r"\mathbb{E}_\pi \log p(x|\theta)", _nats(-entropy - kl), "nats") + "= -"
             + page.term("data", r"H(\pi)", _nats(entropy), "nats") + "-"
             + page.term("kl", r"KL(\pi\,\|\,p(\cdot|\theta))", _nats(kl), "nats"))
    page.glossary_terms(("KL divergence", "entropy"))
    page.figure(found.figure, key="divergence", alt=divergence.curves_alt(best.kl, found.fitted.kl, count))
    st.caption(f"Nearest: KL {_kl(best)} nats. Fitted to {count:,} points: KL {_kl(found.fitted)} nats, mean "
               f"log-likelihood {number(found.mean)} on these points. The area counts below 0 "
               "too, where the model is above π. Its total is the KL.")


def _kl(found: likelihood.Divergence) -> str:
    return short(found.kl if found.kl > ROUNDING else 0.0)


def _nats(value: float) -> str:
    return f"{value:z.{DECIMALS}f}"


def _grid(truth: likelihood.Density, near: likelihood.Density) -> torch.Tensor:
    """Places where one of the two has most of its mass: quantiles of draws, widened."""
    drawn = torch.cat([truth.sample(2000, 1), near.sample(2000, 2)])
    low, high = (float(drawn.quantile(share)) for share in (0.005, 0.995))
    margin = 0.15 * math.fabs(high - low)
    return torch.linspace(low - margin, high + margin, PLACES, dtype=torch.float64)
