"""Numbers, costs and estimators as the lesson's text, formulas and axes write them."""

from math import inf, isfinite, isinf

from ui.figures.written import latex as number_as_latex
from ui.figures.written import written

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(x: float) -> str:
    """Three digits, or a whole number with separators, for sentences; "infinite" for inf."""
    if isinf(x):
        return "infinite"
    return written(x, ",.0f" if 1000 <= abs(x) < 1e6 else ".3g")


def latex(x: float) -> str:
    """Four digits, or a whole number with separators, for formulas."""
    if x == inf:
        return r"\infty"
    if abs(x) < 1e-14:
        return "0"
    return f"{x:,.0f}".replace(",", "{,}") if 1e4 <= abs(x) < 1e7 else number_as_latex(x)


def axis_label(x: float) -> str:
    """0.01 .. 1000 as they are, other values as one digit times a power of ten, for logarithmic axes."""
    if 0.009 < x < 2000:
        return f"{x:g}"
    digit, exponent = f"{x:.0e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if digit == "1" else f"{digit}·{power}"


# Costs ---------------------------------------------------------------------------------------------------------------

BODIES = {       # f of z; {k} and {slope} are the values of the controls
    "quadratic": "(z-{k:g})^2", "exponential": "e^{{-{k:g} z^2}}", "cosine": r"\cos {k:g} z", "sine": r"\sin {k:g} z",
    "general quadratic": "{k:g} z^2{slope}", "log-likelihood": r"\log\mathcal{{N}}(x = {k:g}\,|\,z, 1)",
    "logistic": r"\log\frac{{1}}{{1+e^{{-{k:g} z}}}}",
    "sampled bound": r"\log p(x = {k:g}, z) - \log q(z)",
}


def cost(kind: str, k: float, b: float, offset: float) -> str:
    """A cost of COSTS or the sampled bound as LaTeX, with the values of its constants."""
    slope = f" {b:+g} z" if b else ""
    return BODIES[kind].format(k=k, slope=slope) + (f" {offset:+g}" if offset else "")


# Estimators ----------------------------------------------------------------------------------------------------------

SCORE = r"\nabla_{%s}\log q(z)"
BASELINES = {"constant": r"f(\mu)", "mean": r"\mathbb{E}_q f", "best": "b^*", "moving-average": r"b_{\mathrm{earlier}}"}
GRADIENTS = {    # of one sample; %s: the parameter
    "log-derivative": rf"f(z)\,{SCORE}",
    **{f"log-derivative + {name} baseline": rf"(f(z) - {b})\,{SCORE}" for name, b in BASELINES.items()},
    "log-derivative + leave-one-out": rf"(f(z) - b_{{\mathrm{{others}}}})\,{SCORE}",
    "log-derivative, antithetic": r"\tfrac12 \big(f(z^+) - f(z^-)\big)\,\nabla_{%s}\log q(z^+)",
    "reparametrization": r"\nabla_{%s}\, f(\mu + \sigma\epsilon)",
    "reparametrization, antithetic": r"\nabla_{%s}\,\tfrac12 \big(f(\mu + \sigma\epsilon) + f(\mu - "
                                     r"\sigma\epsilon)\big)",
    "sticking the landing": rf"\nabla_{{%s}}\, f(\mu + \sigma\epsilon) + {SCORE}",
    "measure-valued": r"\frac{f(\mu + \sigma w) - f(\mu - \sigma w)}{\sigma\sqrt{2\pi}}",
}
IN_SIGMA = {     # where the gradient in sigma has another formula
    "log-derivative, antithetic": r"\tfrac12 \big(f(z^+) + f(z^-)\big)\,\nabla_\sigma\log q(z^+)",
    "measure-valued": r"\frac{f(\mu + \sigma v) - f(\mu + \sigma\epsilon)}{\sigma}",
}
PARAMETER_LATEX = {"mu": r"\mu", "sigma": r"\sigma"}
SCORES = {"mu": "(z − μ)/σ²", "sigma": "((z − μ)² − σ²)/σ³"}
SLOPES = {"mu": "f′(z)", "sigma": "f′(z) ε"}
ONE_OF = 1000    # samples, of which a gradient that depends on the other samples is one
SEQUENTIAL = f" Its variance is that of one of {ONE_OF:,} samples, times {ONE_OF:,}."
DESCRIPTIONS = {
    "log-derivative": "Draw z and multiply f(z) by the score, ∇ log q(z) = {score}.",
    "log-derivative + constant baseline": "As the log-derivative, but f(μ) is subtracted from f(z) first.",
    "log-derivative + mean baseline": "As the log-derivative, but the exact mean of f is subtracted from f(z) first.",
    "log-derivative + best baseline": "As the log-derivative, but b* is subtracted from f(z) first: the number that "
    "leaves the least variance.",
    "log-derivative + moving-average baseline": "As the log-derivative, but a running average of f over the earlier "
    "samples is subtracted first." + SEQUENTIAL,
    "log-derivative + leave-one-out": "As the log-derivative, but the mean of f over the other samples is subtracted "
    "first." + SEQUENTIAL,
    "log-derivative, antithetic": "The mean of two log-derivative gradients, at z⁺ = μ + σε and at z⁻ = μ − σε.",
    "reparametrization": "Draw ε, compute z = μ + σε, and differentiate f(z) by the chain rule: {slope}.",
    "reparametrization, antithetic": "The mean of two reparametrization gradients, with ε and with −ε.",
    "sticking the landing": "Reparametrization plus the score. Where f contains −log q, this cancels the score, "
    "whose mean is 0.",
    "measure-valued": "The difference of f at two coupled places. It needs neither the slope of f nor the score.",
}


def gradient(name: str, parameter: str) -> str:
    """One sample's gradient of an estimator as LaTeX. parameter: "mu" or "sigma"."""
    if parameter == "sigma" and name in IN_SIGMA:
        return IN_SIGMA[name]
    return GRADIENTS[name].replace("%s", PARAMETER_LATEX[parameter])


def description(name: str, parameter: str = "mu") -> str:
    """What an estimator does, in one or two sentences."""
    return DESCRIPTIONS[name].format(score=SCORES[parameter], slope=SLOPES[parameter])


# Ratios --------------------------------------------------------------------------------------------------------------


def times(ratio: float) -> str:
    """A ratio of variances in words: "124 times", "1/144 (144 times smaller)", "equal", or "" where there is none."""
    if not isfinite(ratio) or ratio <= 0:
        return ""
    if abs(ratio - 1) < 1e-6:
        return "equal"
    return f"{short(ratio)} times" if ratio > 1 else f"{short(1 / ratio)} times smaller"
