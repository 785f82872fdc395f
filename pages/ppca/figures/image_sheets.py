"""Images of a PCA model on one sheet: eigen-images, reconstructions, missing pixels; `<name>_alt` writes a sentence."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from pages.ppca.figures.geometry import Array, sheet
from ui.figures import spec
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, scale


def _diverging(palette: Palette) -> list[list[Any]]:
    """The colour scale of signed pixels: zero is the page's background."""
    return [[0.0, palette["gap"]], [0.5, palette.paper], [1.0, palette["reconstruction"]]]


def _without_axes(fig: Figure, picture: Array, left: Sequence[tuple[float, str]] = (),
          top: Sequence[tuple[float, str]] = (), width: int = 820) -> Figure:
    """Square pixels, and no axes but the names (place, text) of rows at the left and of columns on top."""
    rows, columns = picture.shape
    x, y = _around(picture)
    fig.update_xaxes(visible=bool(top), showgrid=False, side="top", tickvals=[at for at, _ in top], range=x,
                     ticktext=[text for _, text in top], constrain="domain", ticks="")
    fig.update_yaxes(visible=bool(left), showgrid=False, range=y, tickvals=[at for at, _ in left],
                     ticktext=[text for _, text in left], scaleanchor="x", constrain="domain", ticks="")
    fig.update_layout(height=int(width * rows / columns) + (40 if top else 24))
    return fig


def _around(picture: Array) -> tuple[list[float], list[float]]:
    """The ranges of x and y that leave a pixel around the picture, as there is between its images."""
    rows, columns = picture.shape
    return [-1.5, columns + 0.5], [rows + 0.5, -1.5]


def _on_grey(palette: Palette, **layout: Any) -> Figure:
    """An empty figure whose background is seen between the images and where a pixel is missing: it is not white."""
    return figure(palette, plot_bgcolor=palette.grid, **layout)


def _middles(count: int, size: int) -> list[float]:
    """The middle of each of `count` images of `size` pixels that lie one pixel apart."""
    return [index * (size + 1) + (size - 1) / 2 for index in range(count)]


def eigen_images(W: Tensor, shape: tuple[int, int], columns: int = 8, palette: Palette = LIGHT) -> Figure:
    """The columns of W (D, q) as images of unit length: the direction in which each latent moves the mean.

    One row has a number above each image, several rows have theirs at the left.
    """
    count = W.shape[1]
    columns = min(columns, max(count, 1))
    unit = W / W.norm(dim=0).clamp_min(1e-300)
    picture = sheet(unit.T, shape, columns)
    limit = float(unit.abs().max()) if count else 1.0
    fig = _on_grey(palette)
    fig.add_heatmap(z=picture, colorscale=_diverging(palette), zmin=-limit, zmax=limit, showscale=False,
                    hoverinfo="skip")
    rows = range(0, count, columns) if columns else ()
    if len(rows) > 1:
        ranges = [f"{first + 1}" if first + 1 == count else f"{first + 1} to {min(first + columns, count)}"
                  for first in rows]
        return _without_axes(fig, picture, left=list(zip(_middles(len(rows), shape[0]), ranges, strict=True)))
    return _without_axes(fig, picture, top=[(at, f"{j + 1}") for j, at in enumerate(_middles(columns, shape[1]))])


def eigen_images_alt(W: Tensor) -> str:
    """The numbers of `eigen_images` in a sentence."""
    lengths = W.norm(dim=0)
    if not len(lengths):
        return "No eigen-images: q is 0."
    return (f"{len(lengths)} eigen-images in order of length, {float(lengths[0]):.2f} to {float(lengths[-1]):.2f}; "
            "blue adds ink, orange takes it away.")


def reconstructions(originals: Tensor, rows: Sequence[tuple[str, Tensor]], shape: tuple[int, int],
                    palette: Palette = LIGHT) -> Figure:
    """Images (N, D) in the first row, and below them their reconstructions (N, D), each row with its name."""
    count = len(originals)
    stack = np.concatenate([np.asarray(originals), *(np.asarray(images) for _, images in rows)])
    picture = sheet(stack, shape, count)
    fig = _on_grey(palette)
    fig.add_heatmap(z=picture, colorscale=scale(palette), zmin=float(originals.min()), zmax=float(originals.max()),
                    showscale=False, hoverinfo="skip")
    labels = ["image", *(name for name, _ in rows)]
    return _without_axes(fig, picture, left=list(zip(_middles(len(labels), shape[0]), labels, strict=True)))


def reconstructions_alt(rows: Sequence[tuple[str, float]]) -> str:
    """Mean squared error per pixel of every row, in a sentence."""
    errors = ", ".join(f"{name}: {error:.4f}" for name, error in rows)
    return f"Images and their reconstructions; mean squared error per pixel, {errors}."


def filled(original: Tensor, seen: Tensor, mean: Tensor, sd: Tensor, shape: tuple[int, int], *,
           palette: Palette = LIGHT) -> Figure:
    """One row for each image: the image, its known pixels, what the model fills in, and the standard deviation.

    original, seen (NaN where missing), mean, sd: (N, D).
    """
    count = len(original)
    grey = np.concatenate([np.stack([np.asarray(a), np.asarray(b), np.asarray(c)])
                           for a, b, c in zip(original, seen, mean, strict=True)])
    left, right = sheet(grey, shape, 3), sheet(sd, shape, 1)
    fig = _on_grey(palette, height=110 * count + 40).split((0.74, 0.26), gap=0.02)
    low, high = float(original.min()), float(original.max())
    fig.add_heatmap(z=left, colorscale=scale(palette), zmin=low, zmax=high, showscale=False, hoverinfo="skip")
    fig.add_heatmap(z=right, colorscale=[[0, palette.paper], [1, palette["posterior"]]], zmin=0, showscale=False,
                    hovertemplate="± %{z:.3f}<extra></extra>", **spec.on(2))
    names = zip(_middles(3, shape[1]), ("image", "seen", "filled in"), strict=True)
    tops = ([*names], [((shape[1] - 1) / 2, "± deviation")])
    for panel, (picture, top) in enumerate(zip((left, right), tops, strict=True), start=1):
        x, y = _around(picture)
        fig.update_xaxes(showgrid=False, zeroline=False, side="top", constrain="domain", ticks="", panel=panel,
                         range=x, tickvals=[at for at, _ in top], ticktext=[text for _, text in top])
        fig.update_yaxes(visible=False, range=y, constrain="domain", panel=panel,
                         scaleanchor="x" if panel == 1 else "x2")
    return fig


def filled_alt(missing: int, error: float, mean_error: float, sd: float) -> str:
    """The numbers of `filled` in a sentence: root mean squared errors over the missing pixels."""
    return (f"{missing} missing pixels filled in: error {error:.3f} per pixel where the mean image errs by "
            f"{mean_error:.3f}; the model itself expects ± {sd:.3f}.")
