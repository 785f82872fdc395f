"""Part two of the Bayes page: three answers to "what comes next", scored on held-out observations."""

import math
from typing import Any

import streamlit as st

from dgm import bayes
from pages.bayes import models
from pages.bayes.figures import predictive as figures
from pages.bayes.figures.numbers import format_nats
from pages.bayes.plot_ranges import plot_range
from pages.bayes.scene import Scene
from pages.bayes.state import MODEL_AXIS
from ui import controls, page, question, source_code

GRID = 241  # points of a predictive density


def part() -> None:
    """Three answers to "what comes next", scored on held-out observations."""
    above = st.container()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        scene = models.choose(scored=True)
        axis = _axis(scene)
    answers = bayes.predictives(scene.prior, scene.data, axis)
    scores = bayes.scores(answers, scene.held_out) if len(scene.held_out) else None
    with above:
        _claim(scores)
    with right:
        if _asked(scene, answers, axis):
            _answers(scene, answers, scores)
    if scores:
        _challenge(scores)
    _code(scene, scores)


def _axis(scene: Scene) -> str:
    """The axis of the MAP, one of the prior's."""
    axes = scene.prior.axes
    own, other = axes[:2]
    return str(own if controls.draw("axis", help="; ".join(axes)) == MODEL_AXIS else other)


def _claim(scores: bayes.Scores | None) -> None:
    page.claim(
        "Note the difference: the same integral, first over what was believed before the data, then over what is "
        "believed after them. The plug-in drops the integral and bets on one θ.",
        page.term("prior", r"p(\mathbf{x})=\int p(\mathbf{x}|\theta)\,p(\theta)\,d\theta",
                  scores and f"{scores.prior:z.3f}", "nats") + r"\quad"
        + page.term("posterior", r"p(\mathbf{x}|\mathbf{X})=\int p(\mathbf{x}|\theta)\,p(\theta|\mathbf{X})\,d\theta",
                    scores and f"{scores.posterior:z.3f}", "nats") + r"\quad"
        + page.term("q", r"p(\mathbf{x}|\theta^*)", scores and format_nats(scores.plug_in).replace(" nats", "")))


def _asked(scene: Scene, answers: bayes.Predictives, axis: str) -> bool:
    """Whether the visitor's prediction is committed."""
    if not scene.outcomes:
        ratio = bayes.deviation_ratio(scene.prior, scene.data, axis)
        if ratio == math.inf:
            st.caption("The posterior predictive has tails so heavy that its standard deviation is infinite; with "
                       "more observations it becomes finite.")
            return True
        return question.number(
            "wider", "The posterior predictive is wider than the plug-in. How many times as wide (standard "
            "deviation against standard deviation)?",
            truth=lambda: ratio, low=0.5, high=5.0, start=2.0, step=0.05,
            why=lambda exact: f"{exact:.3g} times: the plug-in knows the noise and forgets the doubt about its own θ. "
            "With every observation the two come closer.")
    last = len(scene.outcomes) - 1
    return question.number(
        "next", f"What probability does the posterior predictive give to the next one being {scene.outcomes[last]}?",
        truth=lambda: float(answers.posterior.log_prob(last).exp()), low=0.0, high=1.0, start=0.5,
        step=0.01, why=lambda exact: f"{exact:.3f} is the mean of θ under the posterior: the prior's counts and the "
        "observed ones together, so it is never 0 and never 1.")


def _answers(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None) -> None:
    alt = figures.predictives_alt(scores, len(scene.held_out)) if scores else "Three predictives; nothing held out."
    page.figure(_figure(scene, answers, scores), key="next", alt=alt)
    _verdict(scores)


def _figure(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None) -> Any:
    if scene.outcomes:
        probs = scene.outcome_probabilities(answers)
        return figures.predictive_bars(scene.outcomes, probs, scores, page.palette())
    x = plot_range(answers, [scene.data, scene.held_out], GRID)
    densities = [None if answer is None else answer.log_prob(x).exp() for answer in answers]
    unit = f"next observation ({scene.quantity})" if scene.quantity else "next observation"
    return figures.predictive_curves(x, densities, scene.held_out, scores, palette=page.palette(), unit=unit)


def _verdict(scores: bayes.Scores | None) -> None:
    if scores is None:
        st.caption("Nothing is held out, so nothing can be scored.")
    elif scores.plug_in is None:
        st.caption("There is no MAP here, so there is nothing to plug in; the predictives are as they are.")
    elif scores.plug_in == -math.inf:
        st.caption("The plug-in gave probability 0 to something that then happened: its log score is minus infinity. "
                   "The predictive never says never.")


def _challenge(scores: bayes.Scores) -> None:
    ahead = scores.posterior - (scores.plug_in if scores.plug_in is not None else scores.prior)
    page.challenge("Make the MAP plug-in score higher on the held-out data than the posterior predictive. When "
                   "is a bet on one θ the better one?", scores.plug_in is not None and ahead < 0,
                   f"the predictive is {ahead:+.3f} nats ahead" if ahead < math.inf else
                   "the plug-in called a held-out observation impossible")


def _code(scene: Scene, scores: bayes.Scores | None) -> None:
    numbers = {} if scores is None else {"prior predictive": scores.prior, "posterior predictive": scores.posterior}
    source_code.show([type(scene.prior).predictive, type(scene.prior).plug_in, bayes.predictives, bayes.score],
                     formula=r"p(\mathbf{x}|\mathbf{X}) = \int p(\mathbf{x}|\theta)\,p(\theta|\mathbf{X})\,d\theta "
                     r"\approx p(\mathbf{x}|\theta^*)",
                     script=f"from dgm import bayes\nprior = {scene.prior_code}\nX = {scene.data_code}\n"
                     f"held_out = {scene.held_out.tolist()}\nanswers = bayes.predictives(prior, X)\n"
                     + ('numbers = {"prior predictive": bayes.score(answers.prior, held_out),\n'
                        '           "posterior predictive": bayes.score(answers.posterior, held_out)}' if numbers else
                        "numbers = {}"), numbers=numbers)
