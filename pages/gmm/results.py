"""What the mixture page computes from its controls: points, the climb, the film of half-steps. All cached by value."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, gmm
from dgm.datasets import table as tables
from dgm.gmm import selection
from dgm.runtime import generator, mix
from pages.gmm.figures import em_history
from pages.gmm.figures import plane as figures
from pages.gmm.figures.em_history import Frame, thin
from ui.components.live_figure import Packed
from ui.figures.encoding import bytewise
from ui.figures.theme import DARK, LIGHT

OWN = "own"
DRAWN, PAIRS = 1000, 28          # points that are drawn at most, EM steps with a frame
TABLE = 60_000                   # responsibilities that travel with a film
WORK = 4e9                       # multiplications that one climb may cost a visitor's click
MOST_STEPS = 400
TOL = 1e-7
SEARCHED = 8                     # largest K of the comparison
SEARCHED_POINTS, FOLDS, SEARCH_TOL = 2000, 5, 1e-4


@dataclass(frozen=True)
class Setting:
    """Everything that a climb depends on."""

    data: str
    own: str              # the name of a person's own points, empty for a data set of the registry
    k: int
    covariance: str
    start: str
    seed: int
    floor: float
    restarts: int = 1
    means: tuple[tuple[float, ...], ...] = ()


# Field by field a setting costs Streamlit 0.1 ms a look, and a press looks twenty times.
_kept = partial(st.cache_resource, hash_funcs={Setting: repr})


class Points(NamedTuple):
    """The points of a page."""

    x: Tensor              # (N, D)
    labels: Tensor | None  # (N,) known components or classes
    columns: tuple[str, ...]


@st.cache_resource(max_entries=8, show_spinner=False)
def _own(name: str, _table: tables.Table | None) -> Points:
    assert _table is not None, name
    return Points(_table.x, None, _table.columns)


def keep(table: tables.Table) -> str:
    """Keep a person's own points under a name made of their content, and return it."""
    content = hashlib.sha256(repr(table.columns).encode() + table.x.numpy().tobytes()).hexdigest()[:16]
    _own(content, table)
    return content


@st.cache_resource(max_entries=8, show_spinner=False)
def _registry(data: str) -> Points:
    found = datasets.load(data)
    return Points(found.x, found.labels, found.columns or tuple(f"x{i + 1}" for i in range(found.x.shape[1])))


def points(data: str, own: str) -> Points:
    """The points of the registry's `data`, or a person's own that were kept as `own`."""
    return _own(own, None) if own else _registry(data)


def of(setting: Setting) -> Points:
    """The points of a setting."""
    return points(setting.data, setting.own)


def start(setting: Setting, restart: int = 0) -> gmm.Params:
    """theta_0 of one restart."""
    x = of(setting).x
    if setting.start == "given":
        return gmm.init(x, setting.k, method="given", means=setting.means)
    return gmm.init(x, setting.k, mix(setting.seed, restart) if restart else setting.seed, setting.start)


@_kept(max_entries=12, show_spinner="EM is climbing")
def climb(setting: Setting) -> gmm.Trace:
    """The climb of the best restart, by its last objective."""
    x = of(setting).x
    steps = most_steps(setting)
    traces = [gmm.trace(x, start(setting, r), setting.covariance, setting.floor, tol=TOL, max_steps=steps)
              for r in range(1 if setting.start == "given" else setting.restarts)]
    return max(traces, key=lambda one: one.steps[-1].objective)


def most_steps(setting: Setting) -> int:
    """Steps that a click may cost: fewer for large data."""
    n, d = of(setting).x.shape
    return int(min(max(WORK / (n * setting.k * (d + 3) ** 2), 15), MOST_STEPS))


def rows(setting: Setting) -> Tensor:
    """Indices of the points that are drawn."""
    return drawn_rows(len(of(setting).x), min(DRAWN, max(TABLE // (5 * setting.k), 150)))


def drawn_rows(n: int, most: int = DRAWN) -> Tensor:
    """The points that are drawn: all, or a fixed sample."""
    return torch.arange(n) if n <= most else torch.randperm(n, generator=generator(0, n))[:most].sort().values


@_kept(max_entries=12, show_spinner=False)
def path(setting: Setting) -> tuple[gmm.HalfStep, ...]:
    """The climb's half-steps in whole pairs: start, E, M, ..., M."""
    halves = gmm.half_steps(of(setting).x, climb(setting).steps)
    return halves[:-1] if len(halves) > 2 else halves


class Film(NamedTuple):
    """The half-steps that are drawn."""

    x: np.ndarray               # (n, 2)
    frames: list[Frame]
    at: np.ndarray              # half-step of each frame
    captions: list[str]
    table: np.ndarray           # (frames, n, K)


@_kept(max_entries=12, show_spinner=False)
def film(setting: Setting, axes: tuple[int, int]) -> Film:
    """Frames of the climb's half-steps on two columns: start, then pairs of E and M."""
    halves, x = path(setting), of(setting).x[rows(setting)]
    pairs = max(min(PAIRS, TABLE // (2 * len(x) * setting.k)), 4)
    kept = thin(len(halves) // 2, pairs)
    at = np.array([0] + [half for pair in kept for half in (2 * pair + 1, 2 * pair + 2) if half < len(halves)])
    shown = [halves[t] for t in at]
    frames = [Frame(figures.theta(half.params, axes), resp, half.bound, half.log_lik)
              for half, resp in zip(shown, _along(x, shown), strict=True)]
    return Film(x[:, list(axes)].numpy(), frames, at, [caption(half) for half in shown],
                bytewise(np.stack([frame.resp for frame in frames])))


def _along(x: Tensor, shown: Sequence[gmm.HalfStep]) -> list[np.ndarray]:
    """q of each half-step; M leaves it as E made it."""
    made: list[np.ndarray] = []
    for before, half in zip([None, *shown], shown, strict=False):
        same = before is not None and before.anchor is half.anchor
        made.append(made[-1] if same else responsibilities(x, half))
    return made


class Pictures(NamedTuple):
    """The film as two figures with frames."""

    plane: Packed
    beside: Packed


@_kept(max_entries=12, show_spinner=False)
def pictures(setting: Setting, axes: tuple[int, int], dark: bool, known: bool) -> Pictures:
    """The figures of a film; `known` adds the fit with the true components."""
    data, shown, palette = of(setting), film(setting, axes), DARK if dark else LIGHT
    truth = None
    if known and data.labels is not None:
        one_hot = torch.nn.functional.one_hot(data.labels).double()
        fit = gmm.m_step(data.x, one_hot, setting.covariance, setting.floor or gmm.FLOOR)
        truth = figures.theta(fit, axes)
    names = data.columns[axes[0]], data.columns[axes[1]]
    return Pictures(Packed(em_history.plane(shown.x, shown.frames, names, palette, truth=truth)),
                    Packed(em_history.beside(shown.frames, *curves(setting), palette, at=shown.at)))


def curves(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """log p(x) and the bound (T,) of all half-steps, drawn or not."""
    halves = path(setting)
    return np.array([half.log_lik for half in halves]), np.array([half.bound for half in halves])


def responsibilities(x: Tensor, half: gmm.HalfStep) -> np.ndarray:
    """q (n, K) of a half-step for the given points."""
    if half.anchor is None:
        return np.full((len(x), len(half.params.means)), 1 / len(half.params.means))
    return gmm.e_step(x, half.anchor).resp.numpy()


def caption(half: gmm.HalfStep) -> str:
    """A half-step in words."""
    state = f"log p(x) = {half.log_lik:.4f}, bound {half.bound:.4f}, gap {half.gap:.2g} nats per point"
    what = {"start": "start, q uniform", "E": f"step {half.step + 1}: after E", "M": f"step {half.step}: after M"}
    return f"{what[half.kind]}. {state}"


@_kept(max_entries=64, show_spinner=False)
def parts(setting: Setting, at: int) -> gmm.Elbo:
    """The decomposition of log p(x) at half-step `at` of the path."""
    x, half = of(setting).x, path(setting)[at]
    if half.anchor is None:
        q = torch.full((len(x), setting.k), 1 / setting.k, dtype=torch.float64)
    else:
        q = gmm.e_step(x, half.anchor).resp
    return gmm.elbo(x, q, half.params)


def ks(setting: Setting) -> range:
    """The K that are compared: with a few points to each component."""
    return range(1, min(SEARCHED, len(of(setting).x) // 4) + 1)


@_kept(max_entries=4, show_spinner="Fitting every K to every fold")
def candidates(setting: Setting) -> list[selection.Candidate]:
    """K = 1, 2, ...: criteria and held-out log-likelihood, from the setting's data and covariances."""
    x = of(setting).x
    x = x[drawn_rows(len(x), SEARCHED_POINTS)]
    return [selection.candidate(x, k, setting.covariance, 1, setting.seed, floor=setting.floor or gmm.FLOOR,
                                    count=FOLDS, tol=SEARCH_TOL) for k in ks(setting)]
