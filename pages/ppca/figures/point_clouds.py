"""Points with the lines and planes of the PCA model; `<name>_alt` writes the sentence of a figure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.ppca.model import Draw, Params, Posterior
from pages.ppca.figures.geometry import (
    direction,
    ellipse,
    half_length,
    line,
    model_cov,
    noise_band,
    plane_patch,
)
from ui.figures import spec
from ui.figures.axis_ends import far_ticks, less, round_start
from ui.figures.encoding import numbers
from ui.figures.spec import Figure, Json
from ui.figures.theme import CLASS_MARKERS, LIGHT, Palette, figure, marker
from ui.figures.theme import line as stroke
from ui.figures.written import percent, written

CLOUD_HEIGHT = 420
ROOM_AROUND = 0.55     # half of an axis, of the length that the points fill
EYE = {"x": 1.15, "y": -1.6, "z": 0.75}    # the camera, for a cube
FAINT = 0.35           # opacity of the data in space, in front of which new points are seen
ROOM = {"b": 50}    # below: plotly cuts the subscript of an axis title otherwise


class Ranges(NamedTuple):
    """Centre and half of the length of each axis."""

    centre: NDArray[np.float64]     # (2,)
    half: NDArray[np.float64]       # (2,)


def ranges(shown: Tensor, inside: Tensor | None = None) -> Ranges:
    """The points `shown` (N, 2) with some room around them; the axes grow, without room, until they hold `inside`."""
    low, high = np.asarray(shown.amin(0)), np.asarray(shown.amax(0))
    length = high - low
    centre, half = (low + high) / 2, ROOM_AROUND * np.maximum(length, 0.2 * (float(length.max()) or 1.0))
    if inside is not None:
        half = np.maximum(half, np.abs(np.asarray(inside) - centre).max(0))
    return Ranges(centre, half)


def with_contour(shown: Tensor, share: float = 1.0) -> Tensor:
    """The points, and the 2-deviation contour of the model fitted to them. share: of its best noise variance."""
    values, vectors = np.linalg.eigh(np.cov(np.asarray(shown).T, bias=True))
    noise = share * values[0]
    cov = (vectors * np.maximum([noise, values[1]], noise)) @ vectors.T
    return torch.cat([shown, shown.new_tensor(ellipse(shown.mean(0), cov).tolist())])


def same_unit(fig: Figure, at: Ranges) -> Figure:
    """The same unit on both axes, which show at least these ranges."""
    for update, middle, half in zip((fig.update_xaxes, fig.update_yaxes), at.centre, at.half, strict=True):
        low, high = float(middle - half), float(middle + half)
        update(range=[low, high], **far_ticks(low, high))
    return fig.update_yaxes(scaleanchor="x")


def points(x: Tensor, palette: Palette, name: str = "data") -> Json:
    """The points of a cloud."""
    return spec.dots(x=numbers(x[:, 0]), y=numbers(x[:, 1]), name=name,
                     marker={**marker("data", palette, 6), "opacity": 0.65})


def model_traces(shown: Tensor, theta: Params, palette: Palette = LIGHT) -> list[Json]:
    """Traces of the band of noise, the line, and the 2-deviation contour of p(x): a cloud in the plane, q = 1.

    shown (N, 2): the points that set the length of the line.
    """
    length = half_length(shown)
    band, axis = noise_band(theta, length), line(theta, length)
    contour = ellipse(theta.mean, model_cov(theta))
    return [
        spec.scatter(x=band[:, 0], y=band[:, 1], mode="lines", fill="toself", line={"width": 0}, hoverinfo="skip",
                     fillcolor=palette.faint("likelihood"), name="noise, ±2σ"),
        spec.scatter(x=axis[:, 0], y=axis[:, 1], mode="lines", line=stroke("reconstruction", palette),
                     name="Wz + μ"),
        spec.scatter(x=contour[:, 0], y=contour[:, 1], mode="lines", line=stroke("evidence", palette, 1.6),
                     name="p(x), 2 deviations"),
    ]


def draw_traces(draws: Draw, palette: Palette) -> list[Json]:
    """z decoded on the line, the new x, and the noise from one to the other: one line with gaps for all draws."""
    pairs = np.full((len(draws.x) * 3, 2), np.nan)
    pairs[0::3], pairs[1::3] = draws.decoded, draws.x
    path = numbers(pairs)
    return [
        spec.scatter(x=path[:, 0], y=path[:, 1], mode="lines", line=stroke("likelihood", palette, 1.4), name="noise",
                     showlegend=False, hoverinfo="skip"),
        spec.scatter(x=numbers(draws.decoded[:, 0]), y=numbers(draws.decoded[:, 1]), mode="markers",
                     name="new z, decoded",
                     marker={**marker("reconstruction", palette, 8), "symbol": "diamond"}),
        spec.scatter(x=numbers(draws.x[:, 0]), y=numbers(draws.x[:, 1]), mode="markers", name="new x",
                     marker={**marker("likelihood", palette, 9), "symbol": "cross"}),
    ]


def cloud(x: Tensor, theta: Params, palette: Palette = LIGHT, *, axes: Sequence[str] = ("x₁", "x₂")) -> Figure:
    """A cloud in the plane with the model's line and noise. x (N, 2). theta: q = 1. axes: their titles."""
    fig = figure(palette, x=axes[0], y=axes[1], height=CLOUD_HEIGHT, margin=ROOM)
    band, *rest = model_traces(x, theta, palette)
    fig.add_traces([band, points(x, palette), *rest])
    return same_unit(fig, ranges(with_contour(x)))


def cloud_alt(x: Tensor, theta: Params, draws: Draw | None = None) -> str:
    """The numbers of `cloud` in a sentence."""
    angle = np.degrees(np.arctan2(*direction(theta)[::-1])) % 180
    line = f"the model's line rises at {angle:.0f} degrees" if _used(theta) else "W is 0, so the model has no line"
    return (f"{len(x)} points in the plane; {line}, with noise of standard deviation "
            f"{written(float(theta.sigma2) ** 0.5, '.3g')} around {'it' if _used(theta) else 'the mean'}."
            f"{_new_points(draws)}")


def _scene(palette: Palette, axes: Sequence[str], spans: NDArray[np.float64]) -> Json:
    """The box and the camera, which is as far away as a box of these edges needs to be in view. spans: (3,)."""
    axis = {"gridcolor": palette.grid, "color": palette.ink, "showbackground": False, "zeroline": False,
            "exponentformat": "power"}
    xaxis, yaxis, zaxis = (
        {**axis, "title": {"text": name, "font": {"size": 13}}, "nticks": max(3, round(6 * length / spans.max()))}
        for name, length in zip(axes, spans.tolist(), strict=True))
    edges = spans / spans.prod() ** (1 / 3)       # as plotly draws the box, for "data"
    far = max(1.0, float(np.linalg.norm(edges)) / 3**0.5)
    return {"xaxis": xaxis, "yaxis": yaxis, "zaxis": zaxis, "aspectmode": "data", "dragmode": "turntable",
            "camera": {"eye": {name: far * at for name, at in EYE.items()}, "center": {"x": 0, "y": 0, "z": -0.2}}}


def space(x: Tensor, theta: Params, draws: Draw | None = None, palette: Palette = LIGHT, *,
          axes: Sequence[str] = ("x₁", "x₂", "x₃")) -> Figure:
    """A cloud in space with the model's plane (q = 2) or line (q = 1), and new points as in `cloud`; x (N, 3)."""
    start = x.new_tensor([round_start(low, high) for low, high in zip(x.amin(0).tolist(), x.amax(0).tolist(),
                                                                    strict=True)])
    x, theta = x - start, theta._replace(mean=theta.mean - start)
    if draws is not None:
        draws = draws._replace(decoded=draws.decoded - start, x=draws.x - start)
    axes = list(map(less, axes, start.tolist()))
    fig = figure(palette, height=CLOUD_HEIGHT, legend={"itemsizing": "constant"})
    opacity = 0.7 if draws is None or not len(draws.x) else FAINT
    fig.add_scatter3d(x=numbers(x[:, 0]), y=numbers(x[:, 1]), z=numbers(x[:, 2]), mode="markers", name="data",
                      marker={"color": palette["data"], "size": 2.6, "opacity": opacity})
    if theta.W.shape[1] > 1:
        a, b, c = plane_patch(theta)
        flat = [[0, palette["reconstruction"]], [1, palette["reconstruction"]]]
        fig.add_surface(x=a, y=b, z=c, opacity=0.3, showscale=False, colorscale=flat, name="plane", showlegend=False)
        fig.add_scatter3d(x=[None], y=[None], z=[None], mode="lines", name="Wz + μ",    # in the legend alone
                          line={"color": palette["reconstruction"], "width": 6})
    else:
        ends = line(theta, half_length(x))
        fig.add_scatter3d(x=ends[:, 0], y=ends[:, 1], z=ends[:, 2], mode="lines", name="Wz + μ",
                          line={"color": palette["reconstruction"], "width": 6})
    if draws is not None and len(draws.x):
        pairs = np.full((len(draws.x) * 3, 3), np.nan)
        pairs[0::3], pairs[1::3] = draws.decoded, draws.x
        path = numbers(pairs)
        fig.add_scatter3d(x=path[:, 0], y=path[:, 1], z=path[:, 2], mode="lines+markers", name="z decoded, then noise",
                          line={"color": palette["likelihood"], "width": 4},
                          marker={"color": palette["likelihood"], "size": 5, "symbol": "cross"})
    return fig.update_layout(scene=_scene(palette, axes, _spans(fig)))


def _spans(fig: Figure) -> NDArray[np.float64]:
    """The lengths (3,) of the box around all that is drawn in space; an empty one is as long as the longest."""
    drawn = [[np.asarray(trace[axis], np.float64).ravel() for trace in fig.data] for axis in "xyz"]
    spans = np.array([np.nanmax(np.concatenate(parts)) - np.nanmin(np.concatenate(parts)) for parts in drawn])
    return np.where(spans > 0, spans, spans.max() or 1.0)


def space_alt(x: Tensor, theta: Params, draws: Draw | None = None) -> str:
    """The numbers of `space` in a sentence."""
    shape = {0: "mean alone: W is 0", 1: "line through their mean"}.get(_used(theta), "plane through their mean")
    return (f"{len(x)} points in space and the model's {shape}; the noise around it has standard "
            f"deviation {written(float(theta.sigma2) ** 0.5, '.3g')}.{_new_points(draws)}")


def _used(theta: Params) -> int:
    """How many columns of W are not 0."""
    return int((theta.W.norm(dim=0) > 0).sum())


def _new_points(draws: Draw | None) -> str:
    return f" {len(draws.x)} new points are drawn from the model." if draws is not None and len(draws.x) else ""


def latent(found: Posterior, chosen: int = 0, projected: Tensor | None = None, palette: Palette = LIGHT, *,
           labels: Tensor | None = None, classes: Sequence[str] = ()) -> Figure:
    """Posterior means of z (first two dimensions), the prior's circle, and the posterior ellipse of one point.

    chosen: index of the point with the ellipse. projected (N, q): z by PCA's projection, which the prior shrinks.
    labels (N,): numbers of the classes, whose names are `classes`.
    """
    z = found.mean[:, :2]
    fig = figure(palette, x="z₁", y="z₂", height=CLOUD_HEIGHT, margin=ROOM)
    prior, posterior = ellipse([0, 0], np.eye(2)), ellipse(z[chosen], found.cov[:2, :2])
    fig.add_traces(_means(z, labels, classes, palette))
    fig.add_scatter(x=prior[:, 0], y=prior[:, 1], mode="lines", line=stroke("prior", palette),
                    name="prior, 2 deviations")
    fig.add_scatter(x=posterior[:, 0], y=posterior[:, 1], mode="lines", line=stroke("posterior", palette),
                    fill="toself", fillcolor=palette.faint("posterior"), name="p(z | x), 2 deviations")
    if projected is not None:
        ends = numbers([np.asarray(projected[chosen, :2]), np.asarray(z[chosen])])
        fig.add_scatter(x=ends[:, 0], y=ends[:, 1], mode="lines+markers", line=stroke("posterior", palette, 1.5),
                        marker={"symbol": ["circle-open", "circle"], "size": 9, "color": palette["posterior"]},
                        name="shrunk from PCA's projection")
    half = max(2.3, float(z.abs().max()) * 1.08)
    fig.update_xaxes(range=[-half, half])
    fig.update_yaxes(range=[-half, half], scaleanchor="x")
    return fig


def _means(z: Tensor, labels: Tensor | None, classes: Sequence[str], palette: Palette) -> list[Json]:
    """Posterior means (N, 2), a trace for each class; one for all without classes, or with more than the marks."""
    def trace(place: Tensor, name: str, look: Json) -> Json:
        return spec.scattergl(x=numbers(place[:, 0]), y=numbers(place[:, 1]), mode="markers", name=name,
                              marker={**look, "size": 5, "opacity": 0.55})

    if labels is None or not 0 < len(classes) <= len(palette.classes):
        return [trace(z, "E[z | x]", {"color": palette["data"]})]
    return [trace(z[labels == k], f"E[z | x], {name}",
                  {"color": palette.classes[k], "symbol": CLASS_MARKERS[k]})
            for k, name in enumerate(classes) if bool((labels == k).any())]


def latent_alt(found: Posterior, chosen: int = 0, classes: Sequence[str] = ()) -> str:
    """The numbers of `latent` in a sentence."""
    of = f" of {len(classes)} classes" if classes else ""
    deviations = ", ".join(f"{float(v) ** 0.5:.2f}" for v in found.cov.diagonal()[:2])
    mean = ", ".join(written(float(v), ".2f") for v in found.mean[chosen, :2])
    return (f"Latent plane with the posterior means of {len(found.mean)} rows{of} and the prior's circle; row "
            f"{chosen + 1} has posterior mean ({mean}) and standard deviations ({deviations}), where the prior has 1.")


def model_samples(x: Tensor, theta: Params, drawn: Tensor, share: float, palette: Palette = LIGHT, *,
                  axes: Sequence[str] = ("x₁", "x₂")) -> Figure:
    """Data, the fitted model, and points drawn from it. drawn (M, 2); share: how many of them lie off the data."""
    fig = figure(palette, x=axes[0], y=axes[1], height=CLOUD_HEIGHT, margin=ROOM)
    fig.add_traces([points(x, palette), *model_traces(x, theta, palette)[1:]])
    fig.add_scatter(x=numbers(drawn[:, 0]), y=numbers(drawn[:, 1]), mode="markers",
                    name=f"drawn from the model: {percent(share)} away from the data",
                    marker={**marker("likelihood", palette, 6), "symbol": "cross-open"})
    return same_unit(fig, ranges(with_contour(x), drawn))


def model_samples_alt(x: Tensor, drawn: Tensor, share: float) -> str:
    """The numbers of `model_samples` in a sentence."""
    return (f"{len(x)} data points, the fitted line through them, and {len(drawn)} points drawn from the model: "
            f"{percent(share)} of those fall where there are no data.")


def gaussians(theta: Params, decoded: Tensor, point: Tensor, palette: Palette = LIGHT) -> Figure:
    """p(x) as an average over z: one round Gaussian N(Wz + mu, sigma^2 I) for each drawn z, and the p(x) of all z.

    decoded (S, 2): Wz + mu of the drawn z. point (2,): the x whose density is estimated.
    """
    fig = figure(palette, x="x₁", y="x₂", height=CLOUD_HEIGHT, margin=ROOM)
    circle = np.vstack([ellipse([0, 0], float(theta.sigma2) * np.eye(2), 1.0, 33), [[np.nan, np.nan]]])
    path = numbers((np.asarray(decoded)[:, None] + circle).reshape(-1, 2))
    fig.add_scatter(x=path[:, 0], y=path[:, 1], mode="lines", hoverinfo="skip", name="p(x | z), one drawn z each",
                    line={"color": palette.faint("likelihood", 0.5), "width": 1})
    for deviations in (1, 2, 3):
        ring = ellipse(theta.mean, model_cov(theta), deviations)
        fig.add_scatter(x=ring[:, 0], y=ring[:, 1], mode="lines", line=stroke("evidence", palette, 1.6),
                        name="p(x), 1 to 3 deviations", legendgroup="p", showlegend=deviations == 1)
    fig.add_scatter(x=numbers(point[:1]), y=numbers(point[1:2]), mode="markers", name="x",
                    marker={"color": palette.accent, "symbol": "x", "size": 11})
    edge = ellipse(theta.mean, model_cov(theta), 4.2)
    fig.update_xaxes(range=[float(edge[:, 0].min()), float(edge[:, 0].max())])
    fig.update_yaxes(range=[float(edge[:, 1].min()), float(edge[:, 1].max())], scaleanchor="x")
    return fig


def gaussians_alt(decoded: Tensor, exact: float, estimate: float, error: float) -> str:
    """The numbers of `gaussians` in a sentence."""
    return (f"{len(decoded)} round Gaussians along the line add up to the elliptical p(x); at the marked point "
            f"log p(x) is {written(exact, '.3f')} nats and the Monte Carlo estimate {written(estimate, '.3f')} ± "
            f"{written(error, '.3f')}.")
