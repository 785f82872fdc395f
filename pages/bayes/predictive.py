"""Part two of the Bayes page: three answers to "what comes next", scored on what was kept back."""

from typing import Any

import streamlit as st

from dgm import bayes
from pages.bayes import models
from pages.bayes.figures import theorem as figures
from pages.bayes.models import Scene
from pages.bayes.plot_ranges import plot_range
from pages.bayes.state import MODEL_AXIS
from ui import controls, page, question, source_code

GRID = 241  # points of a predictive density


def bars(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None) -> Any:
    probs = [None if answer is None else bayes.outcome_probabilities(answer, len(scene.outcomes)) for answer in answers]
    return figures.predictive_bars(scene.outcomes, probs, scores, page.palette())


def comes_next() -> None:
    """Three answers to "what comes next", scored on what was kept back."""
    said = st.container()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        scene = models.choose(scored=True)
        axis = _axis(scene)
    after = scene.prior.posterior(scene.data)
    answers = bayes.predictives(scene.prior, scene.data, axis)
    scores = bayes.scores(answers, scene.held_out) if len(scene.held_out) else None
    with said:
        _claim(scores)
    with right:
        if _ask_next(scene, after):
            _answers(scene, answers, scores)
    if scores:
        ahead = scores.posterior - (scores.plug_in if scores.plug_in is not None else scores.prior)
        page.challenge("Make the MAP plug-in score higher on the held-out data than the posterior predictive. When "
                         "is a bet on one θ the better one?", scores.plug_in is not None and ahead < 0,
                         f"the predictive is {ahead:+.3f} nats ahead" if ahead < float("inf") else
                         "the plug-in called a held-out observation impossible")
    numbers = {} if scores is None else {"prior predictive": scores.prior, "posterior predictive": scores.posterior}
    source_code.show([type(scene.prior).predictive, type(scene.prior).plug_in, bayes.predictives, bayes.score],
                     formula=r"p(\mathbf{x}|\mathbf{X}) = \int p(\mathbf{x}|\theta)\,p(\theta|\mathbf{X})\,d\theta "
                     r"\approx p(\mathbf{x}|\theta^*)",
                     script=f"from dgm import bayes\nprior = {scene.code}\nX = {scene.data_code}\n"
                     f"held_out = {scene.held_out.tolist()}\nanswers = bayes.predictives(prior, X)\n"
                     + ('numbers = {"prior predictive": bayes.score(answers.prior, held_out),\n'
                        '           "posterior predictive": bayes.score(answers.posterior, held_out)}' if numbers else
                        "numbers = {}"), numbers=numbers)


def _claim(scores: bayes.Scores | None) -> None:
    page.claim(
        "Note the difference: the same integral, first over what was believed before the data, then over what is "
        "believed after them. The plug-in drops the integral and bets on one θ.",
        page.term("prior", r"p(\mathbf{x})=\int p(\mathbf{x}|\theta)\,p(\theta)\,d\theta",
                    scores and f"{scores.prior:.3f}", "nats") + r"\quad"
        + page.term("posterior", r"p(\mathbf{x}|\mathbf{X})=\int p(\mathbf{x}|\theta)\,p(\theta|\mathbf{X})\,d\theta",
                      scores and f"{scores.posterior:.3f}", "nats") + r"\quad"
        + page.term("q", r"p(\mathbf{x}|\theta^*)", scores and figures.nats(scores.plug_in).replace(" nats", "")))


def _answers(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None) -> None:
    alt = figures.predictives_alt(scores, len(scene.held_out)) if scores else "Three predictives; nothing held out."
    if scene.outcomes:
        page.figure(bars(scene, answers, scores), key="next", alt=alt)
    else:
        _densities(scene, answers, scores, alt)
    _verdict(scores)


def _axis(scene: Scene) -> str:
    axes = scene.prior.axes
    chosen = controls.draw("axis", help="; ".join(axes))
    return axes[0] if chosen == MODEL_AXIS else axes[1]


def _ask_next(scene: Scene, after: Any) -> bool:
    if not scene.outcomes:
        return question.number(
            "wider", "The posterior predictive is wider than the plug-in. How many times as wide (standard "
            "deviation against standard deviation)?",
            truth=lambda: float(bayes.widening(scene.prior, scene.data)), low=0.5, high=5.0, start=2.0, step=0.05,
            why=lambda exact: f"{exact:.3g} times: the plug-in knows the noise and forgets the doubt about its own θ. "
            "With every observation the two come closer.")
    outcome = scene.outcomes[-1]
    return question.number(
        "next", f"What probability does the posterior predictive give to the next one being {outcome}?",
        truth=lambda: float(after.predictive().log_prob(len(scene.outcomes) - 1).exp()), low=0.0, high=1.0, start=0.5,
        step=0.01, why=lambda exact: f"{exact:.3f} is the mean of θ under the posterior: the prior's counts and the "
        "observed ones together, so it is never 0 and never 1.")


def _densities(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None, alt: str) -> None:
    x = plot_range(answers, [scene.data, scene.held_out], GRID)
    page.figure(figures.predictive_curves(
        x, [None if answer is None else answer.log_prob(x).exp() for answer in answers], scene.held_out, scores,
        palette=page.palette(), unit="next observation (minutes)"), key="next", alt=alt)


def _verdict(scores: bayes.Scores | None) -> None:
    if scores is None:
        st.caption("Nothing is held out, so nothing can be scored.")
    elif scores.plug_in is None:
        st.caption("There is no MAP here, so there is nothing to plug in; the predictives are as they are.")
    elif scores.plug_in == -float("inf"):
        st.caption("The plug-in gave probability 0 to something that then happened: its log score is minus infinity. "
                   "The predictive never says never.")
