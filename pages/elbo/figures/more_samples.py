"""The importance-weighted bound over the number of samples K."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]


class Curve(NamedTuple):
    """The bound with K samples, nats."""

    samples: Array        # (K,) from 1
    bound: Array        # (K,)
    error: Array        # (K,) standard errors
    single: float       # L, exact
    evidence: float


def curve(found: Curve, palette: Palette = LIGHT) -> Figure:
    """The bound with its standard error between L, its value at K = 1, and log p(x)."""
    fig = theme.figure(palette, x="samples K", y="nats", height=300)
    x, low, high = (part.astype(np.float32) for part in (
        found.samples, found.bound - found.error, found.bound + found.error))
    fig.add_scatter(x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), mode="lines", fill="toself",
                    line={"width": 0, "color": palette["q"]}, fillcolor=palette.faint("q", 0.3),
                    name="± standard error", hoverinfo="skip")
    fig.add_scatter(x=x, y=np.float32(found.bound), mode="lines", name="bound with K samples",
                    line=theme.line("q", palette), hovertemplate="K = %{x}: %{y:.3f}<extra></extra>")
    ends = [float(found.samples[0]), float(found.samples[-1])]
    for value, name, style in ((found.evidence, "log p(x)", theme.line("evidence", palette)),
                               (found.single, "L", {**theme.line("q", palette, 1.4), "dash": "dot"})):
        fig.add_scatter(x=ends, y=[value] * 2, mode="lines", name=f"{name}, exact", line=style, hoverinfo="skip")
    room = max(found.evidence - min(found.single, float(low.min())), 1e-3)
    fig.update_xaxes(type="log", tickvals=[1, 2, 5, 10, 20, 50, 100])
    return fig.update_yaxes(range=[found.evidence - 1.15 * room, found.evidence + 0.15 * room])


def curve_alt(found: Curve) -> str:
    """The curve in one sentence."""
    numbers = (found.bound[0], found.bound[-1], found.evidence)
    first, last, evidence = (written(float(value), ".3f") for value in numbers)
    return (f"The bound with K samples rises from {first} at K = 1 to {last} ± "
            f"{written(float(found.error[-1]), '.1g')} at K = {int(found.samples[-1])}; log p(x) is {evidence}.")


__all__ = ["Curve", "curve", "curve_alt"]
