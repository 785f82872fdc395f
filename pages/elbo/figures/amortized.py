"""An encoder swept over x beside the exact posterior and the best q of each x; the two parts of its gap."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
HEIGHT = 360
LEAST = 0.05        # nats of the gaps' axis


class Exact(NamedTuple):
    """What does not depend on the encoder."""

    x: Array            # (M,)
    z: Array            # (Z,)
    posterior: Array    # (Z, M) density of z in each column


class Swept(NamedTuple):
    """The encoder's q, the best Gaussian and the bounds at each x, nats."""

    x: Array
    mean: Array
    sd: Array
    best_mean: Array
    best_sd: Array
    approximation: Array    # log p(x) - L(best q)
    amortization: Array     # L(best q) - L(encoder's q)


def sweep(exact: Exact, swept: Swept, look: float, palette: Palette = LIGHT) -> Figure:
    """The posterior as shades of each column; the encoder's q and the best q as a mean and a band of one deviation."""
    fig = theme.figure(palette, x="x", y="z", height=HEIGHT)
    fig.add_heatmap(x=np.float32(exact.x), y=np.float32(exact.z), z=np.float32(exact.posterior), showscale=False,
                    name="posterior p(z|x)", showlegend=True,
                    colorscale=[[0, theme.rgba(palette["posterior"], 0)], [1, theme.rgba(palette["posterior"], 0.85)]],
                    hovertemplate="p(z|x) = %{z:.3f}<extra></extra>", zmin=0, zsmooth="best")
    _band(fig, swept.x, swept.best_mean, swept.best_sd, "best Gaussian", {"color": palette.ink, "dash": "dot"})
    _band(fig, swept.x, swept.mean, swept.sd, "encoder's q(z|x, φ)", theme.line("q", palette, 2.4))
    fig.add_vline(look, line={"color": palette.ink, "width": 1}, name="x looked at")
    fig.update_xaxes(range=[float(exact.x[0]), float(exact.x[-1])])
    return fig.update_yaxes(range=[float(exact.z[0]), float(exact.z[-1])])


def _band(fig: Figure, x: Array, mean: Array, sd: Array, name: str, line: dict[str, object]) -> None:
    """A mean, and thin lines one deviation above and below it."""
    fig.add_scatter(x=np.float32(x), y=np.float32(mean), mode="lines", name=f"{name} ± deviation", line=line,
                    hoverinfo="skip")
    gap = [np.nan]
    fig.add_scatter(x=np.float32(np.concatenate([x, gap, x])), mode="lines", showlegend=False, hoverinfo="skip",
                    y=np.float32(np.concatenate([mean - sd, gap, mean + sd])), name=f"{name}, edges",
                    line={**line, "width": 1})


def gaps(swept: Swept, look: float, palette: Palette = LIGHT) -> Figure:
    """The gap at each x: the part of the family and, on top of it, the part of the encoder."""
    fig = theme.figure(palette, x="x", y="nats", height=HEIGHT)
    x = np.float32(swept.x)
    both = swept.approximation + swept.amortization
    fig.add_scatter(x=x, y=np.float32(swept.approximation), mode="lines", name="approximation", fill="tozeroy",
                    line={"color": palette["gap"], "width": 1.6}, fillcolor=palette.faint("gap", 0.65),
                    hovertemplate="%{y:.3f}<extra>approximation</extra>")
    fig.add_scatter(x=x, y=np.float32(both), mode="lines", name="amortization, on top", fill="tonexty",
                    line={"color": palette["gap"], "width": 1.6, "dash": "dash"}, fillcolor=palette.faint("gap", 0.25),
                    hovertemplate="%{y:.3f}<extra>the whole gap</extra>")
    fig.add_vline(look, line={"color": palette.ink, "width": 1}, name="x looked at")
    fig.update_xaxes(range=[float(swept.x[0]), float(swept.x[-1])])
    return fig.update_yaxes(range=[0, max(LEAST, 1.1 * float(both.max()))])


def sweep_alt(swept: Swept, steps: int) -> str:
    """Both figures in one sentence."""
    (first, last), (best_first, best_last), (low, high) = (
        [written(float(values[end]), form) for end in (0, -1)]
        for values, form in ((swept.mean, ".2f"), (swept.best_mean, ".2f"), (swept.x, "g")))
    return (f"After {steps} steps the encoder's mean goes from {first} at x = {low} to {last} at x = {high}; the best "
            f"mean goes from {best_first} to {best_last}.")


def gaps_alt(swept: Swept) -> str:
    """The gaps in one sentence."""
    means = (float(gap.mean()) for gap in (swept.approximation, swept.amortization))
    approximation, amortization = (written(mean, ".3f") for mean in means)
    return (f"On average over x the approximation gap is {approximation} nats and the amortization gap {amortization} "
            "nats.")


__all__ = ["Exact", "Swept", "gaps", "gaps_alt", "sweep", "sweep_alt"]
