"""Complete and incomplete log-likelihood of the same data over one parameter, and the data with and without z."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dgm import elbo
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
HEIGHT = 360


class Likelihoods(NamedTuple):
    """Both functions over the parameter, nats per observation."""

    values: Array           # (V,)
    complete: Array         # (V,) log p(X, Z | theta)
    incomplete: Array       # (V,) log p(X | theta)

    def best(self, complete: bool) -> tuple[float, float]:
        """The parameter at the maximum of either function, and the maximum."""
        curve = self.complete if complete else self.incomplete
        return elbo.curve_top(self.values, curve)

    def at(self, place: float) -> tuple[float, float]:
        """Complete and incomplete at the node nearest to a place."""
        near = int(np.abs(self.values - place).argmin())
        return float(self.complete[near]), float(self.incomplete[near])


def curves(found: Likelihoods, at: float, name: str, palette: Palette = LIGHT) -> Figure:
    """Both functions with a star at each maximum; a line with dots at the current parameter.

    name: of the parameter, with its unit.
    """
    fig = theme.figure(palette, x=name, y="nats per observation", height=HEIGHT)
    for values, label, meaning in ((found.complete, "complete: log p(X, Z|θ)", "likelihood"),
                                   (found.incomplete, "incomplete: log p(X|θ)", "evidence")):
        fig.add_scatter(x=np.float32(found.values), y=np.float32(values), mode="lines", name=label,
                        line=theme.line(meaning, palette, 2.4), hovertemplate="%{x:.1f}: %{y:.3f}<extra></extra>")
    for complete, meaning in ((True, "likelihood"), (False, "evidence")):
        best, height = found.best(complete)
        fig.add_scatter(x=[best], y=[height], mode="markers", showlegend=not complete, hoverinfo="skip",
                        name=f"maximum{', complete' if complete else ''}",
                        marker={"color": palette[meaning], "symbol": "star", "size": 13})
    fig.add_vline(at, line={"color": palette.ink, "width": 1, "dash": "dot"}, name="moved mean")
    here = found.at(at)
    fig.add_scatter(x=[at, at], y=list(here), mode="markers", name="θ now", hoverinfo="skip",
                    marker={"color": palette.ink, "size": 8})
    high, low = float(found.incomplete.max()), float(found.incomplete.min())
    room = max(high - low, 1e-6)
    fig.update_xaxes(range=[float(found.values[0]), float(found.values[-1])])
    lowest = min(low - 0.9 * room, here[0] - 0.05 * room)       # both dots are seen wherever the mean is
    return fig.update_yaxes(range=[lowest, high + 0.1 * room])


def curves_alt(found: Likelihoods, at: float) -> str:
    """The figure in words."""
    complete, incomplete = (written(value, ".3f") for value in found.at(at))
    return (f"Two functions of the moved mean. With z known the maximum is at {found.best(True)[0]:.1f}, without z at "
            f"{found.best(False)[0]:.1f}. At {at:g} the complete log-likelihood is {complete}, the incomplete "
            f"{incomplete} nats per observation.")


def data(x: Array, labels: Array, palette: Palette = LIGHT, *, parts: Array, grid: Array) -> Figure:
    """The observations with their z (above) and without (below), and the two parts p(x, z) at the current mean.

    x, labels (N,). parts (K, M) over grid (M,).
    """
    fig = theme.figure(palette, x="waiting time, minutes", y="density", height=HEIGHT)
    colours = theme.COMPONENT_DARK if palette.dark else theme.COMPONENT_LIGHT
    top = float(parts.max())
    heights = np.random.default_rng(0).uniform(0.0, 1.0, len(x))
    for k in range(len(parts)):
        mine = labels == k
        fig.add_scatter(x=np.float32(x[mine]), y=np.float32(top * (1.35 + 0.2 * heights[mine])), mode="markers",
                        name=f"z = {k + 1}", hoverinfo="skip", opacity=0.7,
                        marker={"color": colours[k], "size": 6, "symbol": theme.CLASS_MARKERS[k]})
    fig.add_scatter(x=np.float32(x), y=np.float32(top * (1.08 + 0.2 * heights)), mode="markers", hoverinfo="skip",
                    name="z unknown", opacity=0.6, marker={"color": palette["data"], "size": 5})
    for k, part in enumerate(parts):
        fig.add_scatter(x=np.float32(grid), y=np.float32(part), mode="lines", name=f"p(x, z = {k + 1})",
                        hoverinfo="skip", line={"color": colours[k], "width": 2, "dash": ("solid", "dash")[k % 2]})
    fig.update_xaxes(range=[float(grid[0]), float(grid[-1])])
    return fig.update_yaxes(range=[0, 1.6 * top])


def data_alt(x: Array, labels: Array, at: float) -> str:
    """The figure in words."""
    counts = np.bincount(labels.astype(int))
    return (f"{len(x)} observations drawn twice: with their z ({', '.join(map(str, counts))} of each component) and "
            f"without it; below, the two parts of the mixture with the moved mean at {at:g}.")


__all__ = ["Likelihoods", "curves", "curves_alt", "data", "data_alt"]
