"""Part "Two estimators": two estimates of one gradient, sample by sample, and what a constant in f does."""

from collections.abc import Mapping
from math import isfinite

import streamlit as st

from pages.gradients import number_format, results, script, setting_controls
from pages.gradients.figures import estimators as figures
from pages.gradients.number_format import short
from pages.gradients.results import Moments
from pages.gradients.setting import LATEX
from pages.gradients.setting_controls import Chosen
from pages.gradients.state import PLAIN_PAIR
from ui import controls, page, question

PLAIN, REPARAMETRIZATION = PLAIN_PAIR
CONSTANT = 50.0
ANSWERS = {(True, True): "both", (True, False): "only the log-derivative's", (False, True): "only reparametrization's",
           (False, False): "neither"}
GOAL = 10     # of the challenge: how many times noisier
Pair = tuple[str, str]


def part() -> None:
    """Two estimators of one gradient."""
    chosen = setting_controls.draw(dims=True)
    pair = setting_controls.draw_pair("left", "right")
    moments = results.moments(chosen.setting, chosen.parameter, (*PLAIN_PAIR, *pair))
    if _ask_ratio(chosen.parameter, pair, moments):
        _claim(chosen, pair, moments)
        page.section(lambda: _single_gradients(chosen, pair, moments))
        _running_means(chosen, pair, moments)
    _ask_constant(chosen, moments)
    _challenge(results.variance_ratio(moments[PLAIN], moments[REPARAMETRIZATION]))
    script.show_exact(chosen.setting, chosen.parameter)


def _ask_ratio(parameter: str, pair: Pair, moments: Mapping[str, Moments]) -> bool:
    """How many times noisier; where there is no ratio, the two variances instead."""
    (left, right), (one, other) = pair, (short(moments[name].variance) for name in pair)
    ratio = results.variance_ratio(moments[left], moments[right])
    if not isfinite(ratio):
        st.warning(f"The variance of {left} is {one}, that of {right} is {other}: there is no ratio to guess.",
                   icon=":material/all_inclusive:")
        return True
    return question.number(
        "ratio", rf"One sample of $z$, one gradient in ${LATEX[parameter]}$: how many times larger is the variance "
        "of the left estimator than that of the right one?", truth=lambda: ratio,
        why=lambda _: f"Exact variances: {left} {one}, {right} {other}. A mean of K samples has 1/K of it, so the "
        "ratio is also how many times more samples the left one needs for the same precision.",
        low=0.0, high=500.0, start=2.0, step=1.0, unit="times", form="{:,.0f}" if ratio >= 1000 else "{:.3g}")


def _claim(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    """One mean, two variances: side by side, or below each other where it is narrow."""
    parameter, exact = LATEX[chosen.parameter], moments[PLAIN].mean
    one, other = (number_format.latex(moments[name].variance) for name in pair)
    found = moments[pair[1]].mean
    biased = abs(found - exact) > 1e-6 * (1 + abs(exact))
    st.markdown(f"{'Only the left one has' if biased else 'Both have'} the mean "
                rf"$\nabla_{parameter}\,\mathbb{{E}}_q f(z)$ for {chosen.setting.formula}; their variances differ.")
    formulas = (
        page.term("evidence", rf"\nabla_{parameter}\,\mathbb{{E}}_q f", number_format.latex(exact)),
        page.term("log-derivative", rf"\mathrm{{Var}}\,[f(z)\,\nabla_{parameter}\log q(z)]", one),
        page.term("reparametrization", rf"\mathrm{{Var}}\,[\nabla_{parameter} f(g(\xi,\epsilon))]", other))
    for column, formula in zip(st.columns(3), formulas, strict=True):
        with column:
            st.latex(formula)
    if biased:
        st.warning(f"{pair[1]} has the mean {short(found)} here, not {short(exact)}: it is wrong, because f jumps and "
                   "its slope knows nothing of that.", icon=":material/warning:")


def _single_gradients(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    """Single gradients of both, from the same noise; their number is a control below them."""
    figure = st.container()
    samples = controls.draw("dots")
    setting, parameter, seed = chosen
    exact, deviations = moments[PLAIN].mean, _deviations(pair, moments)
    with figure:
        page.figure(figures.single_gradients(results.single_gradients(setting, parameter, pair, samples, seed), exact,
                                             deviations, parameter, page.palette()), key="single gradients",
                    alt=figures.single_gradients_alt(exact, deviations, parameter))
        st.caption("Dots: single gradients, the same noise on both sides. Line: the exact gradient. Band: one exact "
                   "standard deviation to each side.")


def _deviations(pair: Pair, moments: Mapping[str, Moments]) -> dict[str, float]:
    return {name: moments[name].deviation for name in pair}


def _running_means(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    """Means of ever more samples come closer to the gradient."""
    setting, parameter, seed = chosen
    deviations = _deviations(pair, moments)
    errors = results.running_errors(setting, parameter, pair, seed, moments[PLAIN].mean)
    page.figure(figures.running_means(errors, deviations, page.palette()), key="running means",
                alt=figures.running_means_alt(deviations, results.running_samples(setting)))
    st.caption(f"Thin: the mean of the first K samples, {results.REPEATS} times. Dashed: the exact standard deviation "
               "of such a mean, that of one sample divided by √K.")


def _ask_constant(chosen: Chosen, moments: Mapping[str, Moments]) -> None:
    page.heading("Add a constant to f")
    if question.choice(
            "constant", f"f gets a constant of {CONSTANT:g}. The exact gradients stay. Which variances change?",
            list(ANSWERS.values()), truth=lambda: changed(moments, _with_constant(chosen)),
            why=lambda _: f"Log-derivative: from {short(moments[PLAIN].variance)} to "
            f"{short(_with_constant(chosen)[PLAIN].variance)}. Reparametrization stays at "
            f"{short(moments[REPARAMETRIZATION].variance)}: the slope of a constant is zero. A baseline, a number "
            "taken off f, takes the constant off again."):
        st.caption("Move the constant above, then choose a baseline on the left: the two undo each other.")


def _with_constant(chosen: Chosen) -> dict[str, Moments]:
    return results.moments(chosen.setting.plus(CONSTANT), chosen.parameter, PLAIN_PAIR)


def changed(before: Mapping[str, Moments], after: Mapping[str, Moments]) -> str:
    """Which plain estimator's variance is another one after than before, as one of ANSWERS."""
    one, other = (abs(after[name].variance - before[name].variance) > 1e-6 * (1 + before[name].variance)
                  for name in PLAIN_PAIR)
    return ANSWERS[one, other]


def _challenge(ratio: float) -> None:
    """Its progress would give away the answer of the first question, so it comes after that."""
    progress = standing(ratio) if question.revealed("ratio") else "answer the first question to see the numbers."
    page.challenge(f"Find a setting where reparametrization is at least {GOAL} times **noisier** than the plain "
                   "log-derivative.", ratio <= 1 / GOAL, progress)


def standing(ratio: float) -> str:
    """Where the challenge stands. ratio: of the log-derivative's variance to that of reparametrization."""
    if not isfinite(ratio):
        return "here the variances have no ratio."
    return f"the log-derivative has {ratio:.3g} times the variance of reparametrization now."
