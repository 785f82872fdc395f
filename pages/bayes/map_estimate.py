"""Part three of the Bayes page: the MAP depends on the axis on which theta is measured; the predictive does not."""

import math
from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm import bayes
from dgm.bayes import summaries
from pages.bayes import models
from pages.bayes.figures import map_estimate as figures
from pages.bayes.figures.numbers import format_mean, latex
from pages.bayes.scene import Scene
from ui import messages, page, question, source_code

APART = 0.15   # between two MAPs, for the challenge
HIGHER, SAME, LOWER, NONE = MOVES = ("higher", "the same", "lower", "one of them does not exist")
EXISTS = ("yes", "no")
TERMS = ("prior", "likelihood", "posterior", "MAP", "logit", "predictive")
# What the density over the second axis is, against the density over the first one.
FACTORS = {
    "logit p": "The density over logit p is the density over p times p(1 − p), which is largest at p = 1/2.",
    "exp θ": "The density over exp θ is the density over θ divided by exp θ, so smaller values of θ gain.",
    "σ": "The density over σ is the density over σ² times 2σ, so larger values gain.",
    "softmax logits": "The density over the logits is the density over θ times the product of the probabilities. "
                      "This product is largest when they are equal.",
}
BETA_RULE = (" For a posterior Beta(a′, b′) this is a rule: the MAP over logit p is a′ / (a′ + b′), which is the "
             "predictive mean.")


class Question(NamedTuple):
    """What is compared between the two axes."""

    first: str      # the axes' names
    second: str
    quantity: str   # whose MAP is asked for
    place: int = 0  # of this quantity among the numbers of theta


def part() -> None:
    """The maximum moves when θ is measured on another axis; the predictive does not."""
    above = st.container()
    picture, settings = st.columns([3, 2], gap="medium")   # on a phone the picture is above its settings
    with settings:
        scene = models.choose()
    after = scene.prior.posterior(scene.data)
    rows, asked = bayes.map_rows(after), _question(after)
    with above:
        _introduction(asked, rows)
    shown = question.revealed("moves" if rows[0].theta is not None else "exists", scene.about)
    with picture:
        _figure(after, rows, scene, asked, shown)
        _table(after, rows, asked, shown)
    _ask(rows, asked, scene)
    if isinstance(after, summaries.Coin):
        _challenge(rows, shown)
    _code(scene, type(after), rows)


def _question(after: Any) -> Question:
    first, second = (figures.AXES.get(name, name) for name in after.axes[:2])
    if isinstance(after, bayes.DirichletCategorical):
        face = int(after.predictive().mean.argmax())
        return Question(first, second, f"the probability of face {face + 1}", face)
    return Question(first, second, "σ" if isinstance(after, bayes.NormalInverseGamma) else first)


def _introduction(asked: Question, rows: list[bayes.MapRow]) -> None:
    formula = r"=\arg\max_\theta\,\big(\log p(\mathbf{X}|\theta)+\log p(\theta)\big)"
    number = _one_number(rows[0].theta)
    page.introduction(
        "The **MAP** is the value at the highest point of the posterior density. A density changes its shape "
        f"when the axis changes, here from {asked.first} to {asked.second}. So its highest "
        "point can move. The **predictive** is an average over θ; renaming θ changes neither the average nor "
        "its value.",
        page.term("q", r"\theta^*", None if number is None else latex(number)) + formula, TERMS)


def _one_number(theta: Any) -> float | None:
    """theta where it is a single number."""
    return theta if isinstance(theta, float) else None


def _figure(after: Any, rows: list[bayes.MapRow], scene: Scene, asked: Question, shown: bool) -> None:
    """The densities over both axes. Until the answer is shown, the MAP over the second axis is covered."""
    palette = page.palette()
    if isinstance(after, summaries.Coin):
        views = [bayes.axis_view(after, name) for name in after.axes[:2]]
        page.figure(figures.two_axes(views, palette, covered=not shown), key="axes",
                    alt=figures.two_axes_alt(views, covered=not shown))
    elif isinstance(after, bayes.DirichletCategorical):
        maps = {figures.AXES[row.axis]: row.theta for row in (rows[:2] if shown else rows[:1])}
        mean = after.predictive().mean
        page.figure(figures.map_bars(scene.outcomes, maps, mean, palette), key="tops",
                    alt=figures.map_bars_alt(maps, mean))
    else:
        found = figures.log_densities(after, rows[:2])
        curves = found if shown else found[:1]
        measured = f"{asked.quantity} ({scene.quantity})" if scene.quantity else asked.quantity
        page.figure(figures.two_log_densities(curves, measured, palette), key="log densities",
                    alt=figures.two_log_densities_alt(curves, asked.quantity))
    if not shown:
        st.caption(f"{_covered(after)} over {asked.second} is covered until the question below is answered.")


def _covered(after: Any) -> str:
    return "The top of the density" if isinstance(after, summaries.Coin) else "The MAP"


def _table(after: Any, rows: list[bayes.MapRow], asked: Question, shown: bool) -> None:
    mean = _mean(after)
    what = {"p": "probability of heads", "θ": "mean of the next observation", "σ²": "mean of the next observation"}
    column = "probabilities of the faces" if isinstance(after, bayes.DirichletCategorical) else what[asked.first]
    back = "θ" if isinstance(after, bayes.DirichletCategorical) else "μ and σ" if asked.quantity == "σ" else asked.first
    maps = [_format(row.theta) if shown or not place else "?" for place, row in enumerate(rows)]
    lines = [f"| {figures.AXES.get(row.axis, row.axis)} | {found} | {mean} |"
             for row, found in zip(rows, maps, strict=True)]
    head = f"| axis | MAP, converted back to {back} | predictive: {column} |"
    st.markdown("\n".join([head, "|---|---|---|", *lines]))
    for note in dict.fromkeys(row.note for row in (rows if shown else rows[:1]) if row.note):
        st.caption(messages.sentence(note))
    if any(_infinite(after, row) for row in (rows if shown else rows[:1])):
        st.caption("Where the density goes to infinity at one end alone, this end counts as its highest point. At two "
                   "ends there would be two of them, so there is no MAP.")


def _infinite(after: Any, row: bayes.MapRow) -> bool:
    """Whether the density of a coin goes to infinity at its MAP."""
    return isinstance(after, summaries.Coin) and row.theta is not None and bool(
        after.log_prob(torch.tensor(row.theta, dtype=torch.float64), row.axis) == math.inf)


def _ask(rows: list[bayes.MapRow], asked: Question, scene: Scene) -> None:
    rule = BETA_RULE if isinstance(scene.prior, bayes.BetaBernoulli) else ""
    if rows[0].theta is None:
        question.choice(
            "exists", f"Over {asked.first} there is no MAP. Is there one over {asked.second}?", EXISTS,
            truth=lambda: EXISTS[rows[1].theta is None], about=scene.about,
            why=lambda right: f"{FACTORS[asked.second]} So the density over {asked.second} has "
            f"{'a single' if right == EXISTS[0] else 'no single'} highest point.{rule}")
        return
    converted = f"convert the result back to {asked.first}" if asked.first == "p" else "convert the result back"
    question.choice(
        "moves", f"We maximise the density over {asked.second} instead of {asked.first}, and {converted}. Is the MAP "
        f"of {asked.quantity} then another one?", MOVES, truth=lambda: _move(rows, asked.place),
        why=lambda right: f"{_why(right, asked)}{rule}", about=scene.about)


def _why(right: str, asked: Question) -> str:
    ends = {SAME: "Here both densities are highest at the same place.",
            NONE: "On one of the two axes the density has no single highest point.",
            HIGHER: f"So the MAP of {asked.quantity} moves up. Data and model are the same.",
            LOWER: f"So the MAP of {asked.quantity} moves down. Data and model are the same."}
    return f"{FACTORS[asked.second]} {ends[right]}"


def _challenge(rows: list[bayes.MapRow], shown: bool) -> None:
    """Two MAPs far apart. shown: whether the question is answered: their distance would answer it."""
    found = [row.theta for row in rows[:2] if row.theta is not None]
    apart = abs(found[0] - found[1]) if len(found) == 2 else 0.0
    page.challenge(f"Find a prior and observations whose MAP over p and MAP over logit p are at least {APART} apart.",
                   shown and apart >= APART, "the distance is shown once the question is answered" if not shown else
                   f"{apart:.3f} apart" if len(found) == 2 else "on one of the axes there is no MAP")


def _code(scene: Scene, belief: type[bayes.Belief], rows: list[bayes.MapRow]) -> None:
    numbers = {f"MAP over {row.axis}": row.theta for row in rows if isinstance(row.theta, float)}
    source_code.show([belief.map, bayes.map_rows], numbers=numbers,
                     formula=r"\theta^* = \arg\max_\theta \left(\log p(\mathbf{X}|\theta) + \log p(\theta)\right)",
                     script=f"from dgm import bayes\nafter = ({scene.prior_code}).posterior({scene.data_code})\n"
                     'numbers = {f"MAP over {row.axis}": row.theta for row in bayes.map_rows(after)\n'
                     "           if isinstance(row.theta, float)}")


def _move(rows: list[bayes.MapRow], place: int = 0) -> str:
    """The option of MOVES that is right."""
    first, second = (compared_number(row.theta, place) for row in rows[:2])
    if first is None or second is None:
        return NONE
    if abs(first - second) < 1e-9 * max(1.0, abs(first)):
        return SAME
    return HIGHER if second > first else LOWER


def compared_number(theta: Any, place: int = 0) -> float | None:
    """The number of theta by which axes are compared: p or theta, s2 of a normal, the one at `place` of several."""
    if theta is None:
        return None
    if isinstance(theta, bayes.Estimate):
        return theta.s2
    return float(torch.as_tensor(theta, dtype=torch.float64).reshape(-1)[place])


def _mean(after: Any) -> str:
    """The mean of the next observation; of a die the probability of each face."""
    try:
        return _format(after.predictive().mean)
    except ValueError:
        return "none: the tails are too heavy"


def _format(theta: Any) -> str:
    """theta to four digits; of a die to three decimals each."""
    if theta is None:
        return "none"
    if isinstance(theta, bayes.Estimate):
        return f"μ = {_digits(theta.mu)}, σ = {_digits(theta.s2 ** 0.5)}"
    values = torch.as_tensor(theta, dtype=torch.float64).reshape(-1).tolist()
    return _digits(values[0]) if len(values) == 1 else ", ".join(f"{value:.3f}" for value in values)


def _digits(value: float) -> str:
    """Four digits, with a true minus and powers of ten; just below 1 by what it lacks.

    >>> _digits(-0.25), _digits(0.99996), _digits(1 - 1e-9), _digits(1.0)
    ('−0.25', '0.99996', '1 − 1 × 10⁻⁹', '1')
    """
    text = f"{value:z.4g}"
    if text == "1" and value < 1:
        return format_mean(value)
    return f"${latex(value)}$" if "e" in text or math.isinf(value) else text.replace("-", "−")
