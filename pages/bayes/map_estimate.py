"""Part three of the Bayes page: the maximum moves when theta is measured on another axis; the predictive does not."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
import torch

from dgm import bayes
from pages.bayes import models
from pages.bayes.figures import theorem as figures
from ui import page, question, source_code

COINS = bayes.BetaBernoulli | bayes.MixturePrior | bayes.HistogramPrior


def axes() -> None:
    """The maximum moves when θ is measured on another axis; the predictive does not."""
    said = st.container()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        scene = models.choose()
    after = scene.prior.posterior(scene.data)
    rows = bayes.map_rows(after)
    with said:
        page.claim("The MAP is the top of a density, and a density depends on the axis it is drawn over: p and "
                     "logit p stretch differently. The predictive is an integral and asks no axis.",
                     page.term("q", r"\theta^*=\arg\max_\theta\,\big(\ln p(\mathbf{X}|\theta)+\ln p(\theta)\big)",
                                 _shown(rows[0].theta)) + r"\qquad "
                     + page.term("posterior", r"\mathbb{E}[\mathbf{x}|\mathbf{X}]", _mean(after)))
    with right:
        _question(after, rows, scene.outcomes)
    if isinstance(after, COINS):
        found = [row.theta for row in rows[:2] if row.theta is not None]
        apart = abs(found[0] - found[1]) if len(found) == 2 else 0.0
        page.challenge("Find a prior and observations whose MAP over p and MAP over logit p are at least 0.15 apart.",
                         apart >= 0.15, f"{apart:.3f} apart")
    numbers = {f"MAP over {row.axis}": float(row.theta) for row in rows if isinstance(row.theta, float)}
    source_code.show([type(after).map, bayes.map_rows], numbers=numbers,
                     formula=r"\theta^* = \arg\max_\theta \left(\log p(\mathbf{X}|\theta) + \log p(\theta)\right)",
                     script=f"from dgm import bayes\nafter = ({scene.code}).posterior({scene.data_code})\n"
                     'numbers = {f"MAP over {row.axis}": row.theta for row in bayes.map_rows(after)\n'
                     "           if isinstance(row.theta, float)}")


def _question(after: Any, rows: list[bayes.MapRow], faces: Sequence[str]) -> None:
    if question.choice("moves", f"Over {rows[1].axis} instead of {rows[0].axis}, the MAP (told as θ) is ...",
                       ["higher", "the same", "lower", "not comparable"], truth=lambda: _moved(rows),
                       why=lambda _: "The density over the other axis is multiplied by |dθ/dφ|, which is not constant, "
                       "so its top lies elsewhere. Nothing about the data or the model has changed."):
        if isinstance(after, COINS):
            views = [bayes.axis_view(after, name) for name in after.axes[:2]]
            page.figure(figures.two_axes(views, page.palette()), key="axes", alt=figures.two_axes_alt(views))
        if isinstance(after, bayes.DirichletCategorical):
            maps = {row.axis: row.theta for row in rows[:2]}
            mean = after.predictive().mean
            page.figure(figures.tops(faces, maps, mean, page.palette()), key="tops",
                          alt=figures.tops_alt(maps, mean))
        lines = [f"| {row.axis} | {_shown(row.theta)} | {_mean(after)} |" for row in rows]
        st.markdown("\n".join(["| axis | MAP, told as θ | mean of the next observation |", "|---|---|---|", *lines]))
        for note in dict.fromkeys(row.note for row in rows if row.note):
            st.caption(f"{note[:1].upper()}{note[1:]}.")


def _moved(rows: list[bayes.MapRow]) -> str:
    first, second = (compared_number(row.theta) for row in rows[:2])
    if first is None or second is None:
        return "not comparable"
    return "the same" if abs(first - second) < 1e-9 else "higher" if second > first else "lower"


def compared_number(theta: Any) -> float | None:
    """The number of theta by which axes are compared: p or theta itself, s2 of a normal, the first of several."""
    if theta is None:
        return None
    if isinstance(theta, bayes.Estimate):
        return theta.s2
    return float(torch.as_tensor(theta, dtype=torch.float64).reshape(-1)[0])


def _mean(after: Any) -> str:
    try:
        return _shown(after.predictive().mean)
    except ValueError:
        return "none: the tails are too heavy"


def _shown(theta: Any) -> str:
    if theta is None:
        return "none"
    if isinstance(theta, bayes.Estimate):
        return f"μ = {theta.mu:.4g}, σ = {theta.s2 ** 0.5:.4g}"
    values = torch.as_tensor(theta, dtype=torch.float64).reshape(-1).tolist()
    return ", ".join(f"{value:.4g}" for value in values)
