"""Part one of the gradient lab: two estimates of one gradient, sample by sample, and what a constant in f does."""

from math import isfinite

import streamlit as st

from pages.gradients import lab as gradients_lab
from pages.gradients import script
from pages.gradients.figures import variance as figures
from pages.gradients.figures.variance import short
from pages.gradients.lab import ABOUT, LATEX, Lab
from pages.gradients.samples import REPEATS, length, paths, singles
from pages.gradients.settings import situation
from pages.gradients.state import LEFT, RIGHT
from ui import controls, page, question

CONSTANT = 50.0


def part() -> None:
    """The two estimators."""
    lab, seed, _ = situation(dims=True)
    pair = _pair()
    if _ask_ratio(lab, *pair):
        _claim(lab, pair)
        page.section(lambda: _cloud(lab, pair, seed))
        _running(lab, pair, seed)
    _ask_constant(lab)
    # Its numbers would tell the answer of the first question.
    progress = standing(lab) if question.revealed("ratio") else "answer the first question to see the numbers."
    page.challenge("Find a setting where reparametrization is at least 10 times **noisier** than the plain "
                     "log-derivative.", gradients_lab.ratio(lab, LEFT[0], RIGHT[0]) <= 0.1, progress)
    script.show_exact(lab)


def _pair() -> tuple[str, str]:
    first, second = st.columns(2)
    with first:
        left = controls.draw("left")
        st.caption(f"{ABOUT[left]}.")
    with second:
        right = controls.draw("right")
        st.caption(f"{ABOUT[right]}.")
    return left, right


def _ask_ratio(lab: Lab, left: str, right: str) -> bool:
    """How many times noisier; where there is no ratio, the two variances instead."""
    one, other = (short(gradients_lab.variance(lab, name)) for name in (left, right))
    ratio = gradients_lab.ratio(lab, left, right)
    if not isfinite(ratio):
        st.warning(f"The variance of {left} is {one}, that of {right} is {other}: there is no ratio to guess.",
                   icon=":material/all_inclusive:")
        return True
    return question.number(
        "ratio", rf"One sample of $z$, one gradient in ${LATEX[lab.parameter]}$: how many times larger is the variance "
        "of the left estimator than that of the right one?", truth=lambda: ratio,
        why=lambda _: f"Exact variances: {left} {one}, {right} {other}. A mean of K samples has 1/K of it, so the "
        "ratio is also how many times more samples the left one needs for the same precision.",
        low=0.0, high=500.0, start=2.0, step=1.0, unit="times", form="{:,.0f}" if ratio >= 1000 else "{:.3g}")


def _claim(lab: Lab, pair: tuple[str, str]) -> None:
    """One mean, two variances: side by side, or below each other where it is narrow."""
    parameter, exact = LATEX[lab.parameter], gradients_lab.mean(lab, LEFT[0])
    one, other = (gradients_lab.latex(gradients_lab.variance(lab, name)) for name in pair)
    found = gradients_lab.mean(lab, pair[1])
    wrong = abs(found - exact) > 1e-6 * (1 + abs(exact))
    st.markdown(f"{'Only the left one has' if wrong else 'Both have'} the mean "
                rf"$\nabla_{parameter}\,\mathbb{{E}}_q f(z)$ for {lab.spelled}; their variances differ.")
    formulas = (
        page.term("evidence", rf"\nabla_{parameter}\,\mathbb{{E}}_q f", gradients_lab.latex(exact)),
        page.term("log-derivative", rf"\mathrm{{Var}}\,[f(z)\,\nabla_{parameter}\log q(z)]", one),
        page.term("reparametrization", rf"\mathrm{{Var}}\,[\nabla_{parameter} f(g(\xi,\epsilon))]", other))
    for column, formula in zip(st.columns(3), formulas, strict=True):
        with column:
            st.latex(formula)
    if wrong:
        st.warning(f"{pair[1]} has the mean {short(found)} here, not {short(exact)}: it is wrong, because f jumps and "
                   "its slope knows nothing of that.", icon=":material/warning:")


def _cloud(lab: Lab, pair: tuple[str, str], seed: int) -> None:
    """Single gradients of both, from the same noise."""
    place = st.container()
    samples = controls.draw("dots")
    exact, deviations = gradients_lab.mean(lab, LEFT[0]), gradients_lab.deviations(lab, pair)
    with place:
        page.figure(figures.cloud(singles(lab, pair, samples, seed), exact, deviations, lab.parameter,
                                    page.palette()), key="cloud",
                      alt=figures.cloud_alt(exact, deviations, lab.parameter))
        st.caption("Dots: single gradients, the same noise on both sides. Line: the exact gradient. Band: one exact "
                   "standard deviation to each side.")


def _running(lab: Lab, pair: tuple[str, str], seed: int) -> None:
    """Means of ever more samples close in on the gradient."""
    deviations = gradients_lab.deviations(lab, pair)
    page.figure(figures.running(paths(lab, pair, seed), deviations, page.palette()), key="running",
                  alt=figures.running_alt(deviations, length(lab)))
    st.caption(f"Thin: the mean of the first K samples, {REPEATS} times. Dashed: the exact standard deviation of such "
               "a mean, that of one sample divided by √K.")


def _ask_constant(lab: Lab) -> None:
    page.heading("Add a constant to f")
    raised = gradients_lab.raised(lab, CONSTANT)
    if question.choice(
            "constant", f"f gets a constant of {CONSTANT:g}. The exact gradients stay. Which variances change?",
            ["both", "only the log-derivative's", "only reparametrization's", "neither"],
            truth=lambda: moved_by(lab, CONSTANT),
            why=lambda _: f"Log-derivative: from {short(gradients_lab.variance(lab, LEFT[0]))} to "
            f"{short(gradients_lab.variance(raised, LEFT[0]))}. Reparametrization stays at "
            f"{short(gradients_lab.variance(lab, RIGHT[0]))}: the slope of a constant is zero. A baseline, a number "
            "taken off f, takes the constant off again."):
        st.caption("Move the constant above, then choose a baseline on the left: the two undo each other.")


def moved_by(lab: Lab, constant: float) -> str:
    """Whose variance a constant changes, as an answer."""
    raised = gradients_lab.raised(lab, constant)
    one, other = (abs(gradients_lab.variance(raised, name) - before) > 1e-6 * (1 + before)
                  for name, before in ((name, gradients_lab.variance(lab, name)) for name in (LEFT[0], RIGHT[0])))
    return {(True, True): "both", (True, False): "only the log-derivative's", (False, True): "only reparametrization's",
            (False, False): "neither"}[one, other]


def standing(lab: Lab) -> str:
    """Where the challenge stands, in numbers."""
    plain = gradients_lab.ratio(lab, LEFT[0], RIGHT[0])
    if not isfinite(plain):
        return "here the variances have no ratio."
    return f"the log-derivative has {plain:.3g} times the variance of reparametrization now."
