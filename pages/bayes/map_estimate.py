"""Part three of the Bayes page: the MAP depends on the axis on which theta is measured; the predictive does not."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
import torch

from dgm import bayes
from dgm.bayes import summaries
from pages.bayes import models
from pages.bayes.figures import map_estimate as figures
from pages.bayes.scene import Scene
from ui import messages, page, question, source_code

APART = 0.15   # between two MAPs, for the challenge
HIGHER, SAME, LOWER, NOT_COMPARABLE = MOVES = ("higher", "the same", "lower", "not comparable")


def part() -> None:
    """The maximum moves when θ is measured on another axis; the predictive does not."""
    above = st.container()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        scene = models.choose()
    after = scene.prior.posterior(scene.data)
    rows, mean = bayes.map_rows(after), _mean(after)
    with above:
        page.claim("The MAP is the top of a density, and a density depends on the axis it is drawn over: p and "
                   "logit p stretch differently. The predictive is an integral and asks no axis.",
                   page.term("q", r"\theta^*=\arg\max_\theta\,\big(\ln p(\mathbf{X}|\theta)+\ln p(\theta)\big)",
                             _format(rows[0].theta)) + r"\qquad "
                   + page.term("posterior", r"\mathbb{E}[\mathbf{x}|\mathbf{X}]", mean))
    with right:
        if _asked(rows):
            _figure(after, rows, scene.outcomes)
            _table(rows, mean)
    if isinstance(after, summaries.Coin):
        _challenge(rows)
    _code(scene, type(after), rows)


def _asked(rows: list[bayes.MapRow]) -> bool:
    """Whether the visitor's prediction is committed."""
    return question.choice(
        "moves", f"Over {rows[1].axis} instead of {rows[0].axis}, the MAP (told as θ) is ...", MOVES,
        truth=lambda: _move(rows), why=lambda _: "The density over the other axis is multiplied by |dθ/dφ|, which is "
        "not constant, so its top lies elsewhere. Nothing about the data or the model has changed.")


def _figure(after: Any, rows: list[bayes.MapRow], faces: Sequence[str]) -> None:
    if isinstance(after, summaries.Coin):
        views = [bayes.axis_view(after, name) for name in after.axes[:2]]
        page.figure(figures.two_axes(views, page.palette()), key="axes", alt=figures.two_axes_alt(views))
    if isinstance(after, bayes.DirichletCategorical):
        maps, mean = {row.axis: row.theta for row in rows[:2]}, after.predictive().mean
        page.figure(figures.map_bars(faces, maps, mean, page.palette()), key="tops",
                    alt=figures.map_bars_alt(maps, mean))


def _table(rows: list[bayes.MapRow], mean: str) -> None:
    lines = [f"| {row.axis} | {_format(row.theta)} | {mean} |" for row in rows]
    st.markdown("\n".join(["| axis | MAP, told as θ | mean of the next observation |", "|---|---|---|", *lines]))
    for note in dict.fromkeys(row.note for row in rows if row.note):
        st.caption(messages.sentence(note))


def _challenge(rows: list[bayes.MapRow]) -> None:
    found = [row.theta for row in rows[:2] if row.theta is not None]
    apart = abs(found[0] - found[1]) if len(found) == 2 else 0.0
    page.challenge(f"Find a prior and observations whose MAP over p and MAP over logit p are at least {APART} apart.",
                   apart >= APART, f"{apart:.3f} apart")


def _code(scene: Scene, belief: type[bayes.Belief], rows: list[bayes.MapRow]) -> None:
    numbers = {f"MAP over {row.axis}": row.theta for row in rows if isinstance(row.theta, float)}
    source_code.show([belief.map, bayes.map_rows], numbers=numbers,
                     formula=r"\theta^* = \arg\max_\theta \left(\log p(\mathbf{X}|\theta) + \log p(\theta)\right)",
                     script=f"from dgm import bayes\nafter = ({scene.prior_code}).posterior({scene.data_code})\n"
                     'numbers = {f"MAP over {row.axis}": row.theta for row in bayes.map_rows(after)\n'
                     "           if isinstance(row.theta, float)}")


def _move(rows: list[bayes.MapRow]) -> str:
    """The option of MOVES that is right."""
    first, second = (compared_number(row.theta) for row in rows[:2])
    if first is None or second is None:
        return NOT_COMPARABLE
    if abs(first - second) < 1e-9:
        return SAME
    return HIGHER if second > first else LOWER


def compared_number(theta: Any) -> float | None:
    """The number of theta by which axes are compared: p or theta itself, s2 of a normal, the first of several."""
    if theta is None:
        return None
    if isinstance(theta, bayes.Estimate):
        return theta.s2
    return float(torch.as_tensor(theta, dtype=torch.float64).reshape(-1)[0])


def _mean(after: Any) -> str:
    """The mean of the next observation."""
    try:
        return _format(after.predictive().mean)
    except ValueError:
        return "none: the tails are too heavy"


def _format(theta: Any) -> str:
    """theta to four digits."""
    if theta is None:
        return "none"
    if isinstance(theta, bayes.Estimate):
        return f"μ = {theta.mu:.4g}, σ = {theta.s2 ** 0.5:.4g}"
    values = torch.as_tensor(theta, dtype=torch.float64).reshape(-1).tolist()
    return ", ".join(f"{value:.4g}" for value in values)
