"""The MAP over two axes beside the predictive: of a coin as densities, of a die as bars."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from dgm.bayes import AxisView
from pages.bayes.figures.numbers import float32, peak
from ui.figures import spec
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line


def two_axes(views: Sequence[AxisView], palette: Palette = LIGHT) -> Figure:
    """One posterior over p and over another axis, side by side: the maximum moves, the predictive does not."""
    fig = figure(palette, y="density").split([1] * len(views), gap=0.07)
    fig.update_yaxes(rangemode="tozero")
    for panel, view in enumerate(views, 1):
        fig.update_xaxes(panel=panel, title={"text": view.axis})
        if panel > 1:
            fig.update_yaxes(panel=panel, title={"text": ""})
        _add_axis(fig, view, panel, palette)
    return fig


def _add_axis(fig: Figure, view: AxisView, panel: int, palette: Palette) -> None:
    at, density = float32(view.at), float32(view.density)
    top = peak(at, density)
    seen = view.at[view.density > 1e-3 * top].tolist()
    fig.update_yaxes(panel=panel, range=[0, 1.12 * top])
    fig.update_xaxes(panel=panel, range=[0, 1] if view.axis == "p" else [min(seen), max(seen)])
    common = {"showlegend": panel == 1, **spec.on(panel)}
    fig.add_scatter(x=at, y=density, name="posterior density", line=line("posterior", palette), **common)
    for place, name, tone, value in ((view.map_at, "MAP", "q", view.map_p),
                                     (view.predictive_at, "predictive", "evidence", view.predictive)):
        if place is not None and value is not None:
            fig.add_scatter(x=np.array([place, place], np.float32), y=np.array([0, top], np.float32), mode="lines",
                            name=name, line=line(tone, palette), **common,
                            hovertemplate=f"{name}: p = {value:.4f}<extra></extra>")


def two_axes_alt(views: Sequence[AxisView]) -> str:
    """The sentence for `two_axes`."""
    maxima = ", ".join(f"over {view.axis} {'nowhere' if view.map_p is None else f'at p = {view.map_p:.3f}'}"
                       for view in views)
    return f"The posterior density is highest {maxima}; the predictive stays at p = {views[0].predictive:.3f}."


def map_bars(labels: Sequence[str], maps: Mapping[str, Tensor | None], mean: Tensor,
             palette: Palette = LIGHT) -> Figure:
    """The MAP of a die over each axis beside the mean of the posterior predictive.

    maps: (K,) for each of two axes, None where there is no MAP. mean: (K,).
    """
    fig = figure(palette, x="face", y="probability", barmode="group")
    for (axis, theta), hatch in zip(maps.items(), ("", "/"), strict=True):
        if theta is not None:
            fig.add_bar(x=list(labels), y=float32(theta), name=f"MAP over {axis}",
                        marker={"color": palette["q"], "pattern": {"shape": hatch}})
    return fig.add_bar(x=list(labels), y=float32(mean), name="predictive", marker={"color": palette["evidence"]})


def map_bars_alt(maps: Mapping[str, Tensor | None], mean: Tensor) -> str:
    """The sentence for `map_bars`."""
    found = "; ".join(f"MAP over {axis} " + ("nowhere" if theta is None else
                                             ", ".join(f"{value:.3f}" for value in theta.tolist()))
                      for axis, theta in maps.items())
    return f"{found}; the predictive " + ", ".join(f"{value:.3f}" for value in mean.tolist()) + "."
