"""Part five of the Bayes page: a posterior with no closed form, on a grid, and what the grid costs."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes, datasets
from dgm.errors import DataError
from pages.bayes import editing
from pages.bayes import observations as text
from pages.bayes.figures import two_unknowns as pictures
from ui import cache, controls, messages, page, question, source_code
from ui.components.edits import Edits
from ui.components.live_figure import live_figure

WAIT = 75.0   # minutes: what counts as a long wait
TIMES = ("less than a second", "seconds", "minutes", "hours", "days or more")
LIMITS = (1.0, 60.0, 3600.0, 86400.0)


class Labelled(NamedTuple):
    """One feature and one label of each observation."""

    x: Tensor      # (N,)
    y: Tensor      # (N,) 0 or 1
    unit: str      # the feature's name
    typed: str | None = None   # their text, if they are the visitor's own


def logistic() -> None:
    """The grid's posterior beside MAP and Laplace, the chances they give, and the cost of a grid."""
    source = controls.draw("labels_from")
    data = SOURCES[source]()
    alpha = 10 ** controls.draw("prior")
    model = bayes.LogisticRegression(alpha)
    _, shift, unit = bayes.standardise(data.x)
    x = torch.stack([torch.ones_like(data.x), (data.x - shift) / unit], 1)
    grid, laplace, levels = _posterior(tuple(map(tuple, x.tolist())), tuple(data.y.tolist()), alpha)
    page.claim(
        "No formula gives this integral. In two dimensions a grid of 400 × 400 weights gives it all the same, "
        f"correct to {max(grid.tolerance, 1e-12):.0e} nats; the MAP needs no integral, Laplace's Gaussian only the "
        "curvature at the top.",
        page.term("evidence", r"\ln p(\mathbf{y}|\mathbf{X})=\ln\int\prod_i p(y_i|\mathbf{x}_i,\mathbf{w})"
                    r"\,p(\mathbf{w})\,d\mathbf{w}", grid.log_evidence, "nats") + r"\approx"
        + page.term("q", r"\text{Laplace}", laplace.log_evidence, "nats"))
    left, right = st.columns(2)
    with left:
        page.figure(pictures.weights(grid, laplace, levels, ("w₀ (intercept)", "w₁ (slope)"), page.palette()),
                      key="weights", alt=pictures.weights_alt(grid, laplace))
    with right:
        _chances(data, model, grid, laplace)
    _no_mle(model, (x, data.y))
    _cost()
    gap = abs(grid.log_evidence - laplace.log_evidence)
    page.challenge("Choose data and prior so that Laplace is wrong by more than half a nat.", gap > 0.5,
                     f"{gap:.3f} nats apart")
    source_code.show([bayes.LogisticRegression.newton, bayes.LogisticRegression.laplace, bayes.log_joint_on],
                     formula=r"p(\theta|\mathbf{X}) = \frac{p(\mathbf{X}|\theta)\,p(\theta)}{\int p(\mathbf{X}|\theta)"
                     r"\,p(\theta)\,d\theta}",
                     script=f"""
                         import torch
                         from dgm import bayes
                         x = torch.tensor({x.tolist()}, dtype=torch.float64)
                         y = torch.tensor({data.y.tolist()}, dtype=torch.float64)
                         model = bayes.LogisticRegression({alpha})
                         numbers = {{"log evidence": bayes.grid_posterior(model, (x, y)).log_evidence,
                                    "Laplace": model.laplace((x, y)).log_evidence}}
                     """, numbers={"log evidence": grid.log_evidence, "Laplace": laplace.log_evidence})


@cache.shared(entries=16)
def _posterior(x: tuple[tuple[float, ...], ...], y: tuple[float, ...],
               alpha: float) -> tuple[bayes.GridPosterior, bayes.Laplace, list[float]]:
    model = bayes.LogisticRegression(alpha)
    data = torch.tensor(x, dtype=torch.float64).reshape(-1, 2), torch.tensor(y, dtype=torch.float64)
    grid = bayes.grid_posterior(model, data)
    # every second point is plenty for the height of a contour
    return grid, model.laplace(data), [bayes.hdr_level(grid.log_mass[::2, ::2], share) for share in pictures.INSIDE]


def _chances(data: Labelled, model: bayes.LogisticRegression, grid: bayes.GridPosterior,
             laplace: bayes.Laplace) -> None:
    _, shift, unit = bayes.standardise(data.x)
    ends = (float(data.x.min()), float(data.x.max())) if len(data.x) else (-2.0, 2.0)
    room = 0.4 * max(ends[1] - ends[0], unit)
    along = torch.linspace(ends[0] - room, ends[1] + room, 101, dtype=torch.float64)
    rows = torch.stack([torch.ones_like(along), (along - shift) / unit], 1)
    answers = pictures.Chances(along, grid.predictive(rows), laplace.predictive(rows),
                               model.plug_in(laplace.mean, rows))
    picture = pictures.chances(answers, (data.x, data.y), data.unit, page.palette())
    if data.typed is not None:
        live_figure(picture, key="own labelled points", base=data.typed, draw=True, draw_trace=len(picture.data) - 1,
                    on_edit=editing.into_text("labelled", _snapped),
                    alt=pictures.chances_alt(answers), height=pictures.TALL)
        st.caption("Click near the top to add a 1, near the bottom to add a 0; click a point to take it out.")
    else:
        page.figure(picture, key="chances", alt=pictures.chances_alt(answers))


def _no_mle(model: bayes.LogisticRegression, data: tuple[Tensor, Tensor]) -> None:
    try:
        best = model.mle(data)
        st.caption(f"Without the prior: the likelihood is highest at w = ({best[0]:.3g}, {best[1]:.3g}).")
    except bayes.NoMaximumError as none:
        st.caption(f"Without the prior there is no answer: {none}.")


@cache.copied(entries=2, spinner="Timing grids in 1, 2, 3, .. dimensions on this machine")
def _timed() -> list[bayes.GridCost]:
    return list(bayes.grid_cost())


def _slow(seconds: float) -> str:
    return TIMES[sum(seconds >= limit for limit in LIMITS)]


def _cost() -> None:
    page.heading("Why not always a grid?")
    if question.choice(
            "cost", "Two weights took a fraction of a second. With 12 points per axis and 40 observations, how long "
            "would this machine take for **ten** weights?", TIMES, truth=lambda: _slow(_timed()[9].seconds),
            why=lambda _: f"12 points to the power of 10 are {12**10:,}: {pictures.duration(_timed()[9].seconds)}. A "
            "network has millions of weights: this integral is what “intractable” means, and why the lecture turns to "
            "the MAP, and to a bound."):
        page.figure(pictures.cost(_timed(), page.palette()), key="cost", alt=pictures.cost_alt(_timed()))


# Data ----------------------------------------------------------------------------------------------------------------


def _faithful() -> Labelled:
    data = datasets.load("faithful", 0)
    st.caption(f"Real data: {data.source}. y = 1 when the next eruption lets wait longer than {WAIT:g} minutes.")
    rows = data.split().train[: controls.draw("n_waits")]
    return Labelled(data.x[rows, 0], (data.x[rows, 1] > WAIT).double(), data.columns[0])


def _iris() -> Labelled:
    data = datasets.load("iris", 0)
    st.caption(f"Real data: {data.source}. y = 1 for virginica, 0 for versicolor.")
    rows = data.split().train[: controls.draw("n_flowers")]
    labels = data.labels[rows] if data.labels is not None else torch.zeros(len(rows))
    kept = labels > 0
    return Labelled(data.x[rows, 3][kept], (labels[kept] == 2).double(), data.columns[3])


def _own() -> Labelled:
    raw = controls.draw("labelled")
    try:
        x, y = text.parse_points(raw)
    except DataError as error:
        controls.note(messages.sentence(error))
        x, y = text.parse_points(controls.default("labelled"))
    return Labelled(x, (y > 0.5).double(), "x", raw)


def _snapped(edits: Edits) -> str | None:
    if edits.points is None:
        return None
    return text.format_points([(x, 1.0 if y > 0.5 else 0.0) for x, y in edits.points])


SOURCES = {"by hand": _own, "Old Faithful": _faithful, "Iris": _iris}
