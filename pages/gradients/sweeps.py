"""Part "Sweeps": the variances along one setting, where they cross, and what a sample costs."""

import streamlit as st

from dgm.gradients import ESTIMATORS, sweeps
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import sweeps as figures
from pages.gradients.number_format import short
from pages.gradients.setting import COLUMNS, LATEX, Setting
from pages.gradients.setting_controls import Chosen
from pages.gradients.state import ESTIMATOR_SETS, PLAIN_PAIR, RANGES, SAMPLED
from ui import controls, page, question, source_code
from ui.messages import show_error


def part() -> None:
    """Where each estimator has the smaller variance, and what its sample costs."""
    chosen = setting_controls.draw(dims=True)
    page.heading("Where does each win? Sweeps on exact curves")
    if chosen.setting.kind == SAMPLED:
        st.info("The sampled bound changes with q: choose another cost to sweep.", icon=":material/info:")
        script.show_exact(chosen.setting, chosen.parameter)
        return
    axis, estimators, samples = setting_controls.draw_row("axis", "set", "K")
    ends = _sweep(chosen, axis, ESTIMATOR_SETS[estimators], samples)
    page.section(lambda: _costs(chosen.setting, chosen.parameter))
    if ends:
        _code(chosen, axis, samples, ends)
    else:
        script.show_exact(chosen.setting, chosen.parameter)


def _sweep(chosen: Chosen, axis: str, names: tuple[str, ...], samples: int) -> dict[str, float]:
    """Question and figure. Returns the variances at the ends; none, and an error message, where f has no value."""
    try:
        ends = results.sweep_ends(chosen.setting, chosen.parameter, axis, samples)
        if _ask_losing(chosen.setting, chosen.parameter):
            _show_sweep(chosen, axis, names, samples)
        return ends
    except ValueError as error:
        show_error(error, "There is no sweep over places where f has no value.")
        return {}


def _ask_losing(setting: Setting, parameter: str) -> bool:
    return question.number(
        "losing", rf"For $f = \cos kx$ with this $\mu$ and $\sigma$: from which frequency $k$ on is reparametrization "
        rf"the noisier estimate of the gradient in ${LATEX[parameter]}$?",
        truth=lambda: results.losing_frequency(setting.mu, setting.sigma, parameter),
        why=lambda k: f"At k = {short(k)} the exact curves cross. The slope of a wave grows with k, its height does "
        "not: reparametrization's variance grows as k²/2, the log-derivative's stays bounded.",
        low=0.1, high=20.0, start=5.0, step=0.1)


def _show_sweep(chosen: Chosen, axis: str, names: tuple[str, ...], samples: int) -> None:
    swept, crossings = results.sweep(chosen.setting, axis, names, samples, chosen.seed)
    page.figure(figures.sweep(swept, chosen.parameter, crossings, page.palette()), key="sweep",
                alt=figures.sweep_alt(swept, chosen.parameter, crossings))
    st.caption("Lines are exact. Dots are sampled, with two standard errors. Rings are computed crossings of the plain "
               "log-derivative with reparametrization.")
    setting_controls.warn_of_bias(swept.biased)
    with st.expander("What the names mean", icon=":material/help:"):
        st.markdown("\n".join(f"- **{name}**: {ESTIMATORS[name].description}." for name in names))


def _costs(setting: Setting, parameter: str) -> None:
    """Variance times the cost of a sample."""
    page.heading("What does a sample cost?")
    per = controls.draw("per")
    costs = results.work_normalised(setting)
    page.figure(figures.costs(costs, parameter, per, page.palette()), key="costs",
                alt=figures.costs_alt(costs, parameter, per))
    setting_controls.warn_of_bias([one.name for one in costs if one.biased])
    st.caption("Shorter is better. Seconds are measured on this server, in one dimension; exact baselines are free "
               "here and not in practice.")


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
