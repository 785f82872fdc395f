"""KL of each latent over the weight beta: of the linear VAE exactly, and of trained models."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 300
RANGE = (0.05, 200.0)   # of beta
FAINTEST = 0.35     # opacity of the last latent's line


def latents(betas: ArrayLike, kl: ArrayLike, beta: float, palette: Palette = LIGHT, *, height: int = HEIGHT) -> Figure:
    """KL (S, L) of each latent at betas (S,), a line for each, and a line at the current beta."""
    fig = _axes(palette, height)
    values = np.asarray(kl, np.float32)
    for j in range(values.shape[1]):
        fig.add_scatter(x=np.asarray(betas, np.float32), y=values[:, j], mode="lines", name=f"latent {j + 1}",
                        opacity=_opacity(j, values.shape[1]), line={"color": palette["kl"], "width": 2},
                        hovertemplate=f"latent {j + 1}: %{{y:.3f}} nats<extra>β = %{{x:.3g}}</extra>")
    fig.add_vline(beta, line=_dotted(palette), name="β chosen")
    return fig


def _dotted(palette: Palette) -> dict[str, Any]:
    return {"color": palette.ink, "width": 1.5, "dash": "dot"}


def _opacity(j: int, count: int) -> float:
    return 1 - (1 - FAINTEST) * j / max(1, count - 1)


def _axes(palette: Palette, height: int) -> Figure:
    fig = theme.figure(palette, x="weight β of the KL", y="KL of a latent, nats", height=height, showlegend=False)
    fig.update_xaxes(type="log", dtick=1, range=[math.log10(end) for end in RANGE], tickfont=theme.LOG_TICKS)
    fig.update_yaxes(rangemode="tozero")
    return fig


def trained(betas: Sequence[float], kl: Sequence[Sequence[float]], palette: Palette = LIGHT, *,
            beta: float | None = None, height: int = HEIGHT) -> Figure:
    """KL of each latent of the models trained with each of betas, the largest first, a line of markers for each rank.

    beta: is marked by a line.
    """
    fig = _axes(palette, height)
    values = -np.sort(-np.asarray(kl, np.float32), axis=1)
    for j in range(values.shape[1]):
        fig.add_scatter(x=np.asarray(betas, np.float32), y=values[:, j], mode="lines+markers", name=f"rank {j + 1}",
                        opacity=_opacity(j, values.shape[1]), line={"color": palette["kl"], "width": 1.2},
                        marker={"color": palette["kl"], "size": 6},
                        hovertemplate=f"rank {j + 1}: %{{y:.3f}} nats<extra>β = %{{x:g}}</extra>")
    if beta is not None:
        fig.add_vline(beta, line=_dotted(palette), name="β chosen")
    return fig


def latents_alt(name: str, beta: float, active: int, latent: int) -> str:
    """How many latents are active at a beta, in one sentence."""
    return f"KL of each latent over β, {name}: at β = {beta:g}, {active} of {latent} latents are active."


def trained_alt(betas: Sequence[float], active: Sequence[int]) -> str:
    """How many latents are active at each beta, in one sentence."""
    counts = ", ".join(f"{count} at β = {beta:g}" for beta, count in zip(betas, active, strict=True))
    return f"KL of each latent of trained models: active latents {counts}."
