"""Logistic regression: the posterior of two weights with MAP and Laplace, what they predict, and the cost of a grid."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.bayes import GridCost, GridPosterior, Laplace
from pages.bayes.figures.numbers import float32, format_nats
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, LOG_TICKS, Palette, figure, line, marker, scale_of
from ui.figures.written import written

SHOWN = 100              # grid points per axis that are sent, of more
INSIDE = (0.393, 0.865)  # mass inside one and two deviations of a Gaussian in the plane
HEIGHT = 390             # pixels
ROUNDING = 1e-12         # of the range of x: a smaller x is 0


def ellipse(laplace: Laplace, deviations: float, points: int = 96) -> NDArray[np.float32]:
    """Points at the Mahalanobis distance `deviations` from the mean of Laplace's Gaussian, (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, points)
    root = np.linalg.cholesky(laplace.covariance.numpy())
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return (laplace.mean.numpy() + deviations * (root @ circle).T).astype(np.float32)


def weights(grid: GridPosterior, laplace: Laplace, levels: Sequence[float], names: tuple[str, str] = ("w₀", "w₁"),
            palette: Palette = LIGHT) -> Figure:
    """The posterior on the grid in shades, its regions of masses INSIDE, and Laplace's ellipses of the same masses.

    levels: the log mass at the boundary of each region.
    """
    fig = figure(palette, x=names[0], y=names[1], height=HEIGHT)
    ranges = _ranges(grid, laplace)
    rows, columns = (_thinned(w, ends) for w, ends in zip((grid.w0, grid.w1), ranges, strict=True))
    w0, w1, log_mass = float32(grid.w0[rows]), float32(grid.w1[columns]), grid.log_mass[rows, columns].T
    top, shares = float(grid.log_mass.max()), " and ".join(f"{share:.0%}" for share in INSIDE)
    fig.add_heatmap(x=w0, y=w1, z=float32((log_mass - top).exp()), showscale=False, hoverinfo="skip",
                    colorscale=[list(stop) for stop in scale_of("posterior", palette)])
    for i, level in enumerate(levels):
        fig.add_contour(x=w0, y=w1, z=float32((log_mass - top).clamp(min=-60.0)), showscale=False, hoverinfo="skip",
                        name=f"exact: {shares} inside", showlegend=i == 0, line=line("posterior", palette),
                        contours={"coloring": "none", "start": level - top, "end": level - top, "size": 1.0})
    for i, deviations in enumerate((1.0, 2.0)):
        boundary = ellipse(laplace, deviations)
        fig.add_scatter(x=boundary[:, 0], y=boundary[:, 1], mode="lines", line=_laplace(palette), hoverinfo="skip",
                        name="Laplace: the same shares", showlegend=i == 0)
    fig.add_scatter(x=float32(laplace.mean[:1]), y=float32(laplace.mean[1:]), mode="markers", name="MAP",
                    marker=marker("q", palette, 10))
    fig.add_scatter(x=float32(grid.mean[:1]), y=float32(grid.mean[1:]), mode="markers", name="posterior mean",
                    marker=marker("posterior", palette, 10))
    fig.update_xaxes(range=list(ranges[0]))
    return fig.update_yaxes(range=list(ranges[1]))


def _laplace(palette: Palette) -> dict[str, Any]:
    """The line of Laplace's Gaussian and its predictive."""
    return line("gap", palette) | {"dash": "dashdot"}


def _ranges(grid: GridPosterior, laplace: Laplace) -> list[tuple[float, float]]:
    """Of each axis: a few deviations of either posterior; the grid is much wider."""
    centres, spreads = (grid.mean, laplace.mean), (grid.covariance, laplace.covariance)
    reach = [(m[d], factor * c[d, d] ** 0.5) for d in (0, 1)
             for m, c, factor in zip(centres, spreads, (4.0, 2.4), strict=True)]
    return [(min(float(m - s) for m, s in part), max(float(m + s) for m, s in part)) for part in (reach[:2], reach[2:])]


def _thinned(w: Tensor, ends: tuple[float, float]) -> slice:
    """The grid points between `ends`, at most about SHOWN of them."""
    first, last = int((w < ends[0]).sum()), int((w <= ends[1]).sum())
    return slice(max(first - 1, 0), last + 1, max(1, -(-(last - first) // SHOWN)))


def weights_alt(grid: GridPosterior, laplace: Laplace) -> str:
    """The sentence for `weights`."""
    return (f"Exact posterior of the two weights with mean ({_shown(grid.mean[0])}, {_shown(grid.mean[1])}) "
            f"and MAP ({_shown(laplace.mean[0])}, {_shown(laplace.mean[1])}); log p(y) is "
            f"{format_nats(grid.log_evidence)} on the grid, correct to {written(grid.tolerance, '.0e')}, "
            f"and {format_nats(laplace.log_evidence)} by Laplace.")


def _shown(weight: Tensor) -> str:
    """Three digits; what rounding alone leaves is 0."""
    return f"{round(float(weight), 12):z.3g}".replace("-", "−")


class ClassProbabilities(NamedTuple):
    """p(y = 1 | x) along x (G,), three ways."""

    x: Tensor
    exact: Tensor    # averaged over the posterior on the grid
    laplace: Tensor  # averaged over Laplace's Gaussian
    plug_in: Tensor  # with the MAP alone


def class_probabilities(probs: ClassProbabilities, data: tuple[Tensor, Tensor], feature: str = "x",
                        palette: Palette = LIGHT) -> Figure:
    """p(y = 1 | x) three ways, and the data (x (N,), y (N,)) as dots at 0 and 1, in the last trace."""
    fig = figure(palette, x=feature, y="probability that y = 1")
    for name, style, values in (("posterior predictive (grid)", line("posterior", palette), probs.exact),
                                ("Laplace predictive", _laplace(palette), probs.laplace),
                                ("MAP plug-in", line("q", palette), probs.plug_in)):
        fig.add_scatter(x=float32(probs.x), y=float32(values), name=name, line=style)
    fig.add_scatter(x=float32(data[0]), y=float32(data[1]), mode="markers", name="data", marker=marker("data", palette),
                    cliponaxis=False)
    fig.update_yaxes(range=[-0.03, 1.03])
    return fig


def class_probabilities_alt(probs: ClassProbabilities) -> str:
    """The sentence for `class_probabilities`."""
    x, exact, _, plug_in = probs
    worst = int((exact - plug_in).abs().argmax())
    at = float(x[worst]) if abs(float(x[worst])) > ROUNDING * float(x.abs().max()) else 0.0
    return ("The chance of y = 1 along x; the plug-in and the exact predictive differ most at x = "
            f"{written(at, '.3g')}: {plug_in[worst]:.3f} against {exact[worst]:.3f}.")


def duration(seconds: float) -> str:
    """Seconds in the largest unit of which there is one.

    >>> duration(90), duration(0.002)
    ('1.5 minutes', '2 ms')
    """
    for size, name in ((3.156e7, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s")):
        if seconds >= size:
            return f"{seconds / size:,.3g} {name}"
    return f"{float(f'{seconds * 1e3:.2g}'):g} ms"


def grid_costs(costs: Sequence[GridCost], palette: Palette = LIGHT) -> Figure:
    """Seconds of a grid over the number of weights: dots were timed, rings are projected; and of MAP and Laplace."""
    fig = figure(palette, x="number of weights", y="seconds (log axis)")
    fig.update_yaxes(type="log", dtick=2, tickfont=LOG_TICKS)
    fig.update_xaxes(dtick=1)
    _add_costs(fig, [c for c in costs if c.measured], ("grid, timed here", "data", "solid"), palette)
    _add_costs(fig, [c for c in costs if not c.measured], ("grid, projected from the last timing", "held-out", "dot"),
               palette)
    newton = np.array([c.newton_seconds for c in costs], np.float32)
    fig.add_scatter(x=[c.dimension for c in costs], y=newton, mode="lines+markers",
                    name="MAP and Laplace, timed here", line=line("q", palette), marker=marker("q", palette))
    return fig


def _add_costs(fig: Figure, part: Sequence[GridCost], appearance: tuple[str, str, str], palette: Palette) -> None:
    name, tone, dash = appearance
    if part:
        fig.add_scatter(x=[c.dimension for c in part], y=np.array([c.seconds for c in part], np.float32), name=name,
                        mode="lines+markers", line={"color": palette["evidence"], "dash": dash},
                        marker=marker(tone, palette, 9),
                        text=[f"{c.points:,} points, {duration(c.seconds)}" for c in part],
                        hovertemplate="%{text}<extra></extra>")


def grid_costs_alt(costs: Sequence[GridCost]) -> str:
    """The sentence for `grid_costs`."""
    timed = [c for c in costs if c.measured][-1]
    return (f"A grid over {timed.dimension} weights took {duration(timed.seconds)} for {timed.points:,} points; "
            f"over {costs[-1].dimension} weights it would take {duration(costs[-1].seconds)}, "
            f"while MAP and Laplace took {duration(costs[-1].newton_seconds)}.")
