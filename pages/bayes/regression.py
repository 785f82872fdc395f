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
from ui.figures.written import placed, written

DATASETS = {FAITHFUL: "faithful", CURVE: "curve"}
DRAWS = 5   # curves of weights from the posterior
ROUNDING = 1e-9   # nats
TERMS = ("precision", "features φ", "predictive", "plug-in", "evidence", "held-out", "nat")
Columns = tuple[Tensor, Tensor]   # x (N,) and y (N,)


class Points(NamedTuple):
    """The points of the regression."""

    train: Columns
    held_out: Columns
    names: tuple[str, str] = ("x", "y")   # of the axes
    typed: TypedPoints | None = None      # train and held-out points in the order in which the visitor entered them


def part() -> None:
    """Bands of the posterior predictive and of the plug-in, and the degree that the evidence prefers."""
    opening, picture = st.container(), st.container()
    source = controls.draw("points_from")
    with st.container(horizontal=True):
        degree = controls.draw("degree")
        prior = bayes.LinearRegression(10 ** controls.draw("alpha"), 10 ** controls.draw("beta"))
        seed = controls.draw("seed")
    points = _points(source)
    fit = bayes.fit_polynomial(points.train, points.held_out, prior, degree, draws=DRAWS, seed=seed)
    with opening:
        _introduction()
    with picture:
        _figure(points, fit)
    _deviations(fit, prior)
    _degrees(points, prior, degree)
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


def _introduction() -> None:
    page.introduction(
        "$y = \\mathbf{w}^T\\phi(\\mathbf{x}) + \\epsilon$ with the features "
        "$\\phi(\\mathbf{x}) = (1, x, x^2, \\ldots)$. "
        "The weights have a Gaussian prior of precision $\\alpha$, the noise has precision $\\beta$. "
        "Predictive variance = noise variance + variance from not knowing the weights (posterior covariance $S$). "
        "The plug-in has the first term only.",
        page.term("posterior", r"\mathrm{var}[y|\mathbf{x},\mathbf{X}]") + "="
        + page.term("q", r"\beta^{-1}") + "+" + page.term("posterior", r"\phi(\mathbf{x})^T S\,\phi(\mathbf{x})"),
        TERMS)


def _deviations(fit: bayes.PolynomialFit, prior: bayes.LinearRegression) -> None:
    """Standard deviations of predictive and plug-in with numbers, and in which units."""
    middle = len(fit.x) // 2
    near, far = (float(fit.posterior.variance[place]) ** 0.5 for place in (middle, -1))
    noise = float(fit.plug_in.variance[0]) ** 0.5
    unit = noise * prior.beta**0.5
    spread = float(fit.x[-1] - fit.x[0])
    st.markdown(
        f"Standard deviation of the predictive: **{written(near, '.3g')}** in the middle "
        f"(x = {placed(float(fit.x[middle]), spread)}), **{written(far, '.3g')}** at the right end "
        f"(x = {placed(float(fit.x[-1]), spread)}). Of the plug-in: **{written(noise, '.3g')}** everywhere. "
        f"Log evidence: log p(y|X) = {format_nats(fit.log_evidence)}.")
    st.caption(f"For the fit x is rescaled to −1 to 1, and y to mean 0 and deviation 1. α and β are for these: "
               f"1/√β = {prior.beta**-0.5:.3g} deviations of y, each {written(unit, '.3g')}, is "
               f"{written(noise, '.3g')} in the units of y.")


def _figure(points: Points, fit: bayes.PolynomialFit) -> None:
    """The bands; where the visitor enters points, all of these are one trace, to which clicks add."""
    shown = points.train if points.typed is None else (points.typed.x, points.typed.y)
    bands = figures.bands(fit.x, fit.posterior, fit.plug_in, shown, points.held_out, draws=fit.draws,
                          names=points.names, palette=page.palette())
    alt = figures.bands_alt(fit.posterior, fit.plug_in, len(points.train[1]),
                            0 if points.held_out is None else len(points.held_out[1]))
    if points.typed is None:
        page.figure(bands, key="bands", alt=alt)
        return
    live_figure(bands, key="own points", base=points.typed.text, draw=True, draw_trace=_trace_of_data(bands), alt=alt,
                on_edit=editing.fold_points("points", points.typed))
    st.caption("Click in the figure to add a point, click a point to take it out. Every fourth point is ringed: "
               "it is held out, not used for fitting.")


def _trace_of_data(bands: Figure) -> int:
    return next(i for i, trace in enumerate(bands.data) if trace["name"] == "data")


@cache.copied()
def _scores(train: Columns, held_out: Columns, prior: bayes.LinearRegression) -> list[bayes.DegreeScore]:
    return bayes.degree_scores(train, held_out, prior, HIGHEST)


def _degrees(points: Points, prior: bayes.LinearRegression, degree: int) -> None:
    """Scores over the degree; the curve of the evidence is covered until the answer is shown."""
    page.heading("Which degree has the highest evidence?")
    scores = _scores(points.train, points.held_out, prior)
    about = f"{prior}, {[column.tolist() for column in points.train]}"
    shown, best = question.revealed("degree", about), max(scores, key=lambda score: score.log_evidence)
    if shown or len(points.held_out[0]):
        page.figure(figures.degree_scores(scores, degree, page.palette(), covered=not shown), key="degrees",
                    alt=figures.degree_scores_alt(scores, covered=not shown))
    st.caption(f"Log evidence at the chosen degree {degree}: {format_nats(scores[degree].log_evidence)} per "
               "observation" + (f"; at degree {best.degree}: {format_nats(best.log_evidence)}." if shown else
                                ". The curve of the evidence is covered until the question is answered."))
    question.number(
        "degree", "The evidence uses the fitted points alone, without held-out points. At which degree is it highest?",
        truth=lambda: float(best.degree), low=0, high=HIGHEST, start=HIGHEST // 2, step=1, form="{:.0f}", about=about,
        why=why_degree)


def why_degree(exact: float) -> str:
    """Why the evidence is highest at this degree; at an end of the slider, without the degrees that are not there."""
    lower = " A lower degree cannot follow the points." if exact > 0 else ""
    higher = (" Higher degrees are not compared here. No held-out point was needed." if exact == HIGHEST else
              " A higher one spreads its prior over so many curves that few of them pass here. No held-out point was "
              "needed; this preference for the simpler model is called Occam's razor.")
    return f"Degree {exact:.0f}.{lower}{higher}"


def _challenge(points: Points, reached: float) -> None:
    first = bayes.LinearRegression(10 ** controls.default("alpha"), 10 ** controls.default("beta"))
    scores = _scores(points.train, points.held_out, first)
    best = max(score.held_out for score in scores if score.held_out is not None)
    page.challenge(f"Set degree, α and β so that the held-out points score at least {format_nats(best)} per point. "
                   "That is the score of the best degree, with α and β as the page opens.", reached >= best - ROUNDING,
                   f"{format_nats(reached)} per held-out point")


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
