"""Part five of the Bayes page: a posterior with no closed form, on a grid, and what the grid costs."""

import math
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes, datasets
from dgm.bayes import grid_timing
from pages.bayes import editing, observation_text
from pages.bayes.editing import TypedPoints
from pages.bayes.figures import logistic as figures
from pages.bayes.figures.numbers import format_nats
from pages.bayes.state import FAITHFUL, IRIS, OWN
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import live_figure
from ui.figures.written import difference, written

WAIT = 75.0           # minutes: what counts as a long wait
EMPTY = (-2.0, 2.0)   # ends of x without observations
GAP = 0.5             # nats between the grid and Laplace, for the challenge: "half a nat"
DURATIONS = ("less than a second", "seconds", "minutes", "hours", "days or more")
LIMITS = (1.0, 60.0, 3600.0, 86400.0)   # seconds between two of them
MOST_WEIGHTS, AXIS_POINTS = 10, 12      # of the timed grids; the question says "ten"
TERMS = ("posterior", "MAP", "MLE", "Laplace approximation", "evidence", "nat")
OBSERVATIONS = len(grid_timing.synthetic_pairs(1).y)   # that they are timed with
ABOUT_COST = f"{MOST_WEIGHTS}, {AXIS_POINTS}, {OBSERVATIONS}"


class Labelled(NamedTuple):
    """One feature and one label of each observation."""

    x: Tensor                # (N,)
    y: Tensor                # (N,) 0 or 1
    feature: str             # its name
    typed: TypedPoints | None = None  # where the visitor enters them


class Solution(NamedTuple):
    """The posterior of intercept and slope, on the grid and as Laplace's Gaussian, and what each predicts."""

    rows: Tensor             # (N, 2): 1 and the standardised feature
    grid: bayes.GridPosterior
    laplace: bayes.Laplace
    levels: list[float]      # log mass at the boundary of the regions figures.INSIDE
    probs: figures.ClassProbabilities
    without_prior: str       # what the MLE is, or why there is none


def part() -> None:
    """The grid's posterior beside MAP and Laplace, the chances they give, and the cost of a grid."""
    opening, picture = st.container(), st.container()
    data = SOURCES[controls.draw("labels_from")]()
    alpha = 10 ** controls.draw("prior")
    found, scaling = _solution(data.x, data.y, alpha), bayes.standard_units(data.x)
    with opening:
        _introduction(found)
    left, right = picture.columns(2)
    with left:
        page.figure(figures.weights(found.grid, found.laplace, found.levels, ("w₀ (intercept)", "w₁ (slope)"),
                                    page.palette()),
                    key="weights", alt=figures.weights_alt(found.grid, found.laplace))
    with right:
        _probabilities(data, found.probs)
    gap = found.laplace.log_evidence - found.grid.log_evidence
    st.markdown(f"Log evidence: exact **{format_nats(found.grid.log_evidence)}**, by Laplace "
                f"**{format_nats(found.laplace.log_evidence)}**. {found.without_prior}")
    if len(data.x):
        spread = "and deviation 1" if scaling.values.any() else "and no spread: all points have the same x"
        st.caption(f"The weights belong to the standardised x: (x − {written(scaling.mean)}) / "
                   f"{written(scaling.deviation)}, which has mean 0 {spread}.".replace("− −", "+ "))
    _cost()
    page.challenge("Choose data and prior so that Laplace is wrong by more than half a nat.", abs(gap) > GAP,
                   f"{abs(difference(found.laplace.log_evidence, found.grid.log_evidence, 3)):.3f} nats apart")
    _code(found, data.y, alpha)


@cache.shared()
def _solution(x: Tensor, y: Tensor, alpha: float) -> Solution:
    model, scaling = bayes.LogisticRegression(alpha), bayes.standard_units(x)
    rows = _with_intercept(scaling.values)
    grid, laplace = bayes.grid_posterior(model, (rows, y)), model.laplace((rows, y))
    # every second point is plenty for the height of a contour
    levels = [bayes.hdr_level(grid.log_mass[::2, ::2], share) for share in figures.INSIDE]
    along = _along(x, scaling.deviation)
    there = _with_intercept((along - scaling.mean) / scaling.deviation)
    probs = figures.ClassProbabilities(along, grid.predictive(there), laplace.predictive(there),
                                       model.plug_in(laplace.mean, there))
    return Solution(rows, grid, laplace, levels, probs, _without_prior(model, (rows, y)))


def _with_intercept(feature: Tensor) -> Tensor:
    """(N,) -> (N, 2)."""
    return torch.stack([torch.ones_like(feature), feature], 1)


def _along(x: Tensor, deviation: float) -> Tensor:
    """Even values of the feature, beyond the data on both sides."""
    low, high = (float(x.min()), float(x.max())) if len(x) else EMPTY
    margin = 0.4 * max(high - low, deviation)
    return torch.linspace(low - margin, high + margin, 101, dtype=torch.float64)


def _without_prior(model: bayes.LogisticRegression, data: tuple[Tensor, Tensor]) -> str:
    try:
        best = model.mle(data)
    except bayes.NoMaximumError as error:
        return f"Without the prior there is no MLE: {error}."
    return f"Without the prior the likelihood is highest at w = ({', '.join(written(float(w), '.3g') for w in best)})."


def _introduction(found: Solution) -> None:
    grid = found.grid
    page.introduction(
        "A label $y$ is 1 with the probability $\\sigma(w_0 + w_1 x)$, a **logistic regression**. The integral over "
        f"the weights has no formula, but with two weights a {len(grid.w0)} × {len(grid.w1)} grid computes it (error "
        f"{_error(grid.tolerance)}). The **MAP** needs only the maximum; **Laplace's approximation** is a Gaussian "
        "with the height and the curvature there.",
        page.term("evidence", r"p(\mathbf{y}|\mathbf{X})=\int\prod_i p(y_i|\mathbf{x}_i,\mathbf{w})"
                  r"\,p(\mathbf{w})\,d\mathbf{w}"), TERMS)


def _error(tolerance: float) -> str:
    """A bound of the grid's error, in nats."""
    return f"below $10^{{{math.ceil(math.log10(max(tolerance, 1e-12)))}}}$ nats"


def _probabilities(data: Labelled, probs: figures.ClassProbabilities) -> None:
    fig = figures.class_probabilities(probs, (data.x, data.y), data.feature, page.palette())
    alt = figures.class_probabilities_alt(probs)
    if data.typed is None:
        page.figure(fig, key="chances", alt=alt)
        return
    live_figure(fig, key="own labelled points", base=data.typed.text, draw=True, draw_trace=len(fig.data) - 1,
                on_edit=editing.fold_points("labelled", data.typed, labels=True), alt=alt, height=figures.HEIGHT)
    st.caption("Click near the top to add a 1, near the bottom to add a 0; click a point to take it out.")


@cache.copied(spinner="Timing grids in 1, 2, 3, .. dimensions on this machine")
def _timed() -> list[bayes.GridCost]:
    return list(bayes.grid_cost(MOST_WEIGHTS, AXIS_POINTS))


def _cost() -> None:
    page.heading("Why not always a grid?")
    # timed only when the answer is shown, as it takes a second
    costs = _timed() if question.revealed("cost", ABOUT_COST) else []
    if question.choice(
            "cost", f"Two weights took a fraction of a second. With {AXIS_POINTS} points per axis and {OBSERVATIONS} "
            "observations, how long would this machine take for **ten** weights?", DURATIONS, about=ABOUT_COST,
            truth=lambda: _duration(costs[-1].seconds),
            why=lambda _: f"{AXIS_POINTS} points to the power of {MOST_WEIGHTS} are {costs[-1].points:,}: "
            f"{figures.duration(costs[-1].seconds)}. A network has millions of weights: this integral is what "
            "“intractable” means. It is why the lecture turns to the MAP, and to a bound."):
        page.figure(figures.grid_costs(costs, page.palette()), key="cost", alt=figures.grid_costs_alt(costs))


def _duration(seconds: float) -> str:
    """The option of DURATIONS that is right."""
    return DURATIONS[sum(seconds >= limit for limit in LIMITS)]


def _code(found: Solution, y: Tensor, alpha: float) -> None:
    source_code.show([bayes.LogisticRegression.newton, bayes.LogisticRegression.laplace, bayes.log_joint_on],
                     formula=r"p(\theta|\mathbf{X}) = \frac{p(\mathbf{X}|\theta)\,p(\theta)}{\int p(\mathbf{X}|\theta)"
                     r"\,p(\theta)\,d\theta}",
                     script=f"""
                         import torch
                         from dgm import bayes
                         x = torch.tensor({found.rows.tolist()}, dtype=torch.float64)
                         y = torch.tensor({y.tolist()}, dtype=torch.float64)
                         model = bayes.LogisticRegression({alpha})
                         numbers = {{"log evidence": bayes.grid_posterior(model, (x, y)).log_evidence,
                                    "Laplace": model.laplace((x, y)).log_evidence}}
                     """, numbers={"log evidence": found.grid.log_evidence, "Laplace": found.laplace.log_evidence})


# Data ----------------------------------------------------------------------------------------------------------------


def _typed() -> Labelled:
    typed = editing.typed_points("labelled", observation_text.parse_labelled)
    return Labelled(typed.x, typed.y, "x", typed)


def _faithful() -> Labelled:
    data = datasets.load("faithful")
    st.caption(f"Real data: {data.source}. y = 1 if the next wait is longer than {WAIT:g} minutes.")
    rows = data.split().train[: controls.draw("n_waits")]
    return Labelled(data.x[rows, 0], (data.x[rows, 1] > WAIT).double(), data.columns[0])


def _iris() -> Labelled:
    data = datasets.load("iris")
    assert data.labels is not None
    st.caption(f"Real data: {data.source}. y = 1 for virginica, 0 for versicolor.")
    rows = data.split().train[: controls.draw("n_flowers")]
    rows = rows[data.labels[rows] > 0]   # 0 is the third species, setosa
    return Labelled(data.x[rows, 3], (data.labels[rows] == 2).double(), data.columns[3])


SOURCES = {OWN: _typed, FAITHFUL: _faithful, IRIS: _iris}
