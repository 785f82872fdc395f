"""The MAP over two axes beside the predictive: a coin's densities, a die's bars, a number's log densities."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import bayes
from dgm.bayes import AxisView, MapRow
from pages.bayes.figures.numbers import float32, on_axis, peak
from ui.figures import spec
from ui.figures.axis_ends import far_ticks
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line
from ui.figures.written import written

AXES = {"theta": "θ", "exp theta": "exp θ", "s2": "σ²", "s": "σ", "log s2": "log σ²", "softmax": "softmax logits",
        "angle": "angle 2 arcsin √p"}
BELOW = 8.0      # nats below the top of a log density that are drawn
POINTS = 301     # of a log density
OPEN = 0.5       # of a density's height that is drawn while its top is covered
STYLES = ("posterior", "q")   # of the log densities over the first and the second axis


def two_axes(views: Sequence[AxisView], palette: Palette = LIGHT, covered: bool = False) -> Figure:
    """One posterior over p and over another axis, side by side: the maximum moves, the predictive does not.

    covered: whether the top of the density and the MAP are hidden on the second axis.
    """
    fig = figure(palette, y="density").split([1] * len(views), gap=0.07)
    fig.update_yaxes(rangemode="tozero")
    for panel, view in enumerate(views, 1):
        fig.update_xaxes(panel=panel, title={"text": view.axis})
        if panel > 1:
            fig.update_yaxes(panel=panel, title={"text": ""})
        _add_axis(fig, view, panel, palette, covered and panel > 1)
    return fig


def _add_axis(fig: Figure, view: AxisView, panel: int, palette: Palette, covered: bool) -> None:
    at, density = float32(view.at), float32(view.density)
    top = peak(at, density)
    seen = view.at[view.density > 1e-3 * top].tolist()
    fig.update_yaxes(panel=panel, range=[0, 1.12 * top])
    fig.update_xaxes(panel=panel, range=[0, 1] if view.axis == "p" else [min(seen), max(seen)])
    common = {"showlegend": panel == 1, **spec.on(panel)}
    if covered:
        density = np.where(density > OPEN * top, np.float32(np.nan), density)
        _cover(fig, panel, palette, top)
        top *= OPEN
    fig.add_scatter(x=at, y=density, name="posterior density", line=line("posterior", palette), **common)
    for place, name, tone, value in ((view.predictive_at, "predictive", "posterior", view.predictive),
                                     (None if covered else view.map_at, "MAP", "q", view.map_p)):
        if place is not None and value is not None:   # the dashed MAP is drawn over the predictive
            style = line(tone, palette, 3.0) | {"dash": "dash" if name == "MAP" else "dot"}
            fig.add_scatter(x=np.array([place, place], np.float32), y=np.array([0, top], np.float32), mode="lines",
                            name=name, line=style, **common,
                            hovertemplate=f"{name}: p = {value:.4f}<extra></extra>")


def _cover(fig: Figure, panel: int, palette: Palette, top: float) -> None:
    """A grey area over the upper part of a panel. top: the highest density."""
    fig.add_hrect(OPEN * top, 1.12 * top, panel=panel, fillcolor=palette.grid, line={"width": 0})
    fig.add_annotation(text="covered", **spec.inside(panel) | {"x": 0.5, "y": 0.72}, showarrow=False,
                       font={"color": palette.ink})


def two_axes_alt(views: Sequence[AxisView], covered: bool = False) -> str:
    """The sentence for `two_axes`."""
    maxima = ", ".join(f"over {view.axis} {'nowhere' if view.map_p is None else f'at p = {view.map_p:.3f}'}"
                       for view in (views[:1] if covered else views))
    return f"The posterior density is highest {maxima}; the predictive stays at p = {views[0].predictive:.3f}."


def map_bars(labels: Sequence[str], maps: Mapping[str, Tensor | None], mean: Tensor,
             palette: Palette = LIGHT) -> Figure:
    """The MAP of a die over each axis beside the mean of the posterior predictive.

    maps: (K,) for each of two axes, None where there is no MAP. mean: (K,).
    """
    fig = figure(palette, x="face", y="probability", barmode="group")
    for (axis, theta), hatch in zip(maps.items(), ("", "/"), strict=False):
        if theta is not None:
            fig.add_bar(x=list(labels), y=float32(theta), name=f"MAP over {axis}",
                        marker={"color": palette["q"], "pattern": {"shape": hatch}})
    return fig.add_bar(x=list(labels), y=float32(mean), name="predictive", marker={"color": palette["posterior"]})


def map_bars_alt(maps: Mapping[str, Tensor | None], mean: Tensor) -> str:
    """The sentence for `map_bars`."""
    found = "; ".join(f"MAP over {axis} " + ("nowhere" if theta is None else
                                             ", ".join(f"{value:.3f}" for value in theta.tolist()))
                      for axis, theta in maps.items())
    return f"{found}; the predictive " + ", ".join(f"{value:.3f}" for value in mean.tolist()) + "."


class LogDensity(NamedTuple):
    """The log density over one axis, drawn along theta (sigma of a normal) and minus its highest value."""

    axis: str
    at: Tensor            # (G,) values of theta, whatever the axis
    log_density: Tensor   # (G,)
    top: float | None     # theta at the highest point


def log_densities(after: Any, rows: Sequence[MapRow]) -> list[LogDensity]:
    """The log densities of a belief about a number over several axes.

    after: a NormalNormal, along theta, or a NormalInverseGamma, along sigma at the MAP of mu. rows: one for each axis.
    """
    if isinstance(after, bayes.NormalInverseGamma):
        tops = [row.theta.s2**0.5 for row in rows]
        low, high = (min(max(after.s2_quantile(level), 1e-4 * tops[0]**2), 1e4 * tops[0]**2) ** 0.5
                     for level in (0.001, 0.999))
        at = torch.linspace(min(low, *tops), max(high, *tops), POINTS, dtype=torch.float64)
        theta = torch.stack([torch.full_like(at, after.m), at**2], -1)
    else:
        tops = [row.theta for row in rows]
        reach = 5 * float(after.var) ** 0.5
        at = theta = torch.linspace(min(tops) - reach, max(tops) + reach, POINTS, dtype=torch.float64)
    found = [after.log_prob(theta, row.axis) for row in rows]
    return [LogDensity(AXES[row.axis], at, values - values.max(), top)
            for row, values, top in zip(rows, found, tops, strict=True)]


def two_log_densities(curves: Sequence[LogDensity], quantity: str, palette: Palette = LIGHT) -> Figure:
    """`log_densities` with the highest point of each. quantity: that the horizontal axis measures."""
    fig = figure(palette, x=quantity, y="log density − its maximum (nats)")
    for curve, tone in zip(curves, STYLES, strict=False):
        fig.add_scatter(x=on_axis(curve.at), y=float32(curve.log_density.clamp(min=-1e3)), mode="lines",
                        name=f"posterior over {curve.axis}", line=line(tone, palette))
        if curve.top is not None:
            fig.add_scatter(x=[curve.top, curve.top], y=np.array([-BELOW, 0], np.float32),
                            mode="lines", name=f"MAP over {curve.axis}",
                            line=line(tone, palette, 1.4) | {"dash": "dot"},
                            hovertemplate=f"MAP over {curve.axis}: {quantity} = {curve.top:.4g}<extra></extra>")
        fig.update_xaxes(**far_ticks(float(curve.at[0]), float(curve.at[-1])))
    return fig.update_yaxes(range=[-BELOW, 0.05 * BELOW])


def two_log_densities_alt(curves: Sequence[LogDensity], quantity: str) -> str:
    """The sentence for `two_log_densities`."""
    each = ", ".join(f"over {curve.axis} {'nowhere' if curve.top is None else f'at {quantity} = {written(curve.top)}'}"
                     for curve in curves)
    return f"Log density of the posterior along {quantity}: it is highest {each}."
