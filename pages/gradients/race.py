"""Part "Race": descents with two gradients, by one optimizer, from the same start on the same noise."""

from math import isfinite

import streamlit as st

from dgm.gradients import descent
from dgm.gradients.descent import Comparison, Trajectory
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import race as figures
from pages.gradients.results import DESCENT_STEPS, DESCENTS, START_SHIFT, DescentSettings
from pages.gradients.setting import Setting
from pages.gradients.state import SAMPLED
from ui import controls, page, question, source_code
from ui.messages import show_error

ADVANCED = ("optimizer", "rate", "per_step", "accuracy")     # controls


def part() -> None:
    """Two gradients on their way to the optimum."""
    setting, _, seed = setting_controls.draw(parameter=False, advanced=ADVANCED, show=_show_start)
    chosen = _descent_settings(seed)
    page.heading("Two gradients race to the best q")
    st.markdown(r"Both walk down $J(q) = \mathbb{E}_q f + KL(q\,\|\,\mathcal{N}(0, 1))$ in $(\mu, \log\sigma)$, "
                r"where $KL$ measures how far $q$ is from $\mathcal{N}(0, 1)$; for a log-likelihood $J$ is "
                r"$-\mathbb{E}_q f + KL$, minus the bound. All runs start from the same $q$ and see the "
                f"same noise, {DESCENTS} runs with each gradient.")
    names = tuple(dict.fromkeys(setting_controls.draw_pair("racer", "rival")))     # one where both are the same
    found = results.descents(setting, names, chosen)
    if not all(trajectory.bands[2].isfinite().all() for trajectory in found.trajectories):
        show_error("Some runs leave the places where f has a value, so that there is nothing to compare: "
                   "try another f.")
        script.show_exact(setting, "mu")
        return
    setting_controls.warn_of_bias(results.biased(setting.with_analytic_kl, names))
    if _ask_arrivals(found):
        _show_comparison(setting, found)
    _code(setting, names, chosen, found)


def _descent_settings(seed: int) -> DescentSettings:
    optimizer, rate, samples, accuracy = map(controls.value, ADVANCED)
    return DescentSettings(optimizer, rate, samples, accuracy, seed)


def _show_start(setting: Setting, seed: int) -> None:
    """f and the q that all descents start from."""
    setting_controls.show_gaussian(setting, results.descent_start(setting), seed, key="start")
    st.caption(rf"The start of every run: $q = \mathcal{{N}}(\mu - {START_SHIFT:g}, \sigma^2)$.")


def _ask_arrivals(found: Comparison) -> bool:
    first = found.trajectories[0]
    return question.number(
        "arrivals", f"How many of the {DESCENTS} runs with the first gradient ({first.name}) ever come within "
        f"{found.accuracy:g} of the best J in {DESCENT_STEPS} steps?", truth=lambda: _arrivals(first),
        why=lambda exact: f"{exact:.0f} of {DESCENTS} come that close at some step, and may leave again: at the "
        f"end their median distance is {_final_median(first):.3g}.",
        low=0.0, high=float(DESCENTS), start=DESCENTS / 2, step=1.0, unit="runs")


def _arrivals(trajectory: Trajectory) -> float:
    return float(trajectory.hitting_time.isfinite().sum())


def _final_median(trajectory: Trajectory) -> float:
    return float(trajectory.bands[2, -1])


def _show_comparison(setting: Setting, found: Comparison) -> None:
    page.figure(figures.comparison(found, page.palette()), key="descents", alt=figures.comparison_alt(found))
    st.caption("Lines: the median over the runs at each step. Bands: the middle 50 % and 80 % of them."
               + (" The sampled bound races as its log-likelihood." if setting.kind == SAMPLED else ""))
    st.table({trajectory.name: _row(trajectory, found.accuracy) for trajectory in found.trajectories})
    st.caption(f"The best q is N({found.best.mu:.3g}, {found.best.sigma:.3g}²), found on the exact J.")


def _row(trajectory: Trajectory, accuracy: float) -> dict[str, str]:
    steps = descent.median_hitting_time(trajectory)
    arrived = isfinite(steps)
    return {f"runs that came within {accuracy:g}": f"{_arrivals(trajectory):.0f} of {DESCENTS}",
            "steps until half of them had": f"{steps:.0f}" if arrived else f"not in {DESCENT_STEPS}",
            "time of these steps, all runs, measured here":
                f"{steps * trajectory.seconds * 1e3:.0f} ms" if arrived else "none",
            "median distance at the end": f"{_final_median(trajectory):.3g}"}


def _code(setting: Setting, names: tuple[str, ...], chosen: DescentSettings, found: Comparison) -> None:
    start = results.descent_start(setting)
    lines = (script.setting_code(setting.with_analytic_kl, "descent")
             + f"objective = descent.Objective(cost, {-1.0 if setting.maximised else 1.0}, 1.0)\n"
             f"start = gradients.Gaussian({start.mu}, {start.sigma})\n"
             f"found = descent.compare(objective, start, {names}, {DESCENT_STEPS}, {chosen.rate}, {chosen.samples}, "
             f"{DESCENTS}, {chosen.seed},\n                        {chosen.optimizer!r}, {chosen.accuracy})\n"
             "numbers = {}\nfor path in found.trajectories:\n"
             '    numbers[f"{path.name}: runs that arrived"] = float(path.hitting_time.isfinite().sum())\n'
             '    numbers[f"{path.name}: median distance at the end"] = float(path.bands[2, -1])')
    numbers = {f"{path.name}: {what}": value for path in found.trajectories for what, value in (
        ("runs that arrived", _arrivals(path)), ("median distance at the end", _final_median(path)))}
    source_code.show([descent.gradient, descent.update, descent.descend],
                     formula=r"\begin{gathered}J(q) = \mathbb{E}_q f + KL(q\,\|\,\mathcal{N}(0, 1)) \\"
                     r"(\mu, \log\sigma) \leftarrow (\mu, \log\sigma) - \eta\,\nabla J\end{gathered}",
                     script=lines, numbers=numbers)
