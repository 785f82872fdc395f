"""The terms of the log-derivative's gradient along the noise, and the share of each in the variance."""

import numpy as np

from dgm.gradients.variance_terms import Expansion
from pages.gradients.figures import styles
from pages.gradients.figures.axes import SYMBOLS, as_float32
from pages.gradients.notation import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

TERM_STYLES = (("posterior", "dot"), ("kl", "solid"), ("q", "dash"))     # meaning, dash
SHARE_MEANINGS, SHARE_HATCHES = ("posterior", "kl", "q", "data", "held-out"), ("x", "", "/", ".", "+")
INSIDE = 2.4     # |eps| for which the estimate is inside the frame


def terms(expansion: Expansion, palette: Palette = LIGHT) -> Figure:
    """The terms of f(z) S along eps: which one carries the gradient, which ones only change sign."""
    fig = theme.figure(palette, x="noise ε", y=f"one gradient in {SYMBOLS[expansion.parameter]}", height=460)
    eps = as_float32(expansion.eps)
    for (meaning, dash), term in zip(TERM_STYLES, expansion.terms, strict=True):
        mean = "mean 0" if term.mean == 0 else f"mean {short(term.mean)}"
        fig.add_scatter(x=eps, y=as_float32(term.curve), mode="lines", name=f"{term.name}: order {term.order}, {mean}",
                        line={"color": palette[meaning], "dash": dash, "width": 2})
    fig.add_scatter(x=eps, y=as_float32(expansion.estimate), mode="lines",
                    name="their sum with all orders: log-derivative", line=styles.line("log-derivative", palette, 3))
    fig.add_scatter(x=eps, y=as_float32(expansion.reparametrized), mode="lines", name="reparametrization",
                    line=styles.line("reparametrization", palette, 3))
    top = _half_height(expansion)
    fig.add_scatter(x=eps, y=as_float32(-top + 0.5 * top * np.exp(-(eps**2) / 2)), mode="lines", fill="toself",
                    name="density of ε", line={"color": palette["data"], "width": 0},
                    fillcolor=palette.faint("data", 0.2), hoverinfo="skip")
    fig.add_scatter(x=as_float32([eps[0], eps[-1]]), y=as_float32([expansion.gradient] * 2), mode="lines",
                    name=f"exact gradient {short(expansion.gradient)}", line=theme.line("evidence", palette, 1.5))
    return fig.update_yaxes(range=[-top, top])


def _half_height(expansion: Expansion) -> float:
    inside = np.abs(np.asarray(expansion.eps)) < INSIDE
    curves = [np.abs(np.asarray(curve))[inside].max() for curve in (expansion.estimate, expansion.reparametrized)]
    return float(max(*curves, abs(expansion.gradient), 1e-9) * 1.15)


def terms_alt(expansion: Expansion) -> str:
    """Order, sign, mean and variance of each term."""
    each = "; ".join(f"{term.name} has order {term.order}, {'changes' if term.changes_sign else 'keeps'} its sign with "
                     f"the noise, mean {short(term.mean)}, variance {short(term.variance)}" for term in expansion.terms)
    return (f"Terms of the log-derivative gradient in {SYMBOLS[expansion.parameter]} along the noise: {each}. "
            f"Exact gradient {short(expansion.gradient)}, exact variance of the whole {short(expansion.variance)}.")


def shares(expansion: Expansion, palette: Palette = LIGHT) -> Figure:
    """How much of the log-derivative's variance each term brings."""
    names = [*(term.name for term in expansion.terms), "2 Cov(first, third)", "higher orders"]
    values = _shares(expansion)
    fig = theme.figure(palette, x="part of the variance", height=260)
    fig.add_bar(x=as_float32(values), y=names, orientation="h", showlegend=False, text=[short(v) for v in values],
                textposition="outside", cliponaxis=False,
                marker=styles.bars([palette[meaning] for meaning in SHARE_MEANINGS], SHARE_HATCHES, palette))
    finite = [v for v in values if np.isfinite(v)]
    widest = max(*finite, -min(finite), 1e-12)
    fig.update_xaxes(range=[-widest * 1.25 if min(finite) < -1e-9 * widest else 0, widest * 1.2])
    return fig.update_yaxes(autorange="reversed")


def _shares(expansion: Expansion) -> list[float]:
    """The parts that add up to the variance; one that is only rounding is 0."""
    values = [*(term.variance for term in expansion.terms), expansion.cross, expansion.remainder]
    return [0.0 if np.isfinite(expansion.variance) and abs(v) < 1e-9 * expansion.variance else v for v in values]


def shares_alt(expansion: Expansion) -> str:
    """The shares as a sentence."""
    return (f"Variance {short(expansion.variance)} of the log-derivative gradient in {SYMBOLS[expansion.parameter]}: "
            + "; ".join(f"{term.name} {short(term.variance)}" for term in expansion.terms)
            + "; covariance {}; higher orders {}.".format(*map(short, _shares(expansion)[-2:])))
