"""The controls of f and q at the top of every part that needs them, and f and q as a figure beside them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm import gradients
from dgm.gradients import ESTIMATORS, Gaussian
from dgm.gradients.sweeps import PARAMETERS
from pages.gradients import results
from pages.gradients.figures import setting as figures
from pages.gradients.setting import Setting
from pages.gradients.state import FALLBACK, PLAIN_PAIR, SAMPLED, TYPED
from ui import controls, page
from ui.messages import show_error

DRAWS = 8      # of z in the figure
MEANING_OF_K = {"quadratic": "k, the minimum", "cosine": "k, the frequency", "sine": "k, the frequency",
                "exponential": "k, the narrowness", "general quadratic": "a", "logistic": "k, the weight",
                "log-likelihood": "observed x", SAMPLED: "observed x"}


class Chosen(NamedTuple):
    """What the controls at the top say."""

    setting: Setting
    parameter: str   # "mu" or "sigma": whose gradient is estimated
    seed: int


def draw(*, dims: bool = False, parameter: bool = True, advanced: Sequence[str] = (),
         show: Callable[[Setting, int], None] | None = None) -> Chosen:
    """Controls and figure. On a telephone the figure comes first.

    dims, parameter: whether the part depends on these controls. advanced: names of further controls that stand under
    "More settings". show: draws another figure of the setting, from a seed.
    """
    figure_column, controls_column = st.columns([3, 2], gap="medium")
    with controls_column:
        setting = _draw_setting()
        _draw_advanced([*(["parameter"] if parameter else []), *(["dims"] if dims else []), "seed", *advanced])
    setting = usable(replace(setting, dims=controls.value("dims") if dims else 1))
    seed = controls.value("seed")
    with figure_column:
        (show or _show_setting)(setting, seed)
    return Chosen(setting, controls.value("parameter") if parameter else PARAMETERS[0], seed)


def _draw_setting() -> Setting:
    """f and q as the controls say, in one dimension."""
    kind = controls.draw("cost")
    text = controls.draw("text") if kind == TYPED else FALLBACK
    with st.container(horizontal=True):
        k = controls.draw("k", disabled=kind == TYPED, label=MEANING_OF_K.get(kind, "k"))
        offset = controls.draw("offset")
    b = controls.draw("b") if kind == "general quadratic" else 0.0
    with st.container(horizontal=True):
        return Setting(kind, k, b, text, offset, controls.draw("mu"), controls.draw("sigma"))


def _draw_advanced(names: Sequence[str]) -> None:
    with controls.advanced() as opened:
        if opened:
            for name in names:
                controls.draw(name)


def usable(setting: Setting) -> Setting:
    """The setting; with FALLBACK and an error message where the typed formula has no value or no mean."""
    if setting.kind != TYPED:
        return setting
    try:
        if _has_mean(setting) and _has_values(setting):
            return setting
        reason = "This f has no finite mean under q: it grows too fast, or has no value, where q reaches"
    except ValueError as error:
        reason = str(error)
    show_error(reason, f"Showing `{FALLBACK}` meanwhile.")
    return replace(setting, text=FALLBACK)


def _has_mean(setting: Setting) -> bool:
    return all(isfinite(results.moments(setting, parameter, PLAIN_PAIR[:1])[PLAIN_PAIR[0]].mean)
               for parameter in PARAMETERS)


def _has_values(setting: Setting) -> bool:
    """Whether f is finite at the centre of q and well to both sides of it."""
    z = setting.mu + setting.sigma * torch.tensor(results.SIGMAS)
    return bool(setting.cost.of(z, False).isfinite().all())


def _show_setting(setting: Setting, seed: int) -> None:
    """f, q and a few draws with what each estimator uses of them."""
    show_gaussian(setting, setting.q_of_coordinate, seed, key="setting")
    st.caption(r"$z = g(\xi, \epsilon) = \mu + \sigma\epsilon$ with $\xi = (\mu, \sigma)$ and noise "
               r"$\epsilon \sim \mathcal{N}(0, 1)$. The log-derivative uses the height of $f$ at each draw, "
               "reparametrization its slope." + (f" One of {setting.dims} equal coordinates." if setting.dims > 1
                                                 else ""))


def show_gaussian(setting: Setting, q: Gaussian, seed: int, *, key: str) -> None:
    """f with a Gaussian q in one dimension and DRAWS draws of z."""
    cost, mu, sigma = setting.cost, float(q.mu), q.sigma
    z = mu + sigma * gradients.noise(DRAWS, seed)
    page.figure(figures.gaussian(cost, mu, sigma, z, page.palette()), key=key,
                alt=figures.gaussian_alt(cost, mu, sigma, z))


def draw_pair(first: str, second: str) -> tuple[str, str]:
    """Two menus of estimators side by side, each with the description of what it says; returns the two names."""
    left, right = st.columns(2)
    with left:
        one = _draw_estimator(first)
    with right:
        other = _draw_estimator(second)
    return one, other


def _draw_estimator(control: str) -> str:
    name: str = controls.draw(control)
    st.caption(f"{ESTIMATORS[name].description}.")
    return name


def draw_row(*names: str) -> list[Any]:
    """Controls in columns of one width; returns their values."""
    values = []
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            values.append(controls.draw(name))
    return values


def warn_of_bias(names: Sequence[str]) -> None:
    """Which of the estimators shown have another mean than the gradient, if any."""
    if names:
        st.warning(f"Biased for this f: {', '.join(names)}. f jumps, and its slope does not show that: the mean is "
                   "not the gradient, so a small variance is no merit.", icon=":material/warning:")
