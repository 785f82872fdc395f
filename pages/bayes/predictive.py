"""Part two of the Bayes page: three answers to "what comes next", scored on held-out observations."""

import math
from typing import Any

import streamlit as st
import torch

from dgm import bayes
from pages.bayes import models
from pages.bayes.figures import predictive as figures
from pages.bayes.figures.numbers import format_score, spelled
from pages.bayes.plot_ranges import plot_range
from pages.bayes.scene import Scene
from pages.bayes.state import DIE, MODEL_AXIS
from ui import controls, page, question, source_code
from ui.figures.written import difference, written

GRID = 241  # points of a predictive density
TERMS = ("predictive", "plug-in", "MAP", "held-out", "nat")
COUNTS = ("(prior count + observed count) of this outcome, divided by the sum over all outcomes; so it is never 0 and "
          "never 1.")


def part() -> None:
    """Three answers to "what comes next", scored on held-out observations."""
    above = st.container()
    picture, settings = st.columns([3, 2], gap="medium")   # on a phone the picture is above its settings
    with settings:
        scene = models.choose(scored=True)
        axis = _axis(scene)
    answers = bayes.predictives(scene.prior, scene.data, axis)
    scores = bayes.scores(answers, scene.held_out) if len(scene.held_out) else None
    with above:
        _introduction()
    with picture:
        page.figure(_figure(scene, answers), key="next", alt=_alt(scene, answers, scores))
        _widths(scene, axis)
        _scores(scene, scores)
    _ask(scene, axis)
    if scores:
        _challenge(scores)
    _code(scene, scores)


def _axis(scene: Scene) -> str:
    """The axis of the MAP, one of the prior's."""
    axes = scene.prior.axes
    own, other = axes[:2]
    return str(own if controls.draw("axis", help="; ".join(axes)) == MODEL_AXIS else other)


def _introduction() -> None:
    page.introduction(
        "There are three answers to the question which observation $\\mathbf{x}$ comes next. Both **predictives** "
        "average $p(\\mathbf{x}|\\theta)$ over $\\theta$: the prior predictive with the weights $p(\\theta)$, the "
        "posterior predictive with $p(\\theta|\\mathbf{X})$. The **plug-in** does not average; it uses the MAP "
        "$\\theta^*$ alone.",
        r"\begin{aligned}" + page.term("prior", r"p(\mathbf{x})") + r"&="
        + page.term("prior", r"\int p(\mathbf{x}|\theta)\,p(\theta)\,d\theta") + r"\\"
        + page.term("posterior", r"p(\mathbf{x}|\mathbf{X})") + r"&="
        + page.term("posterior", r"\int p(\mathbf{x}|\theta)\,p(\theta|\mathbf{X})\,d\theta") + r"\\"
        + page.term("q", r"p(\mathbf{x}|\theta^*)") + r"&:\;" + page.term("q", r"\text{plug-in}") + r"\end{aligned}",
        TERMS)


def _ask(scene: Scene, axis: str) -> None:
    """A question about the next move: what the three answers would be with more observations."""
    if scene.outcomes:
        _ask_about_an_outcome(scene)
    elif scene.size:
        _ask_about_the_width(scene, axis)


def _ask_about_an_outcome(scene: Scene) -> None:
    other, asked = scene.outcomes[0], scene.outcomes[-1]
    question.number(
        "next", f"Now one more {_noun(scene)} gives {other}. What probability does the posterior predictive then give "
        f"to {asked} next?", truth=lambda: _after_one_more(scene), low=0.0, high=1.0, start=0.5, step=0.01,
        why=lambda exact: f"{exact:.3f} is the mean probability of {asked} under the new posterior. "
        + ("It is " + COUNTS if isinstance(scene.prior, bayes.BetaBernoulli | bayes.DirichletCategorical) else
           "Every value of θ that the prior allows takes part, with its posterior as weight."), about=scene.about)


def _noun(scene: Scene) -> str:
    """What one observation is."""
    return "number" if not scene.outcomes else "roll" if scene.model == DIE else "toss"


def _after_one_more(scene: Scene) -> float:
    """The posterior predictive's probability of the last outcome, after one more observation of the first outcome."""
    after = scene.prior.posterior(scene.data).posterior([0])
    return float(after.predictive().log_prob(len(scene.outcomes) - 1).exp())


def _ask_about_the_width(scene: Scene, axis: str) -> None:
    twice = torch.cat([torch.as_tensor(scene.data)] * 2)
    ratio = bayes.deviation_ratio(scene.prior, twice, axis)
    if ratio < math.inf:
        question.number(
            "wider", "Now the same observations are made once more, so that there are twice as many. How many times as "
            "large as the plug-in's standard deviation is the posterior predictive's?",
            truth=lambda: ratio, low=0.5, high=20.0, start=2.0, ratio=True, about=f"{scene.about}, {axis}",
            why=lambda exact: f"{_reason(scene)} With more observations θ is known better, and the ratio approaches 1.")


def _reason(scene: Scene) -> str:
    """Why the predictive is wider than the plug-in."""
    if isinstance(scene.prior, bayes.NormalInverseGamma):
        return "The predictive averages over mean and noise; the plug-in takes one value of each, the MAP."
    return "Predictive variance = noise variance + variance from not knowing θ; the plug-in has the first term only."


def _widths(scene: Scene, axis: str) -> None:
    """How many times as wide the posterior predictive of a number is as the plug-in."""
    if scene.outcomes:
        return
    ratio = bayes.deviation_ratio(scene.prior, scene.data, axis)
    st.markdown(
        "The tails of the posterior predictive are so heavy that its standard deviation is infinite; with more "
        "observations it becomes finite." if ratio == math.inf else
        "Standard deviation of the posterior predictive / standard deviation of the plug-in = "
        f"**{written(ratio, '.3g')}**.")


def _centre(answer: Any) -> str:
    """The place of the highest density; a Student t with heavy tails has no mean."""
    if answer is None:
        return "none"
    return written(float(answer.location if hasattr(answer, "location") else answer.mean))


def _alt(scene: Scene, answers: bayes.Predictives, scores: bayes.Scores | None) -> str:
    if scene.outcomes:
        each = [f"{name} {'none' if p is None else f'{float(p[-1]):.3f}'}"
                for name, p in zip(figures.ANSWERS, scene.outcome_probabilities(answers), strict=True)]
        first = f"Probability of {scene.outcomes[-1]}: {', '.join(each)}."
    else:
        each = [f"{name} {_centre(answer)}" for name, answer in zip(figures.ANSWERS, answers, strict=True)]
        first = f"Densities of the next observation under three predictives, with their centres: {', '.join(each)}."
    return f"{first} {figures.scores_alt(scores, len(scene.held_out)) if scores else '0 observations are held out.'}"


def _scores(scene: Scene, scores: bayes.Scores | None) -> None:
    """The log scores of the three answers, apart from what they predict."""
    if scores is None:
        st.caption("Nothing is held out, so nothing can be scored.")
        return
    count, noun = len(scene.held_out), _noun(scene)
    plural = noun if count == 1 else noun + ("es" if noun == "toss" else "s")
    st.markdown(f"Mean log score of {spelled(count)} held-out {plural}, nats (higher is better):\n\n"
                "| prior predictive | posterior predictive | MAP plug-in |\n|---|---|---|\n| "
                + " | ".join(format_score(value) for value in scores) + " |")
    _verdict(scores)


def _figure(scene: Scene, answers: bayes.Predictives) -> Any:
    if scene.outcomes:
        probs = scene.outcome_probabilities(answers)
        return figures.predictive_bars(scene.outcomes, probs, page.palette())
    x = plot_range(answers, [scene.data, scene.held_out], GRID)
    densities = [None if answer is None else answer.log_prob(x).exp() for answer in answers]
    unit = f"next observation ({scene.quantity})" if scene.quantity else "next observation"
    return figures.predictive_curves(x, densities, scene.held_out, palette=page.palette(), unit=unit)


def _verdict(scores: bayes.Scores) -> None:
    if scores.plug_in is None:
        st.caption("There is no MAP here, so there is no plug-in. Both predictives exist.")
    elif scores.plug_in == -math.inf:
        st.caption("The plug-in gave probability 0 to something that then happened, so its log score is minus "
                   "infinity. The predictive gives every outcome a probability above 0.")
    elif scores.prior > max(scores.posterior, scores.plug_in):
        st.caption("Here the prior predictive scores best: the held-out observations are more like the prior than like "
                   "the observations taken in. So learning from these few made the predictions worse.")


def _challenge(scores: bayes.Scores) -> None:
    plug_in = scores.plug_in
    page.challenge("Make the MAP plug-in score higher on the held-out data than the posterior predictive. When "
                   "is it better to use one θ alone?", plug_in is not None and plug_in > scores.posterior,
                   _lead(scores.posterior, plug_in))


def _lead(posterior: float, plug_in: float | None) -> str:
    """Which of the two scores is higher, and by how much."""
    if plug_in is None:
        return "there is no MAP, so there is no plug-in"
    if plug_in == -math.inf:
        return "the plug-in gave a held-out observation probability 0"
    ahead = difference(posterior, plug_in, 3)
    return f"the {'predictive' if ahead >= 0 else 'plug-in'} is {abs(ahead):.3f} nats ahead"


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
