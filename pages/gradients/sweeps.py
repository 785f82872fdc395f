"""Part "Sweeps": the variances along one setting, where they cross, and what a sample costs."""

from math import inf, isfinite

import streamlit as st

from dgm.gradients import sweeps
from dgm.gradients.sweeps import Crossing, Sweep
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import sweeps as figures
from pages.gradients.figures.axes import SYMBOLS
from pages.gradients.notation import ONE_OF, short
from pages.gradients.setting import COLUMNS, Setting, in_letters
from pages.gradients.setting_controls import Chosen
from pages.gradients.state import ESTIMATOR_SETS, PLAIN_PAIR, RANGES
from ui import page, question, source_code
from ui.messages import show_error

CONSTANT = 10.0
LOW, HIGH = 0.001, 1e7      # of predicted factors
FORMULA = (r"\begin{gathered}\mathrm{Var}\Big[\tfrac1K \sum_{i=1}^K G_i\Big] = \tfrac1K\,\mathrm{Var}\,G \\"
           r"G = f(z)\,\nabla_\xi\log q(z) \\ \text{or}\quad G = \nabla_\xi f(g(\xi,\epsilon))\end{gathered}")


def part() -> None:
    """Where each estimator has the smaller variance, and what its sample costs."""
    page.introduction(
        "One setting varies along the horizontal axis, the others are those of the sliders. Each curve is the exact "
        "variance of the gradient G of one estimator. Where two curves cross, the better estimator changes.", FORMULA)
    with setting_controls.beside(dims=True, fixed=True) as (chosen, below):
        with below:
            axis, estimators, samples = setting_controls.draw_row("axis", "set", "K")
        ends = _sweep(chosen, axis, ESTIMATOR_SETS[estimators], samples)
    with below:
        setting_controls.explain(ESTIMATOR_SETS[estimators], chosen.parameter)
        page.glossary_terms(("estimator", "baseline", "antithetic", "measure-valued", "sticking the landing", "bias"))
    if ends:
        _ask_next(chosen, axis, samples)
        _costs(chosen.setting, chosen.parameter)
        _code(chosen, axis, samples, ends)
    else:
        script.show_exact(chosen.setting, chosen.parameter)


def _sweep(chosen: Chosen, axis: str, names: tuple[str, ...], samples: int) -> dict[str, float]:
    """The figure. Returns the variances at the ends; none, and an error message, where f has no value."""
    try:
        ends = results.sweep_ends(chosen.setting, chosen.parameter, axis, samples)
        swept, crossings = results.sweep(chosen.setting, axis, names, samples, chosen.seed)
    except ValueError as error:
        show_error(in_letters(error), "There is no sweep over places where f has no value.")
        return {}
    _show_sweep(swept, crossings, chosen.parameter)
    return ends


def _show_sweep(swept: Sweep, crossings: list[Crossing], parameter: str) -> None:
    page.figure(figures.sweep(swept, parameter, crossings, page.palette()), key="sweep",
                alt=figures.sweep_alt(swept, parameter, crossings))
    zero = figures.without_variance(swept, parameter)
    st.caption("Lines are exact. Dots are sampled, with two standard errors."
               + (" Rings are computed crossings of the plain log-derivative with reparametrization."
                  if crossings else "")
               + (f" Not drawn: {', '.join(zero)}, with variance 0." if zero else "")
               + (" For a mean of 1 sample, leave-one-out equals the plain log-derivative, and the moving average "
                  "equals the constant baseline." if "log-derivative + leave-one-out" in swept.names else ""))
    setting_controls.warn_of_bias(swept.biased)


def _ask_next(chosen: Chosen, axis: str, samples: int) -> None:
    """The next move: where do the curves along k cross with half of sigma, or what does a constant do at the left?"""
    setting, about = chosen.setting, f"{chosen.about} {axis} {samples}"
    if axis == "k" and setting.kind in ("cosine", "sine"):
        at = results.losing_frequency(setting.narrower, chosen.parameter)
        if isfinite(at):
            question.number(
                "losing", f"Now σ is halved, from {setting.sigma:g} to {setting.narrower.sigma:g}. From which "
                          f"frequency k "
                "on is reparametrization then the noisier estimator?", truth=lambda: at,
                why=lambda k: f"With half of σ the curves cross for the last time at k = {short(k)}. The slope of a "
                "wave grows with k, its height does not. Only kσ and kμ decide, so a narrower q needs a faster wave.",
                low=0.05, high=100.0, start=1.0, ratio=True, about=about)
        return
    first = f"{PLAIN_PAIR[0]} at {axis} = {RANGES[axis][0]:g}"
    now, then = (results.sweep_ends(one, chosen.parameter, axis, samples)[first]
                 for one in (setting, setting.plus(CONSTANT)))
    if not (0 < now < inf and 0 < then < inf):
        return
    question.number(
        "raised", f"Now {setting.added(CONSTANT)} is added to f. By what factor is the variance of the log-derivative "
        f"multiplied at the left end of the curve, {SYMBOLS[axis]} = {RANGES[axis][0]:g}?", truth=lambda: then / now,
        why=lambda _: f"From {short(now)} to {short(then)}. The score multiplies the height of f, so the squares of "
        "the heights decide. The curve of reparametrization does not move.",
        low=LOW, high=HIGH, start=1.0, ratio=True, unit="times", about=about)


def _costs(setting: Setting, parameter: str) -> None:
    """Variance times the cost of a sample."""
    page.heading("What does a sample cost?")
    costs = results.work_normalised(setting)
    page.figure(figures.costs(costs, parameter, page.palette()), key="costs", alt=figures.costs_alt(costs, parameter))
    setting_controls.warn_of_bias([one.name for one in costs if one.biased])
    st.caption("Variance of one sample times the evaluations of f, or of its slope, that it takes, in one dimension. "
               "The axis is logarithmic; shorter is better. The exact baselines are free here and not in practice. "
               f"Leave-one-out and the moving average are taken as one of {ONE_OF:,} samples.")
    setting_controls.explain([one.name for one in costs], parameter)


def _code(chosen: Chosen, axis: str, samples: int, ends: dict[str, float]) -> None:
    """The two ends of the plain curves."""
    setting = chosen.setting
    lines = (script.setting_code(setting, "sweeps")
             + f"plan = sweeps.Plan({axis!r}, {RANGES[axis]}, lambda k: {script.cost_code(setting)}, k,\n"
             f"                   gradients.Gaussian({setting.mu}, {setting.sigma}), {setting.dims}, {samples}, "
             f"{setting.offset})\n"
             f"numbers = {{}}\nfor name in {PLAIN_PAIR!r}:\n"
             f"    for at, variance in zip(plan.values, plan.curve(name).variance[:, {COLUMNS[chosen.parameter]}]):\n"
             f'        numbers[f"{{name}} at {axis} = {{at:g}}"] = float(variance)')
    source_code.show([sweeps.Plan.curve, sweeps.sweep, sweeps.crossings],
                     formula=r"\begin{gathered}\mathrm{Var}\Big[\tfrac1K \sum_{i=1}^K f(z_i)\,\nabla\log q(z_i)\Big] \\"
                     r" = \tfrac1K\,\mathrm{Var}\,[f(z)\,\nabla\log q(z)]\end{gathered}",
                     script=lines, numbers=ends)
