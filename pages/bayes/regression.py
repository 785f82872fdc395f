"""Part four of the Bayes page: a polynomial through points, its two bands, and the evidence over the degree."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import bayes, datasets
from pages.bayes import editing
from pages.bayes.editing import TypedPoints
from pages.bayes.figures import regression as figures
from pages.bayes.figures.numbers import format_nats
from pages.bayes.observations import held_out_rows, own_table
from pages.bayes.state import CURVE, FAITHFUL, HIGHEST, OWN, TABLE
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import live_figure
from ui.figures.spec import Figure

DATASETS = {FAITHFUL: "faithful", CURVE: "curve"}
DRAWS = 5   # curves of weights from the posterior
Columns = tuple[Tensor, Tensor]   # x (N,) and y (N,)


class Points(NamedTuple):
    """The points of the regression."""

    train: Columns
    held_out: Columns
    names: tuple[str, str] = ("x", "y")   # of the axes
    typed: TypedPoints | None = None      # train and held-out points in the order in which the visitor entered them


def part() -> None:
    """Bands of the posterior predictive and of the plug-in, and the degree that the evidence prefers."""
    source = controls.draw("points_from")
    with st.container(horizontal=True):
        degree = controls.draw("degree")
        prior = bayes.LinearRegression(10 ** controls.draw("alpha"), 10 ** controls.draw("beta"))
        seed = controls.draw("seed")
    points = _points(source)
    fit = bayes.fit_polynomial(points.train, points.held_out, prior, degree, draws=DRAWS, seed=seed)
    _claim(fit)
    _figure(points, fit)
    _degrees(_scores(points.train, points.held_out, prior), degree)
    if fit.held_out is not None:
        _challenge(points, fit.held_out)
    _code(points.train, prior, degree, fit.log_evidence)


def _points(source: str) -> Points:
    if source == TABLE:
        own = own_table(2)
        (x, y), (x_out, y_out), (first, second) = own.columns, own.held_out, own.names
        return Points((x, y), (x_out, y_out), (first, second))
    return _typed() if source == OWN else _real(source)


def _real(source: str) -> Points:
    """A data set of the registry, cut to as many observations as the visitor chooses."""
    data = datasets.load(DATASETS[source])
    split = data.split()
    n = controls.draw("n_points")
    st.caption(f"Real data: {data.source}." if source == FAITHFUL else f"{data.source.capitalize()}.")
    train, held_out = ((data.x[rows, 0], data.x[rows, 1]) for rows in (split.train[:n], split.test))
    first, second = data.columns or ("x", "y")
    return Points(train, held_out, (first, second))


def _typed() -> Points:
    typed = editing.typed_points("points")
    out = held_out_rows(len(typed.x))
    return Points((typed.x[~out], typed.y[~out]), (typed.x[out], typed.y[out]), typed=typed)


def _claim(fit: bayes.PolynomialFit) -> None:
    middle = len(fit.x) // 2
    near, far = (float(fit.posterior.variance[place]) ** 0.5 for place in (middle, -1))
    page.claim(
        f"At x = {float(fit.x[middle]):.3g} (in the middle) and far to the right, the predictive adds the doubt about "
        "the weights to the noise; the plug-in keeps the noise alone.",
        page.term("posterior", r"\mathrm{sd}[y|\mathbf{x},\mathbf{X}]", rf"{near:.3g}\text{{ to }}{far:.3g}")
        + r"=\sqrt{\beta^{-1}+\phi(\mathbf{x})^T S\,\phi(\mathbf{x})}\;>\;"
        + page.term("q", r"\sqrt{\beta^{-1}}", float(fit.plug_in.variance[0]) ** 0.5) + r"\qquad"
        + page.term("evidence", r"\ln p(\mathbf{y}|\mathbf{X})", fit.log_evidence, "nats"))


def _figure(points: Points, fit: bayes.PolynomialFit) -> None:
    """The bands; where the visitor enters points, all of these are one trace, to which clicks add."""
    shown = points.train if points.typed is None else (points.typed.x, points.typed.y)
    bands = figures.bands(fit.x, fit.posterior, fit.plug_in, shown, points.held_out, draws=fit.draws,
                          names=points.names, palette=page.palette())
    alt = figures.bands_alt(fit.posterior, fit.plug_in, len(points.train[1]))
    if points.typed is None:
        page.figure(bands, key="bands", alt=alt)
        return
    st.caption("Click in the figure to add a point, click a point to take it out. Each fourth point is ringed: "
               "held out, seen by no fit.")
    live_figure(bands, key="own points", base=points.typed.text, draw=True, draw_trace=_trace_of_data(bands), alt=alt,
                on_edit=editing.fold_points("points", points.typed))


def _trace_of_data(bands: Figure) -> int:
    return next(i for i, trace in enumerate(bands.data) if trace["name"] == "data")


@cache.copied(entries=64)
def _scores(train: Columns, held_out: Columns, prior: bayes.LinearRegression) -> list[bayes.DegreeScore]:
    return bayes.degree_scores(train, held_out, prior, HIGHEST)


def _degrees(scores: list[bayes.DegreeScore], degree: int) -> None:
    page.heading("Which degree do the data ask for?")
    best = max(scores, key=lambda score: score.log_evidence)
    if question.number(
            "degree", "The evidence of the training points alone, without held-out points, is highest at which degree?",
            truth=lambda: float(best.degree), low=0.0, high=float(HIGHEST),
            start=float(HIGHEST), step=1.0, form="{:.0f}",
            why=lambda exact: f"Degree {exact:.0f}: a lower one cannot follow the points, a higher one spreads its "
            "prior over so many curves that few of them pass here. No held-out point was needed: this is Occam's "
            "razor, built into the integral."):
        page.figure(figures.degree_scores(scores, degree, page.palette()), key="degrees",
                    alt=figures.degree_scores_alt(scores))
        st.caption(f"Log evidence at the chosen degree {degree}: {format_nats(scores[degree].log_evidence)} per "
                   f"observation; at degree {best.degree}: {format_nats(best.log_evidence)}.")


def _challenge(points: Points, reached: float) -> None:
    first = bayes.LinearRegression(10 ** controls.default("alpha"), 10 ** controls.default("beta"))
    scores = _scores(points.train, points.held_out, first)
    best = max(score.held_out for score in scores if score.held_out is not None)
    page.challenge("Set degree, α and β so that the held-out points score at least as well as at the best degree "
                   "with the settings that the page opened with.", reached >= best,
                   f"{reached:.3f} nats per held-out point")


def _code(train: Columns, prior: bayes.LinearRegression, degree: int, log_evidence: float) -> None:
    source_code.show([bayes.LinearRegression.log_evidence, bayes.LinearRegression.predictive, bayes.fit_polynomial],
                     formula=r"p(y|\mathbf{x},\mathbf{X}) = \int p(y|\mathbf{x},\mathbf{w})\,p(\mathbf{w}|\mathbf{X})\,"
                     r"d\mathbf{w} \approx p(y|\mathbf{x},\mathbf{w}^*)",
                     script=f"""
                         import torch
                         from dgm import bayes
                         train = torch.tensor({train[0].tolist()}), torch.tensor({train[1].tolist()})
                         nothing = torch.zeros(0), torch.zeros(0)
                         prior = bayes.LinearRegression({prior.alpha}, {prior.beta})
                         fit = bayes.fit_polynomial(train, nothing, prior, {degree})
                         numbers = {{"log evidence": fit.log_evidence}}
                     """, numbers={"log evidence": log_evidence})
