"""Posteriors over two unknowns: a normal's (mu, s), and the weights of a logistic regression with MAP and Laplace."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.bayes import GridCost, GridPosterior, Laplace, NormalPlane
from pages.bayes.figures.theorem import nats, small
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line, marker, scale

SHOWN = 100     # grid points per axis that are sent: the picture does not need all 400
INSIDE = (0.393, 0.865)  # mass inside one and two deviations of a Gaussian in the plane
TALL = 440


def normal_plane(plane: NormalPlane, estimate: tuple[float, float], palette: Palette = LIGHT) -> Figure:
    """Prior, likelihood and posterior over (mu, s): two contours of each, 1 and 3 nats below its top."""
    fig = figure(palette, x="μ", y="σ", height=TALL)
    for name, log_density in (("prior", plane.prior), ("likelihood", plane.likelihood), ("posterior", plane.posterior)):
        fig.add_contour(x=small(plane.mu), y=small(plane.s), z=small(log_density.T.clamp(min=-30.0)), name=name,
                        line=line(name, palette), showscale=False, showlegend=True, hoverinfo="skip",
                        contours={"coloring": "none", "start": -3.0, "end": -1.0, "size": 2.0})
    fig.add_scatter(x=[estimate[0]], y=[estimate[1] ** 0.5], mode="markers", name="MAP",
                    marker=marker("q", palette, 10))
    ticks = [float(f"{value:.2g}") for value in np.geomspace(float(plane.s[0]), float(plane.s[-1]), 5)]
    return fig.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{value:g}" for value in ticks])


def normal_plane_alt(plane: NormalPlane, estimate: tuple[float, float]) -> str:
    """The sentence for `normal_plane`."""
    return (f"Contours over mean and deviation: the posterior's MAP is at μ = {estimate[0]:.3g}, "
            f"σ = {estimate[1] ** 0.5:.3g}; ln p(X) = {nats(plane.log_evidence)}.")


def ellipse(laplace: Laplace, deviations: float, points: int = 96) -> NDArray[np.float32]:
    """Points at `deviations` from the mean in the covariance's own metric, (points, 2)."""
    turn = np.linspace(0, 2 * np.pi, points)
    root = np.linalg.cholesky(laplace.covariance.numpy())
    circle = np.stack([np.cos(turn), np.sin(turn)])
    return (laplace.mean.numpy() + deviations * (root @ circle).T).astype(np.float32)


def weights(grid: GridPosterior, laplace: Laplace, levels: Sequence[float], names: tuple[str, str] = ("w₀", "w₁"),
            palette: Palette = LIGHT) -> Figure:
    """The exact posterior as a map, its own 39% and 86% regions, and Laplace's ellipses for the same masses."""
    fig = figure(palette, x=names[0], y=names[1], height=TALL)
    window = _window(grid, laplace)
    rows, columns = (_inside(w, ends) for w, ends in zip((grid.w0, grid.w1), window, strict=True))
    w0, w1, log_mass = small(grid.w0[rows]), small(grid.w1[columns]), grid.log_mass[rows, columns].T
    top = float(grid.log_mass.max())
    fig.add_heatmap(x=w0, y=w1, z=small((log_mass - top).exp()), showscale=False, hoverinfo="skip",
                    colorscale=[list(stop) for stop in scale(palette)])
    for i, level in enumerate(levels):
        fig.add_contour(x=w0, y=w1, z=small((log_mass - top).clamp(min=-60.0)), showscale=False, hoverinfo="skip",
                        name="exact: 39% and 86% inside", showlegend=i == 0, line=line("posterior", palette),
                        contours={"coloring": "none", "start": level - top, "end": level - top, "size": 1.0})
    for i, deviations in enumerate((1.0, 2.0)):
        rim = ellipse(laplace, deviations)
        fig.add_scatter(x=rim[:, 0], y=rim[:, 1], mode="lines", line=line("q", palette), hoverinfo="skip",
                        name="Laplace: the same shares", showlegend=i == 0)
    fig.add_scatter(x=small(laplace.mean[:1]), y=small(laplace.mean[1:]), mode="markers", name="MAP",
                    marker=marker("q", palette, 10))
    fig.add_scatter(x=small(grid.mean[:1]), y=small(grid.mean[1:]), mode="markers", name="posterior mean",
                    marker=marker("posterior", palette, 10))
    fig.update_xaxes(range=list(window[0]))
    return fig.update_yaxes(range=list(window[1]))


def _window(grid: GridPosterior, laplace: Laplace) -> list[tuple[float, float]]:
    """A few deviations of either picture, per axis: the grid itself reaches much further."""
    centres, spreads = (grid.mean, laplace.mean), (grid.covariance, laplace.covariance)
    reach = [(m[d], factor * c[d, d] ** 0.5) for d in (0, 1)
             for m, c, factor in zip(centres, spreads, (4.0, 2.4), strict=True)]
    return [(min(float(m - s) for m, s in part), max(float(m + s) for m, s in part)) for part in (reach[:2], reach[2:])]


def _inside(w: Tensor, ends: tuple[float, float]) -> slice:
    """The grid points between `ends`, thinned to at most SHOWN."""
    first, last = int((w < ends[0]).sum()), int((w <= ends[1]).sum())
    return slice(max(first - 1, 0), last + 1, max(1, -(-(last - first) // SHOWN)))


def weights_alt(grid: GridPosterior, laplace: Laplace) -> str:
    """The sentence for `weights`."""
    return (f"Exact posterior of the two weights with mean ({grid.mean[0]:.3g}, {grid.mean[1]:.3g}) and MAP "
            f"({laplace.mean[0]:.3g}, {laplace.mean[1]:.3g}); ln p(y) is {nats(grid.log_evidence)} on the grid, "
            f"correct to {grid.tolerance:.0e}, and {nats(laplace.log_evidence)} by Laplace.")


class Chances(NamedTuple):
    """p(y = 1 | x) along x (G,), three ways."""

    x: Tensor
    exact: Tensor    # averaged over the posterior on the grid
    laplace: Tensor  # averaged over Laplace's Gaussian
    plug_in: Tensor  # with the MAP alone


def chances(answers: Chances, seen: tuple[Tensor, Tensor], unit: str = "x", palette: Palette = LIGHT) -> Figure:
    """The three chances of y = 1 along x, and the data as dots at 0 and 1."""
    fig = figure(palette, x=unit, y="probability that y = 1")
    for name, tone, values in (("posterior predictive (grid)", "posterior", answers.exact),
                               ("Laplace predictive", "likelihood", answers.laplace),
                               ("MAP plug-in", "q", answers.plug_in)):
        fig.add_scatter(x=small(answers.x), y=small(values), name=name, line=line(tone, palette))
    fig.add_scatter(x=small(seen[0]), y=small(seen[1]), mode="markers", name="data", marker=marker("data", palette),
                    cliponaxis=False)
    fig.update_yaxes(range=[-0.03, 1.03])
    return fig


def chances_alt(answers: Chances) -> str:
    """The sentence for `chances`."""
    x, exact, _, plug_in = answers
    worst = int((exact - plug_in).abs().argmax())
    return (f"The chance of y = 1 along x; the plug-in and the exact predictive differ most at x = {x[worst]:.3g}: "
            f"{plug_in[worst]:.3f} against {exact[worst]:.3f}.")


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    for size, name in ((3.156e7, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s")):
        if seconds >= size:
            return f"{seconds / size:,.3g} {name}"
    return f"{seconds * 1e3:.2g} ms"


def cost(costs: Sequence[GridCost], palette: Palette = LIGHT) -> Figure:
    """Seconds of the grid against the number of weights, log axis: dots were timed, rings are projected."""
    fig = figure(palette, x="number of weights", y="seconds (log axis)")
    fig.update_yaxes(type="log", exponentformat="power", dtick=2)
    fig.update_xaxes(dtick=1)
    _timed(fig, [c for c in costs if c.measured], ("grid, timed here", "data", "solid"), palette)
    _timed(fig, [c for c in costs if not c.measured], ("grid, projected from the last timing", "held-out", "dot"),
           palette)
    newton = np.array([c.newton_seconds for c in costs], np.float32)
    fig.add_scatter(x=[c.dimension for c in costs], y=newton, mode="lines+markers",
                    name="MAP and Laplace, timed here", line=line("q", palette), marker=marker("q", palette))
    return fig


def _timed(fig: Figure, part: Sequence[GridCost], look: tuple[str, str, str], palette: Palette) -> None:
    name, tone, dash = look
    if part:
        fig.add_scatter(x=[c.dimension for c in part], y=np.array([c.seconds for c in part], np.float32), name=name,
                        mode="lines+markers", line={"color": palette["evidence"], "dash": dash},
                        marker=marker(tone, palette, 9),
                        text=[f"{c.points:,} points, {duration(c.seconds)}" for c in part],
                        hovertemplate="%{text}<extra></extra>")


def cost_alt(costs: Sequence[GridCost]) -> str:
    """The sentence for `cost`."""
    timed = [c for c in costs if c.measured][-1]
    return (f"A grid over {timed.dimension} weights took {duration(timed.seconds)} for {timed.points:,} points; "
            f"over {costs[-1].dimension} weights it would take {duration(costs[-1].seconds)}, "
            f"while MAP and Laplace took {duration(costs[-1].newton_seconds)}.")
