"""The gradient lab's controls at the top of every part that needs them, and the situation as a figure beside them."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm import gradients
from pages.gradients.figures import setting as figures
from pages.gradients.lab import Lab, mean
from pages.gradients.state import FALLBACK, LEFT, PARAMETERS, SAMPLED, TYPED
from ui import controls, page
from ui.messages import show_error

DRAWS = 8      # dots of the situation's figure
AROUND = (-1.5, 0.0, 1.5)   # sigmas from mu
MEANING_OF_K = {"quadratic": "$k$, the minimum", "cosine": "$k$, the frequency", "sine": "$k$, the frequency",
                "exponential": "$k$, the narrowness", "general quadratic": "$a$", "logistic": "$k$, the weight",
                "log-likelihood": "observed $x$", SAMPLED: "observed $x$"}


class Situation(NamedTuple):
    """What a part is about."""

    lab: Lab
    seed: int
    more: Any       # the lid over rarely used controls: a part puts its own there too


def situation(*, dims: bool = False, parameter: bool = True,
              show: Callable[[Lab, int], None] | None = None) -> Situation:
    """Controls and figure; `dims` and `parameter` only where the part depends on them. `show` draws another figure.

    On a telephone the figure comes first.
    """
    picture, asked = st.columns([3, 2], gap="medium")
    with asked:
        lab = _target()
        with st.container(horizontal=True):
            mu = controls.draw("mu")
            sigma = controls.draw("sigma")
        more = st.expander("More settings", icon=":material/tune:")
    with more:
        column = controls.draw("parameter") if parameter else PARAMETERS[0]
        size = controls.draw("dims") if dims else 1
        seed = controls.draw("seed")
    lab = usable(replace(lab, mu=mu, sigma=sigma, dims=size, parameter=column))
    with picture:
        (show or _scene)(lab, seed)
    return Situation(lab, seed, more)


def _target() -> Lab:
    """f as the controls say."""
    kind = controls.draw("cost")
    text = controls.draw("text") if kind == TYPED else FALLBACK
    with st.container(horizontal=True):
        k = controls.draw("k", disabled=kind == TYPED, label=MEANING_OF_K.get(kind, "$k$"))
        offset = controls.draw("offset")
    b = controls.draw("b") if kind == "general quadratic" else 0.0
    return Lab(kind, k, b, text, offset)


def usable(lab: Lab) -> Lab:
    """The setting, or the fallback formula and a sentence when the typed one has no value or no mean here."""
    if lab.kind != TYPED:
        return lab
    try:
        if all(isfinite(mean(replace(lab, parameter=name), LEFT[0])) for name in PARAMETERS) and _has_values(lab):
            return lab
        reason = "This f has no finite mean under q: it grows too fast, or has no value, where q reaches"
    except ValueError as error:
        reason = str(error)
    show_error(reason, f"Showing `{FALLBACK}` meanwhile.")
    return replace(lab, text=FALLBACK)


def _has_values(lab: Lab) -> bool:
    """Whether f is finite at the centre of q and well to both sides of it."""
    return bool(lab.cost.of(lab.mu + lab.sigma * torch.tensor(AROUND), False).isfinite().all())


def _scene(lab: Lab, seed: int) -> None:
    """f, q and a few draws with what each estimator uses of them."""
    z = lab.mu + lab.sigma * gradients.noise(DRAWS, seed)
    page.figure(figures.scene(lab.cost, lab.mu, lab.sigma, z, page.palette()), key="scene",
                  alt=figures.scene_alt(lab.cost, lab.mu, lab.sigma, z))
    st.caption(r"$z = g(\xi, \epsilon) = \mu + \sigma\epsilon$ with $\xi = (\mu, \sigma)$ and noise "
               r"$\epsilon \sim \mathcal{N}(0, 1)$. The log-derivative uses the height of $f$ at each draw, "
               "reparametrization its slope." + (f" One of {lab.dims} equal coordinates." if lab.dims > 1 else ""))
