"""Figure of log p(x) and its lower bound along the line from one mixture of EM to the next."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures import components
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

TOUCH = 1e-12    # nats: a smaller gap is rounding


class Along(NamedTuple):
    """log p and the bound at places between two mixtures, nats per point; q is fixed."""

    place: NDArray[np.floating]     # (T,) 0 is the mixture before M, 1 the one after it
    log_lik: NDArray[np.floating]   # (T,)
    bound: NDArray[np.floating]     # (T,)
    now: int                        # 0 or 1: where the current half-step is
    step: int                       # the EM step, counted from 1


def curves(along: Along, palette: Palette = LIGHT) -> Figure:
    """Both curves, the current mixture as a line, and what E and M do."""
    name = f"mixture: 0 before M of step {along.step}, 1 after it"
    fig = theme.figure(palette, x=name, y="nats per point", height=300, hovermode="x")
    for values, label, meaning, fill in ((along.log_lik, "log p(x|θ)", "evidence", "none"),
                                         (along.bound, "bound L(q, θ)", "q", "tonexty")):
        fig.add_scatter(x=np.float32(along.place), y=np.float64(values), name=label, mode="lines",
                        line=theme.line(meaning, palette), hovertemplate="%{y:.4f}",
                        fill=fill, fillcolor=palette.faint("gap"))
    here = int(np.abs(along.place - along.now).argmin())
    gap = float(along.log_lik[here] - along.bound[here])
    fig.add_scatter(x=[float(along.now)] * 2, y=[float(along.bound[here]), float(along.log_lik[here])],
                    name=f"gap here: {components.small(gap)} nats" if gap > TOUCH else "no gap here",
                    mode="lines+markers", hoverinfo="skip",
                    line={"color": palette["gap"], "width": 3}, marker={"size": 11, "color": palette["gap"]})
    low, high = window(along)
    fig.update_xaxes(range=[float(along.place[0]), float(along.place[-1])], dtick=0.5)
    return fig.update_yaxes(range=[low, high])


def window(along: Along) -> tuple[float, float]:
    """The range of the axis: both curves between 0 and 1, and all maxima."""
    inside = (along.place >= -1e-9) & (along.place <= 1 + 1e-9)
    high = float(max(along.log_lik.max(), along.bound.max()))
    low = float(min(along.log_lik[inside].min(), along.bound[inside].min()))
    room = max(high - low, 1e-9)
    return low - 0.25 * room, high + 0.1 * room


def curves_alt(along: Along) -> str:
    """What `curves` shows, in words."""
    ends = [int(np.abs(along.place - at).argmin()) for at in (0, 1)]
    first, last, low, high = (written(value, ".4f") for value in (*along.log_lik[ends], *along.bound[ends]))
    return (f"log p(x) and the bound between the mixtures before and after M of step {along.step}: log p(x) goes from "
            f"{first} to {last} nats per point, the bound, which is nowhere higher, from {low} to {high}.")
