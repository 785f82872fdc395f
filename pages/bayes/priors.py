"""The prior of each model: its controls in, a belief out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes
from pages.bayes import editing, observation_text
from pages.bayes.figures import dragged_prior
from pages.bayes.figures import editable as figures
from pages.bayes.state import COUNTS, FAIR, HEIGHTS, SIDES
from ui import controls, page
from ui.components.edits import Edits, places
from ui.components.live_figure import live_figure


class Prior(NamedTuple):
    """A prior, and the same as Python."""

    belief: Any   # a bayes.Belief
    code: str     # with `bayes` imported
    show: Callable[[Any], None] | None = None    # draws its figure, which needs the observations, where it is placed


def _with_code(belief: Any) -> Prior:
    return Prior(belief, f"bayes.{belief!r}")


def beta() -> Prior:
    """Beta(a, b) of a coin."""
    with st.container(horizontal=True):
        return _with_code(bayes.BetaBernoulli(float(controls.draw("a")), float(controls.draw("b"))))


def from_drag(edits: Edits) -> None:
    """The prior counts whose Beta has the dragged point as its mean and its density there."""
    least, most = COUNTS
    edge = 1.01 * least / (least + most)        # so that both counts can be within their limits
    for _, at, density in edits.moved:
        mean = min(max(at, edge), 1 - edge)
        found = bayes.beta_through(mean, min(max(density, 1e-6), 1e4))
        total = min(max(found.a + found.b, least / min(mean, 1 - mean)), most / max(mean, 1 - mean))
        for name, count in (("a", total * mean), ("b", total * (1 - mean))):
            controls.set_value(name, float(f"{count:.3g}"))


def mixture() -> Prior:
    """A coin that is fair with some weight, and otherwise has another Beta."""
    with st.container(horizontal=True):
        fair = controls.draw("fair")
        a, b = float(controls.draw("other_a")), float(controls.draw("other_b"))
    components = (bayes.BetaBernoulli(FAIR, FAIR), bayes.BetaBernoulli(a, b))
    prior = bayes.MixturePrior((fair, 1 - fair), components)
    listed = ", ".join(f"bayes.{component!r}" for component in components)
    return Prior(prior, f"bayes.MixturePrior({prior.weights}, ({listed}))")


def normal() -> Prior:
    """N(mean, sd^2) of a mean whose observations have known noise."""
    with st.container(horizontal=True):
        mean, deviation, noise = (float(controls.draw(name)) for name in ("mean", "sd", "noise"))
    return _with_code(bayes.NormalNormal(mean, deviation**2, noise**2))


def normal_inverse_gamma() -> Prior:
    """A normal's mean and variance, both unknown."""
    with st.container(horizontal=True):
        return _with_code(bayes.NormalInverseGamma(
            *(float(controls.draw(name)) for name in ("m", "k", "half_n", "half_ss"))))


def dirichlet() -> Prior:
    """A die with the same count for each face."""
    count = float(controls.draw("face"))
    return Prior(bayes.DirichletCategorical((count,) * SIDES), f"bayes.DirichletCategorical(({count},) * {SIDES})")


def histogram() -> Prior:
    """A coin whose prior density joins the heights that the visitor types, or drags in the figure."""
    raw = controls.draw("heights")
    flat = torch.ones(HEIGHTS, dtype=torch.float64)
    typed = editing.parse_or(lambda text: observation_text.parse_numbers(text, "height"), raw, flat,
                             "a flat prior is used")
    if bool((typed < 0).any()):
        controls.note("A density has no height below 0: such a height counts as 0.")
    heights = typed.clamp(min=0)
    if len(heights) < 2 or not bool(heights.max() > 0):
        controls.note("A prior needs some height somewhere, at two points or more: a flat one is used.")
        heights = flat
    prior, place = bayes.histogram_prior(heights.tolist()), st.container()
    return Prior(prior, f"bayes.histogram_prior({heights.tolist()})", lambda data: _heights(place, raw, heights, data))


def _heights(place: Any, raw: str, heights: Tensor, data: Tensor | bayes.Counts) -> None:
    """The heights, which are dragged, and the posterior, which follows. raw: the text that they were typed as."""
    fig = figures.prior_heights(heights, page.palette())
    follow = dragged_prior.add_posterior(fig, heights, data, page.palette())
    with place:
        live_figure(fig, key="heights figure", base=raw, drag={"trace": 0, "follow": follow},
                    on_edit=editing.fold_into("heights", lambda edits: _dragged(edits, heights)),
                    alt=figures.prior_heights_alt(heights))


def _dragged(edits: Edits, shown: Tensor) -> str | None:
    """The text of the heights after a drag."""
    heights = shown.tolist()
    for marker, _, y in edits.moved:
        if marker < len(heights):
            heights[marker] = round(max(y, 0.0), places([0.0, *shown.tolist()]))
    return observation_text.format_numbers(heights) if edits.moved else None
