"""Part four of the Bayes page: a polynomial through points, its two bands, and the evidence over the degree."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes, datasets
from dgm.errors import DataError
from pages.bayes import editing
from pages.bayes import observations as text
from pages.bayes.figures import regression as pictures
from pages.bayes.figures import theorem as figures
from pages.bayes.state import HIGHEST, TABLE
from ui import cache, controls, messages, page, question, source_code
from ui.components.edits import Edits
from ui.components.live_figure import live_figure

SOURCES = {"by hand": "", "Old Faithful": "faithful", "a curve": "curve", TABLE: ""}
EVERY = 4  # of one's own points, each fourth is held out
Pairs = tuple[Tensor, Tensor]
Columns = tuple[tuple[float, ...], tuple[float, ...]]  # the same as plain numbers, fit to be cached by


def regression() -> None:
    """Bands of the posterior predictive and of the plug-in, and the degree that the evidence prefers."""
    source = controls.draw("points_from")
    with st.container(horizontal=True):
        degree = controls.draw("degree")
        alpha = 10 ** controls.draw("alpha")
        beta = 10 ** controls.draw("beta")
        seed = controls.draw("seed")
    typed, train, held_out, names = _points(source)
    shown = _joined(train, held_out) if typed is not None else train
    prior = bayes.LinearRegression(alpha, beta)
    fit = bayes.fit_polynomial(train, held_out, prior, degree, draws=5, seed=seed)
    _claim(fit)
    picture = pictures.bands(fit.x, fit.posterior, fit.plug_in, shown, held_out, draws=fit.draws, names=names,
                             palette=page.palette())
    alt = pictures.bands_alt(fit.posterior, fit.plug_in, len(train[1]))
    if typed is not None:
        st.caption("Click in the figure to add a point, click a point to take it out. Each fourth point is ringed: "
                   "held out, seen by no fit.")
        live_figure(picture, key="own points", base=typed, draw=True, draw_trace=_drawn_trace(picture), alt=alt,
                    on_edit=editing.into_text("points", _points_of))
    else:
        page.figure(picture, key="bands", alt=alt)
    _degrees(train, held_out, prior, degree)
    if fit.held_out is not None:
        page.challenge("Set degree, α and β so that the held-out points score at least as well as at the best degree "
                         "with the settings that the page opened with.", _as_good(train, held_out, fit.held_out),
                         f"{fit.held_out:.3f} nats per held-out point")
    source_code.show([bayes.LinearRegression.log_evidence, bayes.LinearRegression.predictive, bayes.fit_polynomial],
                     formula=r"p(y|\mathbf{x},\mathbf{X}) = \int p(y|\mathbf{x},\mathbf{w})\,p(\mathbf{w}|\mathbf{X})\,"
                     r"d\mathbf{w} \approx p(y|\mathbf{x},\mathbf{w}^*)",
                     script=f"""
                         import torch
                         from dgm import bayes
                         train = torch.tensor({train[0].tolist()}), torch.tensor({train[1].tolist()})
                         nothing = torch.zeros(0), torch.zeros(0)
                         fit = bayes.fit_polynomial(train, nothing, bayes.LinearRegression({alpha}, {beta}), {degree})
                         numbers = {{"log evidence": fit.log_evidence}}
                     """, numbers={"log evidence": fit.log_evidence})


def _points(source: str) -> tuple[str | None, Pairs, Pairs, tuple[str, str]]:
    """The text of the visitor's own points, None for others; training and held-out points; the axes' names."""
    if source == TABLE:
        (x, y), (x_out, y_out) = editing.table(2)
        return None, (x, y), (x_out, y_out), ("first column", "second column")
    if source != "by hand":
        data = datasets.load(SOURCES[source], 0)
        split = data.split()
        n = controls.draw("n_points")
        st.caption(f"Real data: {data.source}." if source == "Old Faithful" else f"{data.source.capitalize()}.")
        parts = [(data.x[rows, 0], data.x[rows, 1]) for rows in (split.train[:n], split.test)]
        names = data.columns or ("x", "y")
        return None, parts[0], parts[1], (names[0], names[1])
    raw = controls.draw("points")
    try:
        x, y = text.parse_points(raw)
    except DataError as error:
        controls.note(messages.sentence(error))
        x, y = text.parse_points(controls.default("points"))
    out = torch.arange(len(x)) % EVERY == EVERY - 1
    return raw, (x[~out], y[~out]), (x[out], y[out]), ("x", "y")


def _joined(train: Pairs, held_out: Pairs) -> Pairs:
    """One's own points in the order in which they were entered: each fourth one is held out."""
    out = torch.arange(len(train[1]) + len(held_out[1])) % EVERY == EVERY - 1
    both = torch.zeros(2, len(out), dtype=torch.float64)
    both[:, ~out], both[:, out] = torch.stack(train), torch.stack(held_out)
    return both[0], both[1]


def _points_of(edits: Edits) -> str | None:
    return None if edits.points is None else text.format_points(edits.points)


def _drawn_trace(picture: Any) -> int:
    return next(i for i, trace in enumerate(picture.data) if trace["name"] == "data")


def _claim(fit: bayes.PolynomialFit) -> None:
    middle = len(fit.x) // 2
    near, far = (float(fit.posterior.variance[place]) ** 0.5 for place in (middle, -1))
    page.claim(
        f"At x = {float(fit.x[middle]):.3g} (in the middle) and far to the right, the predictive adds the doubt about "
        "the weights to the noise; the plug-in keeps the noise alone.",
        page.term("posterior", r"\mathrm{sd}[y|\mathbf{x},\mathbf{X}]",
                    rf"{near:.3g}\text{{ to }}{far:.3g}")
        + r"=\sqrt{\beta^{-1}+\phi(\mathbf{x})^T S\,\phi(\mathbf{x})}\;>\;"
        + page.term("q", r"\sqrt{\beta^{-1}}", float(fit.plug_in.variance[0]) ** 0.5) + r"\qquad"
        + page.term("evidence", r"\ln p(\mathbf{y}|\mathbf{X})", fit.log_evidence, "nats"))


@cache.copied(entries=64)
def _scores(train: Columns, held_out: Columns, alpha: float, beta: float) -> list[bayes.DegreeScore]:
    return bayes.degree_scores(_tensors(train), _tensors(held_out), bayes.LinearRegression(alpha, beta), HIGHEST)


def _tensors(columns: Columns) -> Pairs:
    x, y = (torch.tensor(column, dtype=torch.float64) for column in columns)
    return x, y


def _plain(pairs: Pairs) -> Columns:
    return tuple(pairs[0].tolist()), tuple(pairs[1].tolist())


def _degrees(train: Pairs, held_out: Pairs, prior: bayes.LinearRegression, degree: int) -> None:
    page.heading("Which degree do the data ask for?")
    scores = _scores(_plain(train), _plain(held_out), prior.alpha, prior.beta)
    if question.number(
            "degree", "The evidence of the training points alone, without held-out points, is highest at which degree?",
            truth=lambda: float(max(scores, key=lambda s: s.log_evidence).degree), low=0.0, high=float(HIGHEST),
            start=float(HIGHEST), step=1.0, form="{:.0f}",
            why=lambda exact: f"Degree {exact:.0f}: a lower one cannot follow the points, a higher one spreads its "
            "prior over so many curves that few of them pass here. No held-out point was needed: this is Occam's "
            "razor, built into the integral."):
        page.figure(pictures.degree_scores(scores, degree, page.palette()), key="degrees",
                      alt=pictures.degree_scores_alt(scores))
        best = max(scores, key=lambda s: s.log_evidence)
        st.caption(f"Log evidence at the chosen degree {degree}: {figures.nats(scores[degree].log_evidence)} per "
                   f"observation; at degree {best.degree}: {figures.nats(best.log_evidence)}.")


def _as_good(train: Pairs, held_out: Pairs, reached: float) -> bool:
    first = _scores(_plain(train), _plain(held_out), 0.1, 10.0)
    return reached >= max(s.held_out for s in first if s.held_out is not None)
