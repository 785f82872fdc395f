"""f with a Gaussian or a categorical q, and what an estimator uses of each draw of z."""

import numpy as np
import torch
from torch import Tensor

from dgm.gradients import Cost
from pages.gradients.figures import styles
from pages.gradients.figures.axes import FLOAT32_LIMIT, as_float32
from pages.gradients.notation import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 190
HALF_SLOPE = 0.035    # of the frame's width: half a slope's length along z
WIDTH = 3.2           # sigmas of q to each side


def gaussian(cost: Cost, mu: float, sigma: float, z: Tensor, palette: Palette = LIGHT) -> Figure:
    """f as a line, the density q at the bottom, each draw z (n,) as a dot at its height with its slope through it."""
    half = max(WIDTH * sigma, 1.5)
    fig, f = _frame(cost, mu, half, palette)
    low, high = _height_range(f)
    u = np.linspace(-WIDTH, WIDTH, 81)
    density = low + 0.3 * (high - low) * np.exp(-(u**2) / 2)
    fig.add_scatter(x=as_float32(mu + sigma * u), y=as_float32(density), mode="lines", name="density q",
                    line={"color": palette["q"], "width": 1}, fill="toself", hoverinfo="skip",
                    fillcolor=palette.faint("q", 0.15))
    heights = cost.of(z, False).numpy()
    x, y = _slopes(z.numpy(), heights, cost.slope(z.clone()).numpy(), 2 * half, high - low)
    fig.add_scatter(x=as_float32(x), y=as_float32(y), mode="lines", name="slopes f′(z)", hoverinfo="skip",
                    line={"color": palette["reparametrization"], "width": 3})
    fig.add_scatter(x=as_float32(z.numpy()), y=as_float32(heights), mode="markers", name="heights f(z)",
                    marker=styles.marker("log-derivative", palette, 7))
    return fig.update_yaxes(range=[low, high])


def _frame(cost: Cost, centre: float, half: float, palette: Palette) -> tuple[Figure, np.ndarray]:
    """The figure with f drawn, and f's values."""
    grid = np.linspace(centre - half, centre + half, 241)
    f = cost.of(torch.from_numpy(grid.copy()), False).numpy()
    fig = theme.figure(palette, x="z", y="f", height=HEIGHT, showlegend=False)
    fig.update_saved(room=60, showlegend=True)      # the page explains it in a caption
    fig.add_scatter(x=as_float32(grid), y=as_float32(f), mode="lines", name="f",
                    line=theme.line("evidence", palette, 2))
    return fig, f


def _height_range(f: np.ndarray) -> tuple[float, float]:
    """Bottom and top of the frame: all of f, and zero, so that a height is seen as a height."""
    finite = f[np.abs(f) < FLOAT32_LIMIT]
    low, high = min(0.0, float(finite.min(initial=0.0))), max(0.0, float(finite.max(initial=0.0)))
    margin = 0.08 * (high - low) or 1.0
    return low - margin * (low < 0), high + margin


def _slopes(z: np.ndarray, f: np.ndarray, slope: np.ndarray, width: float,
            height: float) -> tuple[np.ndarray, np.ndarray]:
    """Short lines through (z, f) as one trace with gaps; steep ones are shortened to about the same length."""
    dx = HALF_SLOPE * width / np.maximum(1.0, np.abs(slope) * HALF_SLOPE * width / (0.09 * height))
    gap = np.full(len(z), np.nan)
    return (np.stack([z - dx, z + dx, gap], 1).ravel(),
            np.stack([f - slope * dx, f + slope * dx, gap], 1).ravel())


def gaussian_alt(cost: Cost, mu: float, sigma: float, z: Tensor) -> str:
    """f, q and the draws z (n,) in numbers."""
    f, slope = cost.of(z, False), cost.slope(z.clone())
    return (f"The cost f with q of mean {short(mu)} and standard deviation {short(sigma)}; {len(z)} draws of z have "
            f"heights from {short(float(f.min()))} to {short(float(f.max()))} and slopes from "
            f"{short(float(slope.min()))} to {short(float(slope.max()))}.")


def categorical(cost: Cost, at: Tensor, probs: Tensor, palette: Palette = LIGHT) -> Figure:
    """f as a line and the places `at` (C,) that a categorical z can take, with their probabilities."""
    half = max(float(at.max() - at.min()) * 0.7, 1.5)
    fig, f = _frame(cost, float(at.mean()), half, palette)
    low, high = _height_range(f)
    fig.add_bar(x=as_float32(at), y=as_float32(0.5 * (high - low) * probs), base=low, width=half * 0.12,
                name="probability of a place", marker={"color": palette.faint("q", 0.45)})
    fig.add_scatter(x=as_float32(at), y=as_float32(cost.of(at.clone(), False)), mode="markers", name="heights f(z)",
                    marker=styles.marker("log-derivative", palette, 9))
    return fig.update_yaxes(range=[low, high])


def categorical_alt(cost: Cost, at: Tensor, probs: Tensor) -> str:
    """Every place with its probability and its height."""
    known = "; ".join(f"z = {short(float(v))}: probability {float(p):.4f}, f {short(float(h))}"
                      for v, p, h in zip(at, probs, cost(at.double()), strict=True))
    return f"The cost f and the places that z can take. {known}."

