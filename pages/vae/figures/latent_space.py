"""The latent space: the means of images, their history in a run, and the posterior of one image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dgm.vae.live_training import Snapshot
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written


def scatter(means: ArrayLike, labels: ArrayLike, palette: Palette = LIGHT, *, dims: tuple[int, int] = (0, 1),
            height: int = 440) -> Figure:
    """Latent means (N, L) of images on two of their dimensions, digits by colour and marker, other labels as rings."""
    z, classes = np.asarray(means, np.float32), np.asarray(labels)
    fig = theme.figure(palette, x=f"z<sub>{dims[0] + 1}</sub>", y=f"z<sub>{dims[1] + 1}</sub>", height=height)
    angle = np.linspace(0, 2 * np.pi, 120, dtype=np.float32)
    for radius in (1, 2, 3):
        fig.add_scatter(x=radius * np.cos(angle), y=radius * np.sin(angle), mode="lines", hoverinfo="skip",
                        line=theme.line("prior", palette, 1), showlegend=radius == 1, name="prior, 1 to 3 σ")
    for digit in np.unique(classes):
        chosen = z[classes == digit]
        name = str(digit) if digit < len(palette.classes) else "yours"
        fig.add_scatter(x=chosen[:, dims[0]], y=chosen[:, dims[1]], mode="markers", name=name,
                        marker=_marker(digit, palette),
                        hovertemplate=f"{name}: (%{{x:.2f}}, %{{y:.2f}})<extra></extra>")
    fig.update_yaxes(scaleanchor="x")
    return fig


def scatter_alt(means: ArrayLike, labels: ArrayLike, *, dims: tuple[int, int] = (0, 1)) -> str:
    """Where the means of `scatter` lie, in one sentence."""
    z = np.asarray(means, float)[:, list(dims)]
    centre, spread = z.mean(0), z.std(0)
    return (f"Latent means of {len(z)} test images on latents {dims[0] + 1} and {dims[1] + 1}"
            f"{_by_digit(labels)}: centre ({_place(*centre)}), deviations ({_place(*spread)}).")


def _by_digit(labels: ArrayLike) -> str:
    return ", by digit" if (np.asarray(labels) < len(LIGHT.classes)).any() else ""


def _marker(digit: int, palette: Palette) -> dict[str, Any]:
    """The marker of a digit; a ring for what is none."""
    if digit >= len(palette.classes):
        return {"color": palette.ink, "symbol": "circle-open", "size": 9}
    return {"color": palette.classes[digit], "symbol": theme.CLASS_MARKERS[digit], "size": 6, "opacity": 0.8}


def latent_history(frames: Sequence[Snapshot], labels: ArrayLike, palette: Palette = LIGHT) -> Figure:
    """The latent scatter of one run, a frame for each recorded step; the axes are fixed, so that only points move."""
    reach = max(3.5, *(float(np.abs(frame.means[:, :2].numpy()).max()) for frame in frames)) * 1.05
    fig = scatter(frames[0].means.numpy(), labels, palette)
    moving = range(3, len(fig.data))  # the prior's circles come first
    fig.frames = [spec.frame(name=f"step {frame.step:,}", traces=list(moving),
                             data=scatter(frame.means.numpy(), labels, palette).data[3:]) for frame in frames]
    fig.update_xaxes(range=[-reach, reach])
    fig.update_yaxes(range=[-reach, reach])
    return fig


def _place(*coordinates: float) -> str:
    return ", ".join(written(float(value), ".2f") for value in coordinates)


def latent_history_alt(frames: Sequence[Snapshot], labels: ArrayLike) -> str:
    """The history in one sentence."""
    return (f"History of the latent means of {len(frames[0].means)} validation images{_by_digit(labels)}, "
            f"{len(frames)} frames from step {frames[0].step} to step {frames[-1].step}.")


Ellipse = tuple[ArrayLike, ArrayLike]    # mean and deviation of a Gaussian with independent coordinates, (2,) each


def posterior_map(z1: ArrayLike, z2: ArrayLike, density: ArrayLike, encoder: Ellipse, palette: Palette = LIGHT, *,
                  best: Ellipse | None = None, height: int = theme.HEIGHT) -> Figure:
    """The exact posterior p(z | x) on the plane (shaded) and the encoder's q(z | x) (dashed, 1 and 2 deviations).

    z1, z2: (G,). density: (G, G), as [z2, z1]. best: the best q for this image, drawn solid.
    """
    fig = theme.figure(palette, x="z<sub>1</sub>", y="z<sub>2</sub>", height=height)
    faded = ((0.0, theme.rgba(palette["posterior"], 0)), (1.0, theme.rgba(palette["posterior"], 0.95)))
    fig.add_heatmap(x=np.asarray(z1, np.float32), y=np.asarray(z2, np.float32), z=np.asarray(density, np.float32),
                    colorscale=faded, showscale=False, zsmooth="best", hoverinfo="skip", showlegend=True,
                    name="exact posterior p(z | x)")
    _add_rings(fig, encoder, theme.line("q", palette), "q(z | x), 1 and 2 σ")
    if best is not None:
        _add_rings(fig, best, {**theme.line("q", palette, 1.6), "dash": "solid"}, "best Gaussian")
    fig.update_yaxes(scaleanchor="x")
    fig.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return fig.update_saved(room=50, showlegend=True)     # the page explains it beside the figure


def _add_rings(fig: Figure, q: Ellipse, line: dict[str, Any], name: str) -> None:
    """The ellipses of 1 and 2 deviations of a Gaussian."""
    mean, deviation = (np.asarray(values, np.float32) for values in q)
    angle = np.linspace(0, 2 * np.pi, 100, dtype=np.float32)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    for radius in (1, 2):
        x, y = mean[:2, None] + radius * deviation[:2, None] * circle
        fig.add_scatter(x=x, y=y, mode="lines", line=line, name=name, showlegend=radius == 1)


def posterior_map_alt(z1: ArrayLike, z2: ArrayLike, density: ArrayLike, encoder: Ellipse,
                      name: str = "of your digit") -> str:
    """Where the posterior and q have their peaks, in one sentence; arguments as `posterior_map`."""
    density = np.asarray(density)
    row, column = np.unravel_index(density.argmax(), density.shape)
    mean = np.asarray(encoder[0])
    of = f"{name}," if "," in name else name      # "of test image 22, a 4," is closed by a comma
    return (f"The exact posterior {of} peaks near z = ({_place(np.asarray(z1)[column], np.asarray(z2)[row])}); "
            f"the encoder's q is centred at ({_place(*mean)}).")
