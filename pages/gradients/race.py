"""Part four of the gradient lab: two optimizers with two gradients, from the same start, on the same noise."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from dgm import gradients
from dgm.gradients import COSTS, Gaussian, descent
from dgm.gradients.descent import Comparison, Trajectory
from pages.gradients import script as gradients_code
from pages.gradients.figures import runs as figures
from pages.gradients.figures import setting
from pages.gradients.lab import ABOUT, Lab
from pages.gradients.settings import DRAWS, situation
from pages.gradients.state import SAMPLED
from ui import cache, controls, page, question, source_code
from ui.messages import show_error

STEPS, REPEATS = 150, 100
BEFORE = 1.0      # how far before mu the runs start


class Rules(NamedTuple):
    """How the race is run."""

    optimizer: str
    rate: float
    samples: int
    accuracy: float
    seed: int


def part() -> None:
    """The race to the optimum."""
    lab, seed, more = situation(parameter=False, show=_start)
    with more:
        rules = _rules(seed)
    page.heading("Two gradients race to the best q")
    st.markdown(r"Both walk down $J(q) = \mathbb{E}_q f + KL(q\,\|\,\mathcal{N}(0, 1))$ in $(\mu, \log\sigma)$, "
                r"where $KL$ measures how far $q$ is from $\mathcal{N}(0, 1)$; for a log-likelihood $J$ is "
                r"$-\mathbb{E}_q f + KL$, minus the bound. All runs start from the same $q$ and see the "
                f"same noise, {REPEATS} runs with each gradient.")
    pair = _pair()
    found = raced(lab, pair, rules)
    if not all(path.bands[2].isfinite().all() for path in found.trajectories):
        show_error("Some runs leave the places where f has a value, so that there is nothing to compare: "
                   "try another f.")
        gradients_code.show_exact(lab)
        return
    slow = found.trajectories[0]
    if question.number(
            "race", f"How many of the {REPEATS} runs with the first gradient ({pair[0]}) ever come within "
            f"{rules.accuracy:g} of the best J in {STEPS} steps?", truth=lambda: _arrived(slow),
            why=lambda exact: f"{exact:.0f} of {REPEATS} come that close at some step, and may leave again: at the "
            f"end their median distance is {float(slow.bands[2, -1]):.3g}.",
            low=0.0, high=float(REPEATS), start=50.0, step=1.0, unit="runs"):
        _result(lab, found)
    _code(lab, pair, rules, found)


def _start(lab: Lab, seed: int) -> None:
    """f and the q that all runs start from."""
    q = start(lab)
    z = q.mu + q.sigma * gradients.noise(DRAWS, seed)
    page.figure(setting.scene(lab.cost, q.mu, q.sigma, z, page.palette()), key="start",
                  alt=setting.scene_alt(lab.cost, q.mu, q.sigma, z))
    st.caption(rf"The start of every run: $q = \mathcal{{N}}(\mu - {BEFORE:g}, \sigma^2)$.")


def start(lab: Lab) -> Gaussian:
    """Where the runs start."""
    return Gaussian(lab.mu - BEFORE, lab.sigma)


def _rules(seed: int) -> Rules:
    return Rules(
        controls.draw("optimizer"),
        controls.draw("rate"),
        controls.draw("per_step"),
        controls.draw("accuracy"), seed)


def _pair() -> tuple[str, ...]:
    """The gradients that race; one of them alone when both are the same."""
    first, second = st.columns(2)
    with first:
        one = controls.draw("racer")
        st.caption(f"{ABOUT[one]}.")
    with second:
        other = controls.draw("rival")
        st.caption(f"{ABOUT[other]}.")
    return tuple(dict.fromkeys((one, other)))


def _arrived(path: Trajectory) -> float:
    return float(path.hitting_time.isfinite().sum())


def _result(lab: Lab, found: Comparison) -> None:
    page.figure(figures.race(found, page.palette()), key="race", alt=figures.race_alt(found))
    st.caption("Lines: the median over the runs at each step. Bands: the middle 50 % and 80 % of them."
               + (" The sampled bound races as its log-likelihood." if lab.kind == SAMPLED else ""))
    st.table({path.name: {f"runs that came within {found.accuracy:g}": f"{_arrived(path):.0f} of {REPEATS}",
                          "steps until half of them had": _steps(path),
                          "time of these steps, all runs, measured here": _time(path),
                          "median distance at the end": f"{float(path.bands[2, -1]):.3g}"}
              for path in found.trajectories})
    st.caption(f"The best q is N({found.best.mu:.3g}, {found.best.sigma:.3g}²), found on the exact J.")


def _steps(path: Trajectory) -> str:
    hit = descent.median_hitting_time(path)
    return f"{hit:.0f}" if np.isfinite(hit) else f"not in {STEPS}"


def _time(path: Trajectory) -> str:
    hit = descent.median_hitting_time(path)
    return f"{hit * path.seconds * 1e3:.0f} ms" if np.isfinite(hit) else "none"


def _likelihood(lab: Lab) -> bool:
    """Whether f is maximised."""
    return lab.kind in ("log-likelihood", "logistic", SAMPLED)


@cache.copied(entries=16, spinner="Racing")
def raced(lab: Lab, names: tuple[str, ...], rules: Rules) -> Comparison:
    """The race of the page; the sampled bound races as its log-likelihood, whose KL is analytic."""
    cost = (COSTS["log-likelihood"](lab.k) if lab.kind == SAMPLED else lab.make(lab.k)).plus(lab.offset)
    objective = descent.Objective(cost, -1.0 if _likelihood(lab) else 1.0, 1.0)
    return descent.compare(objective, start(lab), names, STEPS, rules.rate, rules.samples,
                               REPEATS, rules.seed, rules.optimizer, rules.accuracy)


def _code(lab: Lab, pair: tuple[str, ...], rules: Rules, found: Comparison) -> None:
    shown = lab if lab.kind != SAMPLED else Lab("log-likelihood", lab.k, offset=lab.offset, mu=lab.mu, sigma=lab.sigma)
    script = (gradients_code.beginning(shown, "descent")
              + f"objective = descent.Objective(cost, {-1.0 if _likelihood(lab) else 1.0}, 1.0)\n"
              f"start = gradients.Gaussian({start(lab).mu}, {lab.sigma})\n"
              f"found = descent.compare(objective, start, {pair}, {STEPS}, {rules.rate}, {rules.samples}, {REPEATS}, "
              f"{rules.seed},\n                            {rules.optimizer!r}, {rules.accuracy})\n"
              "numbers = {}\nfor path in found.trajectories:\n"
              '    numbers[f"{path.name}: runs that arrived"] = float(path.hitting_time.isfinite().sum())\n'
              '    numbers[f"{path.name}: median distance at the end"] = float(path.bands[2, -1])')
    numbers = {f"{path.name}: {what}": value for path in found.trajectories for what, value in (
        ("runs that arrived", _arrived(path)), ("median distance at the end", float(path.bands[2, -1])))}
    source_code.show([descent.gradient, descent.update, descent.descend],
                formula=r"\begin{gathered}J(q) = \mathbb{E}_q f + KL(q\,\|\,\mathcal{N}(0, 1)) \\"
                r"(\mu, \log\sigma) \leftarrow (\mu, \log\sigma) - \eta\,\nabla J\end{gathered}",
                script=script, numbers=numbers)
