"""The controls of f and q beside the figure of every part that needs them, and f and q as a small figure."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from dgm import gradients
from dgm.gradients import Gaussian
from dgm.gradients.sweeps import PARAMETERS
from pages.gradients import notation, results
from pages.gradients.figures import setting as figures
from pages.gradients.setting import Setting, in_letters, with_x, with_z
from pages.gradients.state import FALLBACK, PLAIN_PAIR, SAMPLED, TYPED
from ui import controls, page
from ui.messages import show_error

LIKELIHOOD = "log-likelihood"     # of COSTS
DRAWS = 8      # of z in the figure
MEANING_OF_K = {"quadratic": "k, the minimum", "cosine": "k, the frequency", "sine": "k, the frequency",
                "exponential": "k, the narrowness", "general quadratic": "a", "logistic": "k, the weight",
                "log-likelihood": "x, the observation", SAMPLED: "x, the observation"}


class Chosen(NamedTuple):
    """What the controls say."""

    setting: Setting
    parameter: str   # "mu" or "sigma": whose gradient is estimated
    seed: int

    @property
    def about(self) -> str:
        """The state that a prediction is made for."""
        return f"{self.setting} {self.parameter}"


@contextmanager
def beside(*, dims: bool = False, parameter: bool = True, fixed: bool = False, advanced: Sequence[str] = (),
           show: Callable[[Setting, int], None] | None = None) -> Iterator[tuple[Chosen, DeltaGenerator]]:
    """The place of a part's figure, with the controls of f and q beside it; on a telephone they follow it at once.

    Yields what they say, and the place below the figure, beside a small picture of f and q.
    dims, parameter: whether the part depends on these controls. fixed: whether f must not change with q. advanced:
    names of further controls that stand under
    "More settings". show: draws another small picture of the setting, from a seed.
    """
    (figure, at_right), (below, picture) = (st.columns([2, 1], gap="medium") for _ in range(2))
    with at_right:
        setting = usable(replace(_draw_setting(), dims=controls.value("dims") if dims else 1))
        setting = without_q(setting) if fixed else setting
    with picture:
        (show or _show_setting)(setting, controls.value("seed"))
        _draw_advanced([*(["parameter"] if parameter else []), *(["dims"] if dims else []), *advanced, "seed"])
    with figure:
        yield Chosen(setting, controls.value("parameter") if parameter else PARAMETERS[0],
                     controls.value("seed")), below


def _draw_setting() -> Setting:
    """f and q as the controls say, in one dimension."""
    mu, sigma, kind = controls.draw("mu"), controls.draw("sigma"), controls.value("cost")
    k = controls.draw("k", disabled=kind == TYPED, label=MEANING_OF_K.get(kind, "k"))
    offset = controls.draw("offset")
    kind = controls.draw("cost")
    text = with_x(controls.draw("text")) if kind == TYPED else FALLBACK
    b = controls.draw("b") if kind == "general quadratic" else 0.0
    return Setting(kind, k, b, text, offset, mu, sigma)


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
        reason = in_letters(error)
    show_error(reason, f"Showing `{with_z(FALLBACK)}` meanwhile.")
    return replace(setting, text=FALLBACK)


def without_q(setting: Setting) -> Setting:
    """The setting; with log p(x|z), and a sentence on it, in place of the sampled bound, which contains log q(z)."""
    if setting.kind != SAMPLED:
        return setting
    st.info("The sampled bound contains log q(z), so it would change along the axis. "
            f"Shown instead: {LIKELIHOOD}, log p(x|z), of the same x.", icon=":material/info:")
    return replace(setting, kind=LIKELIHOOD)


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
    coordinates = f" This is one of {setting.dims} equal coordinates." if setting.dims > 1 else ""
    st.caption("Line: f. Dots: heights f(z), which the log-derivative uses. Short lines: slopes f′(z), which "
               f"reparametrization uses. Shaded: q.{coordinates}")


def show_gaussian(setting: Setting, q: Gaussian, seed: int, *, key: str) -> None:
    """f with a Gaussian q in one dimension and DRAWS draws of z."""
    cost, mu, sigma = setting.cost, float(q.mu), q.sigma
    z = mu + sigma * gradients.noise(DRAWS, seed)
    page.figure(figures.gaussian(cost, mu, sigma, z, page.palette()), key=key,
                alt=figures.gaussian_alt(cost, mu, sigma, z))


def draw_pair(first: str, second: str) -> tuple[str, str]:
    """Two menus of estimators side by side; returns the two names."""
    left, right = st.columns(2)
    with left:
        one: str = controls.draw(first)
    with right:
        other: str = controls.draw(second)
    return one, other


def explain(names: Sequence[str], parameter: str = "mu") -> None:
    """What each estimator of a figure does, one tap away."""
    with st.popover("What the names mean", type="tertiary"):
        st.markdown("\n".join(f"- **{name}**: {notation.description(name, parameter)}"
                              for name in dict.fromkeys(names)))


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
        st.warning(f"Biased for this f: {', '.join(names)}. f jumps, and the slope of f does not contain the jump. "
                   "The mean is not the gradient, so a small variance is no merit.", icon=":material/warning:")
