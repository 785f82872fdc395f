"""EM on the PCA page: histories kept between reruns, the playback, the staircase, the rates, the saddle."""

import math
import textwrap
from itertools import islice
from typing import NamedTuple

import streamlit as st

from dgm import datasets, ppca
from dgm.ppca.convergence import (
    Rates,
    covariance_distances,
    first_step_within,
    half_steps,
    measured_rate,
    predicted_rates,
    projected_means,
)
from dgm.ppca.covariance_spectrum import decompose
from dgm.ppca.em_steps import init, iterate
from dgm.ppca.profile_likelihood import profile_log_lik
from dgm.ppca.saddles import growth_factor, perturbed_em, stationary_log_lik
from pages.ppca.cloud import Cloud
from pages.ppca.cloud_controls import choose, fitted
from pages.ppca.figures import em_history as figures
from pages.ppca.state import AXES, EXPANDED
from ui import cache, controls, page, question, source_code
from ui.components.live_figure.playback import playback

MOST = 10_000     # steps that are run
SHOWN = 16        # of them, the first ones, that are played
CLOSE = 1e-6      # nats per point: there
_cached = cache.shared(entries=64)
GAPS = _cached(figures.gaps)
ESCAPE = _cached(figures.escape)
STAIRS = _cached(figures.staircase_frames)
FILM = _cached(figures.film)


class Climb(NamedTuple):
    """One run of EM: the first steps whole, the log-likelihood of all."""

    steps: list[ppca.Step]
    log_liks: list[float]
    best: float
    rates: Rates
    measured: float | None
    arrived: int | None     # the first step within CLOSE

    @property
    def needed(self) -> float:
        """Steps to within CLOSE: counted, or carried on at the rate (the gap of log p at its square)."""
        if self.arrived is not None:
            return float(self.arrived)
        left = math.log(CLOSE / (self.best - self.log_liks[-1])) / (2 * math.log(self.rates.slowest))
        return float(len(self.log_liks) - 1 + math.ceil(left))


@cache.copied(entries=32)
def climb(cloud: Cloud, q: int, expanded: bool, seed: int) -> Climb:
    """EM from a random start until it has arrived and 60 steps more, or MOST steps."""
    data = ppca.scatter(cloud.x)
    spec = decompose(data)
    best, exact = float(profile_log_lik(spec, q)), ppca.closed_form(spec, q)
    steps: list[ppca.Step] = []
    for step in islice(iterate(data, init(data, q, seed), expanded), MOST):
        steps.append(step)
        if best - step.log_lik < 1e-13 and len(steps) > SHOWN:
            break
    log_liks = [step.log_lik for step in steps]
    try:
        rate = measured_rate(covariance_distances(steps, exact), 1e-10)
    except ValueError:
        rate = None
    return Climb(steps[: SHOWN + 1], log_liks, best, predicted_rates(spec, q, expanded), rate,
                 first_step_within(log_liks, best, CLOSE))


def settings() -> tuple[bool, int]:
    """Plain or expanded, and where EM starts."""
    with st.container(horizontal=True):
        expanded = controls.draw("em") == EXPANDED
        seed = controls.draw("start")
    return expanded, seed


def show(cloud: Cloud, q: int, expanded: bool, seed: int) -> Climb:
    """The cloud as a film and the bound's staircase, half-step by half-step, in step with each other."""
    run = climb(cloud, q, expanded, seed)
    x, palette = cloud.x, page.palette()
    halves = half_steps(ppca.scatter(x), run.steps, expanded)
    stair = STAIRS(halves, palette)
    if x.shape[1] == 2:
        film = FILM(x, projected_means(x, run.steps, expanded), palette)
        playback([film, stair], key="film", base=cloud.name, halves=True, captions=figures.captions(halves),
                 alts=[figures.playback_alt(x, [step.params for step in run.steps]),
                       figures.staircase_alt(halves, len(halves) - 1)])
    else:
        playback(stair, key="film", base=cloud.name, halves=True, captions=figures.captions(halves),
                 alts=figures.staircase_alt(halves, len(halves) - 1))
    return run


def ask_steps(cloud: Cloud, q: int, seed: int) -> None:
    """How many plain steps; then both histories on a log axis with the predicted slope."""
    plain, expanded = (climb(cloud, q, flag, seed) for flag in (False, True))

    def why(exact: float) -> str:
        more = "" if plain.arrived is not None else f" ({MOST:,} steps were run, the rest follows from that rate)"
        return (f"Each step shrinks the error by {plain.rates.slowest:.4f}, the largest eigenvalue of the step's "
                f"Jacobian{more}. The expanded step needs {expanded.arrived}: it re-scales z as well.")

    if not question.number(
            "steps", "How many plain EM steps until log p(x) is within a millionth of a nat per point of its maximum?",
            truth=lambda: plain.needed, why=why,
            low=0.0, high=float(MOST), start=100.0, step=1.0, unit="steps", form="{:,.0f}"):
        return
    slow, fast = ([run.best - value for value in run.log_liks] for run in (plain, expanded))
    page.figure(GAPS(slow, fast, plain.rates.slowest, palette=page.palette()), key="gaps",
                  alt=figures.gaps_alt(slow, fast))
    _rates(plain, expanded)


def _rates(plain: Climb, expanded: Climb) -> None:
    """Predicted beside measured, per step."""
    rows = []
    for name, run in (("plain", plain), ("expanded", expanded)):
        seen = "too few steps" if run.measured is None else f"{run.measured:.4f}"
        rows.append(f"| {name} | {run.rates.slowest:.4f} | {seen} |")
    st.markdown("| EM | predicted | measured |\n|---|---|---|\n" + "\n".join(rows))
    lengths = ", ".join(f"{float(rate):.4f}" for rate in plain.rates.length)
    st.caption(f"The error's factor per step. The plane turns into place by $\\lambda_{{q+1}}/\\lambda_q$ = "
               f"{plain.rates.direction:.4f} a step; lengths and noise by {plain.rates.inside:.4f} (plain) and "
               f"{expanded.rates.inside:.4f} (expanded). With the noise held, a column's length alone would close in "
               f"by 1 − 2(λ − σ²)σ²/λ²: {lengths}.")


class Flight(NamedTuple):
    """EM from a stationary point."""

    path: list[float]       # mean log-likelihood of every step
    saddle: float
    maximum: float
    growth: float           # of the push, a step

    def risen(self, step: int) -> float:
        """The share of the climb from saddle to maximum that is done; 1 where there is nothing to climb."""
        height = self.maximum - self.saddle
        return (self.path[step] - self.saddle) / height if height > 1e-12 else 1.0


@cache.copied(entries=32)
def flight(kept: tuple[int, ...], push: float, seed: int) -> Flight:
    """EM on the wines, scaled to unit variance, from the point that keeps these axes."""
    data = ppca.scatter(ppca.standardise(datasets.load("wine").x))
    spec = decompose(data)
    path = [step.log_lik for step in islice(perturbed_em(data, kept, push, seed), 121)]
    return Flight(path, stationary_log_lik(spec, kept), float(profile_log_lik(spec, len(kept))),
                  growth_factor(spec, kept))


def saddle() -> None:
    """A wrong set of eigenvectors is stationary too: start there, push a little, watch EM leave."""
    page.heading("A saddle: stationary, and wrong")
    st.markdown(r"Keep *any* $q$ eigenvectors of $S$ that stand above the mean of the others: the gradient of "
                r"$\log p(X|\theta)$ is zero there. Only the top $q$ are a maximum. Here: 178 wines, $q = 2$.")
    with st.container(horizontal=True):
        kept = AXES[controls.draw("axes")]
        push = controls.draw("push")
        seed = controls.draw("push_seed")
    run = flight(kept, 0.0 if push == "none" else float(push), seed)
    if question.choice("saddle", "EM starts exactly on axes 1 and 3, without a push. Where is it after 20 steps?",
                       ["at the maximum", "on its way", "where it started"],
                       truth=lambda: _where(flight((0, 2), 0.0, seed).risen(20)),
                       why=lambda _: "The gradient is zero, so nothing moves. But a push towards axis 2 grows by "
                       f"λ₂/λ₃ = {flight((0, 2), 0.0, seed).growth:.2f} a step: in the end even rounding, 1e-16, is "
                       "enough, and EM leaves. Choose the push 'none' and look."):
        page.figure(ESCAPE(*run, page.palette()), key="escape", alt=figures.escape_alt(*run[:3]))


def _where(risen: float) -> str:
    return "where it started" if risen < 0.01 else "at the maximum" if risen > 0.99 else "on its way"


def part() -> None:
    """EM, half-step by half-step, its speed, and the saddles it leaves."""
    expanded, seed = settings()
    cloud = fitted(choose(), 1)[0]
    run = show(cloud, 1, expanded, seed)
    page.claim(
        r"The E-step makes $q$ the posterior: the bound touches $\log p$. The M-step moves $W$ and $\sigma^2$ and "
        "raises both. A step on the covariance $S$ never looks at the points again.",
        page.term("evidence", r"\log p(X|\theta)", run.steps[-1].log_lik, "nats per point") + r"\;\le\;"
        + page.term("evidence", r"\max_\theta \log p", run.best) + r",\qquad "
        r"W \leftarrow S W (\sigma^2 I + M^{-1} W^\top S W)^{-1}")
    page.section(lambda: ask_steps(cloud, 1, seed))
    page.section(saddle)
    code(cloud, expanded, seed)


def code(cloud: Cloud, expanded: bool, seed: int) -> None:
    """What ran, and a script that ends at the same log-likelihood."""
    run = climb(cloud, 1, expanded, seed)
    count = len(run.steps) - 1
    script = "from itertools import islice\n" + cloud.script + textwrap.dedent(f"""
        steps = list(islice(ppca.em(x, 1, expanded={expanded}, seed={seed}), {count + 1}))
        numbers = {{"log p(x) after {count} steps": steps[-1].log_lik}}
    """)
    formula = (r"q(\mathbf{z}) = p(\mathbf{z}|\mathbf{x},\theta), \qquad "
               r"\theta \leftarrow \arg\max_\theta \mathcal{L}(q,\theta)")
    source_code.show([ppca.e_step, ppca.m_step, iterate], formula=formula, script=script,
                     numbers={f"log p(x) after {count} steps": run.steps[-1].log_lik})
