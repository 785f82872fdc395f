"""The questions of the mixture page's second part, its challenge, and its script."""

import numpy as np
import streamlit as st
from torch import Tensor

from dgm import elbo, gmm
from pages.gmm import results, script
from pages.gmm.figures import convergence
from pages.gmm.figures import one_point as point_figures
from pages.gmm.figures.components import number, small
from pages.gmm.figures.one_point import OnePoint
from pages.gmm.results import EmRun, Setting
from pages.gmm.settings import Chosen
from ui import controls, page, question, source_code
from ui.components.edits import Edits
from ui.components.live_figure import live_figures
from ui.control_types import short_digest
from ui.figures.lookup import SHARES
from ui.figures.written import percent

TYPICAL, GOAL = -4.115, -4.1     # nats per point: the local maximum where most starts end; between it and the best
FARTHEST = 1e6                   # nats: a larger gap of a point is drawn as this one
BEGINS = {                       # what q of one point is at a half-step
    "start": "At the start q is uniform.", "E": "E has just set q to the posterior.",
    "M": "q is what the last E made of it; M has moved the posterior since."}
MOVES = ("It falls", "It stays the same", "It rises")


def after_next(setting: Setting, run: EmRun, half: int) -> bool:
    """The next half-step: what happens to log p(x|θ). True where this is answered or there is no next one."""
    if half + 1 >= len(run.halves):
        return True
    now, after = run.halves[half:half + 2]
    return question.choice(
        "after_e", f"Now {after.kind} is pressed. What happens to log p(x|θ)?", MOVES,
        truth=lambda: _move(after.log_lik - now.log_lik), why=lambda _: _why_move(now, after),
        about=f"{setting} {half}")


def _move(change: float) -> str:
    return MOVES[1] if abs(change) < 1e-12 else MOVES[0] if change < 0 else MOVES[2]


def _why_move(now: gmm.HalfStep, after: gmm.HalfStep) -> str:
    """Why log p changes as it does under the next half-step."""
    if after.kind == "E":
        return (f"log p(x|θ) = {number(now.log_lik)} does not contain q, so changing q cannot change it. The bound "
                f"rises by the gap, {small(now.gap)} nats per point, and touches log p(x).")
    return (f"M raises the bound from {number(now.bound)} to {number(after.bound)}, and log p(x) is never below the "
            f"bound: it rises by {small(after.log_lik - now.log_lik)} nats per point.")


def how_many_steps(setting: Setting, run: EmRun) -> None:
    """How many steps EM takes; then their gains and EM's rate. A run that did not converge has no such number."""
    steps = run.trace.steps
    known = run.trace.end != "converged" or steps[-1].index < 1 or question.number(
        "steps", f"From this start, how many EM steps until one gains less than {small(results.TOL)} nats per "
        "point?", truth=lambda: float(steps[-1].index), why=lambda exact: _why_steps(steps),
        low=1, high=results.MOST_STEPS, start=40, unit="steps", form="{:.0f}", ratio=True, about=f"{setting}")
    if known and len(steps) > 1:
        page.figure(convergence.speed([step.gain for step in steps], [step.rate for step in steps], page.palette()),
                    key="speed", alt=convergence.speed_alt(steps))
        st.caption("Rate: the length of a step divided by that of the step before. Where it is steady and below 1, it "
                   "is the share of the remaining distance to the maximum that one step leaves. Above 1 the steps "
                   "become longer, and it says nothing about the distance.")


def _why_steps(steps: tuple[gmm.Step, ...]) -> str:
    """Why EM takes as many steps as it takes."""
    last = steps[-1]
    if not 0 < last.rate < 1:
        return "There were too few steps to estimate how fast EM converges."
    return (f"Near the end each step leaves {percent(last.rate)} of the remaining distance to the maximum: this is the "
            "rate. The more z is in doubt, the nearer it is to 1.")


def challenge(setting: Setting, log_lik: float) -> None:
    """Another start, a better end. log_lik: log p(x) at the end of this run, nats per point."""
    here = (setting.data, setting.k, setting.covariance) == ("faithful", 3, "full")
    progress = (f"this run ends at {number(log_lik)} nats per point" if here else
                "choose Old Faithful, K = 3 and, under More settings, full covariances first")
    page.challenge(f"On Old Faithful with K = 3 and full covariances most starts end at {number(TYPICAL, 3)} nats per "
                   f"point. Drag the means, or try seeds (More settings), until a run ends above {number(GOAL, 1)}. "
                   "Where is the third component then?", here and log_lik > GOAL, progress)


def code(setting: Setting, run: EmRun, at: int) -> None:
    """What ran, and a script with the numbers of half-step `at`, which is shown, and of the end of the run."""
    half, last = run.halves[at], run.last
    source_code.show(
        [gmm.em, gmm.e_step, gmm.m_step, gmm.elbo],
        formula=r"q(\mathbf{z}) = p(\mathbf{z}|\mathbf{x}, \theta^*), \qquad \theta^* = \arg\max_\theta "
        r"\mathcal{L}(q, \theta)",
        script=script.after_em(setting, run, f"""
            half = gmm.half_steps(x, trace.steps)[{at}]     # after {at} half-steps
            numbers = {{"log p(x)": half.log_lik, "bound": half.bound, "log p(x) at the end": last.log_lik,
                       "steps to the end": last.index}}
        """),
        numbers={"log p(x)": half.log_lik, "bound": half.bound, "log p(x) at the end": last.log_lik,
                 "steps to the end": float(last.index)},
        own=script.own(run))


# One point's responsibilities ----------------------------------------------------------------------------------------


def one_point(chosen: Chosen, run: EmRun, half: int) -> None:
    """One responsibility of one point is dragged: L and the gap follow. half: whose mixture and q it begins with."""
    count = len(chosen.points.x)
    if chosen.setting.k == 1:
        return
    page.heading("Drag one point's responsibility")
    row = int(controls.draw("point", high=count))
    base = (chosen.setting, half, row)
    x, at = chosen.points.x, run.halves[half]
    point = at_point(x, at.params, row - 1, results.responsibilities(x[row - 1:row], at)[0], _share(base))
    figure, drag = point_figures.bars(point, page.palette())
    live_figures([figure, point_figures.gap(point, page.palette())], key="one point", base=(base, point.share),
                 on_edit=lambda edits: _keep(base, edits), drag=drag, alts=point_figures.alt(point, row))
    st.caption(f"{BEGINS[at.kind]} Only where q is the posterior does the bound of this point touch log p(x). In the "
               f"mean over all {count:,} points this gap counts 1/{count:,}. The next E sets q to the posterior, "
               "whatever it is here.")


def _share(base: object) -> float | None:
    """The dragged share of this point and half-step, None where it was not dragged."""
    digest, _, text = str(controls.value("share")).partition("_")
    try:
        share = float(text)
    except ValueError:
        return None
    return share if digest == short_digest(repr(base)) and 0 <= share <= 1 else None


def _keep(base: object, edits: Edits) -> None:
    for _, _, y in edits.moved:
        controls.set_value("share", f"{short_digest(repr(base))}_{min(max(y, 0.0), 1.0):.{point_figures.DIGITS}f}")


def at_point(x: Tensor, theta: gmm.Params, row: int, q: np.ndarray, share: float | None) -> OnePoint:
    """The bound of one point over the q of its most probable component.

    row: from 0. q: (K,) of the point, before a drag. share: of the component, after it; None: that of q.
    """
    posterior = gmm.e_step(x[row:row + 1], theta).resp[0].numpy()
    component = int(posterior.argmax())
    rest, now = point_figures.ratios(q, posterior, component), float(q[component]) if share is None else share
    found = elbo.point_bound(x, theta, row, component, [*SHARES, now], rest)
    bounds = found.bound.numpy().clip(found.log_lik - FARTHEST)
    return OnePoint(component, now, posterior, float(bounds[-1]), found.log_lik, bounds[:-1], rest)
