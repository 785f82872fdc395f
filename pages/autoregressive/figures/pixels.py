"""A small image whose pixels are clicked, its terms pixel by pixel, and rows of images to choose from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.wording import number
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
SIDE = 300       # CSS pixels of the board
TERMS = 380      # of the terms
GAP = 1          # pixels between images of a row
LINE = 3         # pixels below an image, for its text


def _square(fig: Figure, rows: int, columns: int) -> Figure:
    """Axes of equal scale, the first row on top."""
    fig.update_xaxes(visible=False, range=[-0.5, columns - 0.5], fixedrange=True, constrain="domain")
    return fig.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True, scaleanchor="x",
                            constrain="domain")


def board(image: Array, palette: Palette = LIGHT) -> Figure:
    """An image (H, W) of 0 and 1 as cells, black on white on dark pages too: the text calls them so."""
    fig = theme.figure(palette, height=SIDE, showlegend=False, plot_bgcolor=palette.grid)
    fig.add_heatmap(z=np.float32(image), zmin=0, zmax=1, colorscale=theme.ink(LIGHT), showscale=False, xgap=1, ygap=1,
                    hoverinfo="skip")
    return _square(fig, *image.shape)


def terms(log_terms: Array, image: Array, chances: Array, palette: Palette = LIGHT) -> Figure:
    """log p of each pixel (H, W) in its cell, with the sum of each row; cells in full colour are surprises."""
    rows, columns = image.shape
    fig = theme.figure(palette, x="column", height=TERMS, showlegend=False)
    shade = np.float32(np.minimum(-log_terms, 5.0))
    colours = [theme.readable(float(share), palette) for share in (shade / 5.0).ravel()]
    texts = [[number(float(value), 2) for value in row] for row in log_terms]
    fig.add_heatmap(z=shade, zmin=0, zmax=5, colorscale=theme.scale(palette), showscale=False, xgap=1, ygap=1,
                    customdata=np.where(image > 0.5, chances, 1 - chances).astype(np.float32),
                    hovertemplate="probability of what is here: %{customdata:.3f}<extra></extra>")
    fig.add_scatter(x=[column for _ in range(rows) for column in range(columns)],
                    y=[row for row in range(rows) for _ in range(columns)], mode="text", hoverinfo="skip",
                    text=[text for row in texts for text in row], textfont={"size": 11, "color": colours})
    fig.add_scatter(x=[columns + 0.4] * rows, y=list(range(rows)), mode="text", hoverinfo="skip", cliponaxis=False,
                    text=[number(float(row.sum())) for row in log_terms], textfont={"color": palette.ink})
    _square(fig, rows, columns)
    numbered: dict[str, Any] = {"visible": True, "showgrid": False, "showline": False, "ticks": ""}
    fig.update_yaxes(**numbered, tickvals=[*range(rows)], ticktext=[str(i + 1) for i in range(rows)])
    return fig.update_xaxes(**numbered, side="top", range=[-0.5, columns + 1.4],
                            tickvals=[*range(columns), columns + 0.4],
                            ticktext=[*(str(i + 1) for i in range(columns)), "sum, nats"])


def terms_alt(log_terms: Array) -> str:
    """The terms in one sentence."""
    row, column = np.unravel_index(int(np.argmin(log_terms)), log_terms.shape)
    return (f"{log_terms.size} terms that add up to {number(float(log_terms.sum()))} nats; the most negative is "
            f"{number(float(log_terms.min()))}, in row {row + 1}, column {column + 1}.")


def running(in_order: Array, total: float, palette: Palette = LIGHT) -> Figure:
    """The sum of the terms so far, in the order of the model."""
    fig = theme.figure(palette, x="pixels, in the model's order", y="sum of terms, nats", height=230, showlegend=False)
    ends = np.append(0.0, np.cumsum(in_order))
    fig.add_scatter(x=np.arange(len(ends)), y=ends, mode="lines+markers", marker={"size": 4}, hoverinfo="skip",
                    line={"color": palette["evidence"], "width": 2, "shape": "hv"})
    fig.add_hline(total, text=f"log p(x) = {number(total)}", right=False,
                  line={"color": palette["evidence"], "width": 1, "dash": "dot"})
    return fig.update_yaxes(range=[1.12 * total, 0.5])


def running_alt(in_order: Array) -> str:
    """The sum in one sentence."""
    half = len(in_order) // 2
    return (f"The sum of the terms falls to {number(float(in_order[:half].sum()))} after {half} pixels and to "
            f"{number(float(in_order.sum()))} at the end.")


def gallery(images: Sequence[Array], texts: Sequence[str], columns: int, palette: Palette = LIGHT) -> Figure:
    """Images (H, W) in rows of `columns`, each with a text below it; a click finds one with `which`."""
    high, wide = images[0].shape
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (high + LINE), columns * (wide + GAP) - GAP), np.nan, np.float32)
    for i, image in enumerate(images):
        top, left = i // columns * (high + LINE), i % columns * (wide + GAP)
        sheet[top:top + high, left:left + wide] = image
    fig = theme.figure(palette, height=66 + 110 * rows, showlegend=False)
    fig.add_heatmap(z=sheet, zmin=0, zmax=1, colorscale=theme.ink(LIGHT), showscale=False, hoverinfo="skip")
    centres = [divmod(i, columns) for i in range(len(images))]
    fig.add_scatter(x=[column * (wide + GAP) + wide / 2 - 0.5 for _, column in centres],
                    y=[row * (high + LINE) + high + 1 for row, _ in centres], mode="text", text=list(texts),
                    hoverinfo="skip", textfont={"color": palette.ink, "size": 12}, cliponaxis=False)
    for row, column in centres:
        fig.add_shape(type="rect", x0=column * (wide + GAP) - 0.5, x1=column * (wide + GAP) + wide - 0.5,
                      y0=row * (high + LINE) - 0.5, y1=row * (high + LINE) + high - 0.5,
                      line={"color": palette["data"], "width": 1})
    return _square(fig, *sheet.shape)


def which(cell: int, shape: tuple[int, int], columns: int, count: int) -> int | None:
    """The number of the image that a clicked cell of the gallery belongs to, None for none.

    >>> which(0, (8, 8), 6, 12), which(9, (8, 8), 6, 12)
    (0, 1)
    """
    high, wide = shape
    row, column = divmod(cell, columns * (wide + GAP) - GAP)
    found = row // (high + LINE) * columns + min(column // (wide + GAP), columns - 1)
    return found if found < count else None


__all__ = ["board", "gallery", "running", "running_alt", "terms", "terms_alt", "which"]
