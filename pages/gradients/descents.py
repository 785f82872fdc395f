"""Part "Gradient descent": two estimators, one optimizer, the same start and the same noise."""

from math import isfinite

import streamlit as st

from dgm.gradients import descent
from dgm.gradients.descent import Comparison, Trajectory
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import descents as figures
from pages.gradients.results import DESCENT_STEPS, DESCENTS, DescentSettings
from pages.gradients.setting import MAXIMISED, Setting
from pages.gradients.setting_controls import Chosen
from pages.gradients.state import SAMPLED
from ui import controls, page, question, source_code
from ui.figures.written import written
from ui.messages import show_error

CHOICES = ("rate", "per_step", "optimizer", "accuracy")     # controls
OBJECTIVE = r"{sign}\mathbb{{E}}_q f + KL(q\,\|\,\mathcal{{N}}(0, 1))"
SAMPLED_OBJECTIVE = r"-\mathbb{E}_q f"
COST_SUM = "Here f is a cost: J is its mean plus the KL divergence to N(0, 1), and both are to be small."
LIKELIHOOD_SUM = ("Here f is a log-likelihood, which is to be large: J is minus its mean plus the KL divergence to "
                  "N(0, 1). That is minus the bound of the VAE.")
SAMPLED_SUM = "J is minus the mean of f, which is the whole bound."


def part() -> None:
    """Two estimators on their way to the best q."""
    sampled, maximised = controls.value("cost") == SAMPLED, controls.value("cost") in MAXIMISED
    what = SAMPLED_SUM if sampled else LIKELIHOOD_SUM if maximised else COST_SUM
    page.introduction(
        f"Each of {DESCENTS} runs starts from the q of the sliders and takes {DESCENT_STEPS} steps of length η along "
        f"an estimate of the gradient. {what} The noisier the estimate, the farther from "
        "the best J the runs end.", _formula(sampled, maximised))
    with setting_controls.beside(parameter=False) as (chosen, below):
        names = tuple(dict.fromkeys((controls.value("racer"), controls.value("rival"))))     # one where both are equal
        found = _show(chosen, names)
    with below:
        setting_controls.draw_pair("racer", "rival")
        with st.container(horizontal=True):
            for name in CHOICES:
                controls.draw(name)
        if found is not None:
            st.table({trajectory.name: _row(trajectory, found.accuracy) for trajectory in found.trajectories})
        setting_controls.explain(names)
        page.glossary_terms(("KL divergence", "bound", "baseline"))
    if found is None:
        script.show_exact(chosen.setting, "mu")
        return
    settings = _descent_settings(chosen.seed)
    _ask_longer_steps(chosen, names[0], settings)
    _code(chosen.setting, names, settings, found)


def _formula(sampled: bool, maximised: bool) -> str:
    """The objective and the step."""
    objective = SAMPLED_OBJECTIVE if sampled else OBJECTIVE.format(sign="-" if maximised else "")
    return (rf"\begin{{gathered}}J(q) = {objective} \\"
            r"(\mu, \log\sigma) \leftarrow (\mu, \log\sigma) - \eta\,\widehat{\nabla J}\end{gathered}")


def _descent_settings(seed: int) -> DescentSettings:
    rate, samples, optimizer, accuracy = map(controls.value, CHOICES)
    return DescentSettings(optimizer, rate, samples, accuracy, seed)


def _show(chosen: Chosen, names: tuple[str, ...]) -> Comparison | None:
    """The figure and its numbers; an error message and None where runs leave the places where f has a value."""
    setting = chosen.setting
    found = results.descents(setting, names, _descent_settings(chosen.seed))
    if not all(trajectory.bands[2].isfinite().all() for trajectory in found.trajectories):
        show_error("Some runs leave the places where f has a value, so that there is nothing to compare: "
                   "try another f.")
        return None
    page.figure(figures.comparison(found, page.palette()), key="descents", alt=figures.comparison_alt(found))
    st.caption("Lines: the median over the runs at each step. Bands: the middle 50% and 80% of them. "
               f"The best q is N({written(round(found.best.mu, 6), '.3g')}, {found.best.sigma:.3g}²), found on the "
               "exact J."
               + (" The sampled bound contains log q(z), which is sampled too: no exact KL is added."
                  if setting.kind == SAMPLED else ""))
    setting_controls.warn_of_bias(results.biased(setting, "mu", names)
                                  or results.biased(setting, "sigma", names))
    return found


def _row(trajectory: Trajectory, accuracy: float) -> dict[str, str]:
    steps = descent.median_hitting_time(trajectory)
    return {f"runs that came within {accuracy:g} nats": f"{_arrivals(trajectory):.0f} of {DESCENTS}",
            f"step at which half of the runs were within {accuracy:g} nats":
                f"{steps:.0f}" if isfinite(steps) else f"not in {DESCENT_STEPS}",
            "median distance at the end, nats": written(_final_median(trajectory), ".3g")}


def _arrivals(trajectory: Trajectory) -> float:
    return float(trajectory.hitting_time.isfinite().sum())


def _final_median(trajectory: Trajectory) -> float:
    return float(trajectory.bands[2, -1])


def _ask_longer_steps(chosen: Chosen, name: str, settings: DescentSettings) -> None:
    longer = settings._replace(rate=2 * settings.rate)

    def run() -> Trajectory:
        return results.descents(chosen.setting, (name,), longer).trajectories[0]

    question.number(
        "longer steps", f"Now the steps are twice as long, η = {longer.rate:g}. How many of the {DESCENTS} runs with "
        f"the first estimator ({name}) ever come within {settings.accuracy:g} nats of the best J?",
        truth=lambda: _arrivals(run()),
        why=lambda exact: f"{exact:.0f} of {DESCENTS} come that close at some step, and may leave again. "
        + _end(run()) + " Each step goes further, and each carries more noise.",
        low=0.0, high=float(DESCENTS), start=DESCENTS / 2, step=1.0, unit="runs",
        about=f"{chosen.setting} {name} {settings}")


def _end(trajectory: Trajectory) -> str:
    median = _final_median(trajectory)
    return (f"At the end the median distance of all {DESCENTS} runs is {written(median, '.3g')} nats."
            if isfinite(median) else "At the end most of them are where f has no value.")


def _code(setting: Setting, names: tuple[str, ...], chosen: DescentSettings, found: Comparison) -> None:
    start = results.descent_start(setting)
    lines = (script.setting_code(setting, "descent")
             + f"objective = descent.Objective(cost, {-1.0 if setting.maximised else 1.0}, {setting.kl_weight})\n"
             f"start = gradients.Gaussian({start.mu}, {start.sigma})\n"
             f"found = descent.compare(objective, start, {names}, {DESCENT_STEPS}, {chosen.rate}, {chosen.samples}, "
             f"{DESCENTS}, {chosen.seed},\n                        {chosen.optimizer!r}, {chosen.accuracy})\n"
             "numbers = {}\nfor path in found.trajectories:\n"
             '    numbers[f"{path.name}: runs that arrived"] = float(path.hitting_time.isfinite().sum())\n'
             '    numbers[f"{path.name}: median distance at the end"] = float(path.bands[2, -1])')
    numbers = {f"{path.name}: {what}": value for path in found.trajectories for what, value in (
        ("runs that arrived", _arrivals(path)), ("median distance at the end", _final_median(path)))}
    source_code.show([descent.gradient, descent.update, descent.descend], script=lines, numbers=numbers,
                     formula=_formula(setting.kind == SAMPLED, setting.maximised))
