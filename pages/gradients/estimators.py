"""Part "Two estimators": two estimates of one gradient, sample by sample, and what changes their variances."""

from collections.abc import Mapping
from math import isclose, isfinite

import streamlit as st

from pages.gradients import notation, results, script, setting_controls
from pages.gradients.figures import estimators as figures
from pages.gradients.figures import styles
from pages.gradients.notation import PARAMETER_LATEX, short
from pages.gradients.results import Moments
from pages.gradients.setting_controls import Chosen
from pages.gradients.state import PLAIN_PAIR
from ui import controls, page, question

PLAIN, REPARAMETRIZATION = PLAIN_PAIR
CONSTANT = 50.0
ANSWERS = {(True, True): "both", (True, False): "only the left one's", (False, True): "only the right one's",
           (False, False): "neither"}
GOAL = 10     # of the challenge: how many times noisier
LOW, HIGH = 0.001, 1e5     # of predicted factors
Pair = tuple[str, str]
FORMULA = (r"\begin{gathered}\nabla_\xi\,\mathbb{E}_{q_\xi} f(z) = \mathbb{E}_{q_\xi}\, f(z)\,\nabla_\xi \log q_\xi(z)"
           r" \\ = \mathbb{E}_{r(\epsilon)}\, \nabla_\xi f(g(\xi,\epsilon)) \\ "
           r"\scriptstyle \xi = %s,\; g = \mu + \sigma\epsilon,\; r = \mathcal{N}(0, %s),\; "
           r"\nabla q = q\, \nabla \log q\end{gathered}")
WHY = ("**Why the log-derivative varies so much.** The score, (z − μ)/σ², is large where σ is small, and its sign "
       "changes with z. It multiplies the whole height f(z). So even a constant in f makes noise, although it does "
       "not change the gradient. The slope f′(z) does not contain the constant.")


def part() -> None:
    """Two estimators of one gradient."""
    dims = controls.value("dims")
    page.introduction(
        r"Training a VAE needs the gradient of a mean, $\nabla_\xi\,\mathbb{E}_q f(z)$. There $f(z)$ is $\log p(x|z)$; "
        f"here $f$ is chosen, and {_of_what(dims)}. The **log-derivative** estimates the gradient from heights of "
        "$f$, **reparametrization** from slopes.",
        FORMULA % (PARAMETER_LATEX[controls.value("parameter")], "1" if dims == 1 else "I"))
    with setting_controls.beside(dims=True, advanced=("dots",)) as (chosen, below):
        pair = controls.value("left"), controls.value("right")
        moments = results.moments(chosen.setting, chosen.parameter, (*PLAIN_PAIR, *pair))
        biased = results.biased(chosen.setting, chosen.parameter, pair)
        _glance(pair, moments, biased)
        _single_gradients(chosen, pair, moments)
    with below:
        _choose_pair(chosen.parameter)
        _formulas(chosen, pair, moments)
        page.glossary_terms(("estimator", "score", "log-derivative trick", "reparametrization trick", "baseline",
                             "bias"))
    _claim(chosen, pair, moments, biased)
    _running_means(chosen, pair, moments, biased)
    st.markdown(WHY)
    _ask_narrower(chosen, pair[0], moments)
    _ask_constant(chosen, pair, moments)
    _challenge(results.variance_ratio(moments[PLAIN], moments[REPARAMETRIZATION]))
    script.show_exact(chosen.setting, chosen.parameter, pair)


def _of_what(dims: int) -> str:
    return "z is one number" if dims == 1 else f"it is a sum over the {dims} coordinates of z"


def _glance(pair: Pair, moments: Mapping[str, Moments], biased: tuple[str, ...]) -> None:
    """The two variances, their ratio, whose they are, and why they differ."""
    one, other = (_coloured(name, notation.latex(moments[name].variance)) + (" (biased)" if name in biased else "")
                  for name in pair)
    ratio = notation.times(results.variance_ratio(*(moments[name] for name in pair)))
    st.markdown(f"## Variance {one} against {other}" + (f": {ratio}" if ratio else ""))
    st.caption(reason(pair))


def reason(pair: Pair) -> str:
    """Whose variances the two are; of the plain ones, what each multiplies."""
    if pair == PLAIN_PAIR:
        return ("The log-derivative multiplies the whole height f(z) by the score; reparametrization uses only the "
                "slope f′(z).")
    return f"Left: **{pair[0]}**. Right: **{pair[1]}**."


def _coloured(name: str, latex: str) -> str:
    """Markdown of LaTeX in the colour of an estimator."""
    return rf"$\textcolor{{{styles.colour(name, page.palette())}}}{{\boldsymbol{{{latex}}}}}$"


def _single_gradients(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    """Single gradients of both, from the same noise."""
    setting, parameter, seed = chosen
    exact, deviations = moments[PLAIN].mean, _deviations(pair, moments)
    drawn = results.single_gradients(setting, parameter, pair, controls.value("dots"), seed)
    page.figure(figures.single_gradients(drawn, pair, exact, deviations, parameter, page.palette()),
                key="single gradients", alt=figures.single_gradients_alt(exact, deviations, parameter))


def _formulas(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    """One sample's gradient of each estimator, over its variance."""
    parts = []
    for name in pair:
        colour, variance = styles.colour(name, page.palette()), notation.latex(moments[name].variance)
        parts.append(rf"\underbrace{{\textcolor{{{colour}}}{{{notation.gradient(name, chosen.parameter)}}}}}_"
                     rf"{{\textcolor{{{colour}}}{{\mathrm{{Var}}\, = \,{variance}}}}}")
    st.latex(r"\qquad ".join(parts))


def _choose_pair(parameter: str) -> None:
    """The menu of each side, with what its estimator does."""
    st.caption("Dots: gradients of one sample each, from the same noise left and right. Line: the exact gradient. "
               "Band: one exact standard deviation to each side. Dots off the axis are counted, not drawn.")
    for column, control in zip(st.columns(2), ("left", "right"), strict=True):
        with column:
            name: str = controls.draw(control)
            st.caption(notation.description(name, parameter))


def _claim(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments], biased: tuple[str, ...]) -> None:
    """Which means and which variances agree."""
    one, other = (moments[name] for name in pair)
    gradient = (rf"the exact gradient $\nabla_{PARAMETER_LATEX[chosen.parameter]}\,\mathbb{{E}}_q f(z) = "
                rf"{notation.latex(moments[PLAIN].mean)}$ of {chosen.setting.formula}")
    st.markdown(claim(pair, (one, other), biased, gradient))
    for name in biased:
        found = moments[name].mean
        always = ("f is flat on both sides of the jump, so its slope is 0 everywhere and this estimator always "
                  "returns 0"
                  if found == moments[name].variance == 0 else
                  f"f jumps, and its slope does not contain the jump: the mean is {short(found)} instead of "
                  f"{short(moments[PLAIN].mean)}")
        st.warning(f"{name[0].upper()}{name[1:]}: {always}. It is **biased**, so its variance is not its error.",
                   icon=":material/warning:")


def claim(pair: Pair, found: tuple[Moments, Moments], biased: tuple[str, ...], gradient: str) -> str:
    """A sentence on means and variances. gradient: the exact one, in words."""
    right = [name for name in dict.fromkeys(pair) if name not in biased]
    who = "Both have" if not biased else f"Only the {right[0]} has" if right else "Neither has"
    one, other = (moments.variance for moments in found)
    equal = isclose(one, other, rel_tol=1e-9)     # which a finite and an infinite one never are
    return f"{who} {gradient} as {'its' if biased else 'their'} mean; the variances " + (
        "are both infinite." if equal and not isfinite(one) else "are equal." if equal else "differ.")


def _deviations(pair: Pair, moments: Mapping[str, Moments]) -> dict[str, float]:
    return {name: moments[name].deviation for name in pair}


def _running_means(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments], biased: tuple[str, ...]) -> None:
    """Means of ever more samples come closer to the gradient."""
    setting, parameter, seed = chosen
    deviations = _deviations(pair, moments)
    biases = {name: abs(moments[name].mean - moments[PLAIN].mean) for name in biased}
    page.heading("The error of a mean over K samples")
    errors = results.running_errors(setting, parameter, pair, seed, moments[PLAIN].mean)
    page.figure(figures.running_means(errors, deviations, page.palette()), key="running means",
                alt=figures.running_means_alt(deviations, results.running_samples(setting), biases))
    st.caption(f"Thin: the distance of the mean of the first K samples from the exact gradient, {results.REPEATS} "
               f"times. "
               "Dashed: the exact standard deviation of such a mean, that of one sample divided by √K.")


def _ask_narrower(chosen: Chosen, name: str, moments: Mapping[str, Moments]) -> None:
    """The factor of the left variance when sigma is halved; nothing to guess where there is none."""
    now, narrower = moments[name].variance, chosen.setting.narrower
    then = results.moments(narrower, chosen.parameter, [name])[name].variance
    before, after = chosen.setting.sigma, narrower.sigma
    if not (0 < now < float("inf") and 0 < then < float("inf")):
        st.caption(f"At σ = {before:g} the variance of the left estimator is {short(now)}, at {after:g} it is "
                   f"{short(then)}: there is no factor to predict.")
        return
    question.number(
        "narrower", f"Now σ is halved, from {before:g} to {after:g}. By what factor is the variance of the left "
        f"estimator ({name}) multiplied?", truth=lambda: then / now, why=lambda _: why_narrower(name, now, then),
        low=LOW, high=HIGH, start=1.0, ratio=True, unit="times", form="{:.3g}", about=f"{chosen.about} {name}")


def why_narrower(name: str, now: float, then: float) -> str:
    """The two variances and the reason, for the estimator."""
    numbers = f"From {short(now)} to {short(then)}. "
    if name.startswith("log-derivative"):
        height = "f(z)" if name == PLAIN else "a difference of heights of f"
        return numbers + ("The score has the size 1/σ: at half the σ it is twice as large, and its square 4 times. The "
                          f"variance follows this only as far as {height} stays as large.")
    return numbers + "The slopes at the draws become more alike where q is narrower, if f is smooth on that scale."


def _ask_constant(chosen: Chosen, pair: Pair, moments: Mapping[str, Moments]) -> None:
    def after() -> Mapping[str, Moments]:
        return results.moments(chosen.setting.plus(CONSTANT), chosen.parameter, pair)

    def why(_: str) -> str:
        left, right = (f"from {short(moments[name].variance)} to {short(after()[name].variance)}" for name in pair)
        return (f"Left: {left}. Right: {right}. The score multiplies the constant too; the slope of a constant is 0, "
                "and a baseline subtracts it.")

    if question.choice(
            "constant", f"Now {chosen.setting.added(CONSTANT)} is added to f. The exact gradient stays. Which of "
            "the two variances change?", list(ANSWERS.values()), truth=lambda: changed(pair, moments, after()), why=why,
            about=f"{chosen.about} {pair}") and chosen.setting.offset == 0:
        st.caption("Choose a baseline as the left estimator, then add 50 with the slider: its variance stays as it is.")


def changed(pair: Pair, before: Mapping[str, Moments], after: Mapping[str, Moments]) -> str:
    """Which variance of the pair is another one after than before, as one of ANSWERS."""
    one, other = (not isclose(before[name].variance, after[name].variance, rel_tol=1e-6, abs_tol=1e-6)
                  for name in pair)
    return ANSWERS[one, other]


def _challenge(ratio: float) -> None:
    page.challenge(f"Find a setting where plain reparametrization has at least {GOAL} times the variance of the plain "
                   "log-derivative, both without a baseline.", ratio <= 1 / GOAL, standing(ratio))


def standing(ratio: float) -> str:
    """Where the challenge stands. ratio: of the log-derivative's variance to that of reparametrization."""
    if not isfinite(ratio):
        return "here the two variances have no ratio."
    if ratio == 0:
        return "here the variance of plain reparametrization is infinite."
    if abs(ratio - 1) < 1e-6:
        return "here the two variances are equal."
    larger, smaller = PLAIN_PAIR if ratio > 1 else PLAIN_PAIR[::-1]
    return (f"here the plain {larger} has the larger variance, {short(max(ratio, 1 / ratio))} times that of the plain "
            f"{smaller}.")
