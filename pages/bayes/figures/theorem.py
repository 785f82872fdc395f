"""Pictures of Bayes' theorem: the four parts at once, three predictives, two axes, the evidence as a chain."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.bayes import AxisView, Curves, Scores
from ui.figures import spec
from ui.figures.spec import Figure
from ui.figures.theme import FONT_SIZE, LIGHT, Palette, figure, line, marker

TALL = 460
SHOWN = 1e30  # the largest number that travels: float32 has no more
ANSWERS = ("prior predictive", "posterior predictive", "MAP plug-in")
_TONES = ("prior", "posterior", "q")


def nats(value: float | None) -> str:
    """A log score for people: three decimals, or what stands in for a number."""
    if value is None:
        return "no MAP"
    return "minus infinity" if value == -math.inf else f"{value:,.3f} nats".replace("-", "−")


def power(log_value: float) -> str:
    """e^log_value, readable also where it underflows."""
    if log_value == -math.inf:
        return "0"
    if log_value > math.log(1e-3):
        return f"{math.exp(log_value):.4g}"
    exponent = math.floor(log_value / math.log(10))
    return f"{math.exp(log_value - exponent * math.log(10)):.2f} × 10<sup>{exponent:,}</sup>".replace("-", "−")


def small(values: Tensor) -> NDArray[np.float32]:
    """For the wire: float32, and infinities cut to what an axis can show."""
    return np.nan_to_num(values.numpy(), nan=0.0, posinf=SHOWN).clip(-SHOWN, SHOWN).astype(np.float32)


def pair(first: float, second: float) -> NDArray[np.float32]:
    """Two coordinates of a straight line."""
    return np.array([first, second], np.float32)


def four(curves: Curves, symbol: str = "p", palette: Palette = LIGHT) -> Figure:
    """Prior, likelihood, evidence (the shaded area) and posterior over theta, all at once."""
    fig = figure(palette, height=TALL, x=symbol)
    theta, top = small(curves.theta), _top(curves)
    for name, tone, values in (("prior", "prior", curves.prior), ("posterior", "posterior", curves.posterior)):
        fig.add_scatter(x=theta, y=small(values), name=f"{name} density", line=line(tone, palette), yaxis="y")
    fig.add_scatter(x=theta, y=small(curves.likelihood), name="likelihood", yaxis="y2",
                    line=line("likelihood", palette))
    fig.add_scatter(x=theta, y=small(curves.joint), name="likelihood × prior: its area is the evidence", yaxis="y2",
                    fill="tozeroy", fillcolor=palette.faint("evidence", 0.22), line=line("evidence", palette, 1.2))
    fig.update_layout(
        yaxis={"domain": [0.6, 1.0], "title": {"text": "density"}, "range": [0, top]},
        yaxis2={"domain": [0.0, 0.4], "anchor": "x", "gridcolor": palette.grid, "zeroline": False,
                "automargin": True, "rangemode": "tozero", "tickfont": {"color": palette.ink},
                "title": {"text": "relative to its top", "font": {"size": FONT_SIZE, "color": palette.ink}}},
        xaxis={"anchor": "y2", "range": [float(theta[0]), float(theta[-1])]})
    fig.add_annotation(text=f"shaded area = evidence p(X) = {power(curves.log_evidence)}<br>"
                            f"ln p(X) = {nats(curves.log_evidence)}", xref="paper", yref="paper", x=0.0, y=0.505,
                       xanchor="left", yanchor="middle", align="left", showarrow=False,
                       font={"color": palette["evidence"]})
    return fig


def _top(curves: Curves) -> float:
    """Highest density to show: the peaks, but not an edge that runs to infinity and would flatten all the rest."""
    theta = small(curves.theta)
    return 1.08 * max(_peak(theta, small(values)) for values in (curves.prior, curves.posterior))


def _peak(theta: NDArray[np.float32], density: NDArray[np.float32]) -> float:
    """The highest value inside; at an edge, the height that all but 1% of the axis stay below."""
    best, rim = int(density.argmax()), len(density) // 50
    if rim <= best < len(density) - rim:
        return float(density[best])
    order = density.argsort()[::-1]
    width = np.gradient(theta.astype(np.float64))[order].cumsum()
    return float(max(density[order][np.searchsorted(width, 0.01 * width[-1])], 1 / width[-1]))


def four_alt(curves: Curves, symbol: str = "p") -> str:
    """The sentence for `four`."""
    before, after = (float(curves.theta[values.argmax()]) for values in (curves.prior, curves.posterior))
    return (f"Over {symbol}: the prior is highest at {before:.3g}, the posterior at {after:.3g}; the shaded area under "
            f"likelihood times prior is the evidence, ln p(X) = {nats(curves.log_evidence)}.")


def predictive_bars(labels: Sequence[str], probs: Sequence[Tensor | None], scores: Scores | None = None,
                    palette: Palette = LIGHT) -> Figure:
    """Three answers to "what comes next" for countable outcomes; probs holds (K,) per answer, None = no MAP."""
    fig = figure(palette, x="next observation", y="probability", barmode="group")
    fig.update_yaxes(range=[0, 1.12])
    for name, tone, p in zip(_named(scores), _TONES, probs, strict=True):
        if p is not None:
            fig.add_bar(x=list(labels), y=small(p), name=name, marker={"color": palette[tone]},
                        text=[f"{value:.3f}" for value in p.tolist()], textposition="outside", cliponaxis=False)
    return _stacked_legend(fig)


def predictive_curves(x: Tensor, densities: Sequence[Tensor | None], held_out: Tensor, scores: Scores | None = None,
                      *, palette: Palette = LIGHT, unit: str = "x") -> Figure:
    """The same three answers as densities over x (G,), with the held-out observations as rings on the axis."""
    fig = figure(palette, x=unit, y="density of the next observation")
    fig.update_yaxes(rangemode="tozero")
    for name, tone, p in zip(_named(scores), _TONES, densities, strict=True):
        if p is not None:
            fig.add_scatter(x=small(x), y=small(p), name=name, line=line(tone, palette))
    if len(held_out):
        fig.add_scatter(x=small(held_out), y=np.zeros(len(held_out), np.float32), mode="markers", name="held-out data",
                        marker=marker("held-out", palette), cliponaxis=False)
    fig.update_xaxes(range=[float(x[0]), float(x[-1])])
    return _stacked_legend(fig)


def _named(scores: Scores | None) -> list[str]:
    if scores is None:
        return list(ANSWERS)
    return [f"{name}: {nats(value)} held out" for name, value in zip(ANSWERS, scores, strict=True)]


def _stacked_legend(fig: Figure) -> Figure:
    """One legend entry per line: the scores make them long, and phones are narrow."""
    return fig.update_layout(legend={"orientation": "v", "y": 1.02, "yanchor": "bottom"}, height=TALL)


def predictives_alt(scores: Scores, held_out: int) -> str:
    """The sentence for both pictures of the predictives."""
    each = "; ".join(f"{name} {nats(value)}" for name, value in zip(ANSWERS, scores, strict=True))
    return f"Mean log score per observation on {held_out} held-out observations: {each}."


def two_axes(views: Sequence[AxisView], palette: Palette = LIGHT) -> Figure:
    """One posterior over p and over another axis side by side: the top moves, the predictive does not."""
    fig = figure(palette, y="density").split([1] * len(views), gap=0.07)
    fig.update_yaxes(rangemode="tozero")
    for panel, view in enumerate(views, 1):
        fig.update_xaxes(panel=panel, title={"text": view.axis})
        if panel > 1:
            fig.update_yaxes(panel=panel, title={"text": ""})
        _one_axis(fig, view, panel, palette)
    return fig


def _one_axis(fig: Figure, view: AxisView, panel: int, palette: Palette) -> None:
    density = small(view.density)
    top = float(min(density[2:-2].max(), 40 * np.median(density) + 1e-9))
    seen = view.at[view.density > 1e-3 * top].tolist()
    fig.update_yaxes(panel=panel, range=[0, 1.12 * top])
    fig.update_xaxes(panel=panel, range=[0, 1] if view.axis == "p" else [min(seen), max(seen)])
    common = {"showlegend": panel == 1, **spec.on(panel)}
    fig.add_scatter(x=small(view.at), y=density, name="posterior density", line=line("posterior", palette), **common)
    for at, name, tone, value in ((view.map_at, "MAP", "q", view.map_p),
                                  (view.predictive_at, "predictive", "evidence", view.predictive)):
        if at is not None and value is not None:
            fig.add_scatter(x=pair(at, at), y=pair(0, top), mode="lines", name=name,
                            line=line(tone, palette), hovertemplate=f"{name}: p = {value:.4f}<extra></extra>", **common)


def two_axes_alt(views: Sequence[AxisView]) -> str:
    """The sentence for `two_axes`."""
    tops = ", ".join(f"over {view.axis} {'nowhere' if view.map_p is None else f'at p = {view.map_p:.3f}'}"
                     for view in views)
    return f"The posterior density is highest {tops}; the predictive stays at p = {views[0].predictive:.3f}."


def tops(labels: Sequence[str], maps: Mapping[str, Tensor | None], mean: Tensor, palette: Palette = LIGHT) -> Figure:
    """The MAP of a die by the axis it was found on, (K,) each, None where there is none, beside the predictive."""
    fig = figure(palette, x="face", y="probability", barmode="group")
    for (axis, theta), hatch in zip(maps.items(), ("", "/"), strict=True):
        if theta is not None:
            fig.add_bar(x=list(labels), y=small(theta), name=f"MAP over {axis}",
                        marker={"color": palette["q"], "pattern": {"shape": hatch}})
    return fig.add_bar(x=list(labels), y=small(mean), name="predictive", marker={"color": palette["evidence"]})


def tops_alt(maps: Mapping[str, Tensor | None], mean: Tensor) -> str:
    """The sentence for `tops`."""
    found = "; ".join(f"MAP over {axis} " + ("nowhere" if theta is None else
                                             ", ".join(f"{value:.3f}" for value in theta.tolist()))
                      for axis, theta in maps.items())
    return f"{found}; the predictive " + ", ".join(f"{value:.3f}" for value in mean.tolist()) + "."


def chain(gains: Sequence[float], log_evidence: float, seen: int | None = None, palette: Palette = LIGHT) -> Figure:
    """One bar per observation, hung from the end of the last: ln p(x_n | x_1 .. x_n-1) adds up to ln p(X), the line."""
    each = np.asarray(gains, np.float64).clip(-SHOWN, SHOWN)
    ends = np.cumsum(each)
    shown = len(each) if seen is None else seen
    n = np.arange(1, len(each) + 1)
    fig = figure(palette, x="observation", y="log evidence (nats)", bargap=0.12)
    rows = (("one-step predictive", slice(0, shown), 0.85), ("still to come", slice(shown, None), 0.2))
    for name, part, alpha in rows:
        if len(n[part]):
            start = (ends - each)[part].astype(np.float32)
            fig.add_bar(x=n[part], y=each[part].astype(np.float32), base=start, name=name,
                        marker={"color": palette.faint("posterior", alpha)}, customdata=ends[part].astype(np.float32),
                        hovertemplate="observation %{x}: %{y:.3f} nats, sum %{customdata:.3f}<extra></extra>")
    fig.add_scatter(x=[0.5, len(each) + 0.5], y=[max(log_evidence, -SHOWN)] * 2, mode="lines",
                    line=line("evidence", palette), name=f"ln p(X) in one formula: {nats(log_evidence)}")
    return fig


def chain_alt(gains: Sequence[float], log_evidence: float) -> str:
    """The sentence for `chain`."""
    return (f"{len(gains)} one-step predictives add up to {nats(math.fsum(gains))}; "
            f"the log evidence in one formula is {nats(log_evidence)}.")
