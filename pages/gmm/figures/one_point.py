"""The responsibilities of one point, one of which is dragged (`followShare` in follow_q.js), and its gap."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures import bound_ruler, lookup, theme
from ui.figures.axis_ends import steady_top
from ui.figures.bound_ruler import Row
from ui.figures.lookup import SHARE_AXIS
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import difference, written

Array = NDArray[np.floating]
DEEP = 3.0          # nats of the axis below log p(x), at least
LEAST = 1e-300      # of what is left for the other components, that can be divided among them
DIGITS = 4          # of a dragged share, after the point
OFFSET, WIDTH = 0.2, 0.36


class OnePoint(NamedTuple):
    """One point's q: `share` on one component, what is left on the others in the ratios `rest`; nats."""

    component: int
    share: float
    posterior: Array        # (K,)
    bound: float
    log_lik: float
    bounds: Array           # (S,) at the shares of lookup.SHARES
    rest: Array             # (K,) what each other component has of the probability that is left

    @property
    def q(self) -> Array:
        """(K,)"""
        q = (1 - self.share) * self.rest
        q[self.component] = self.share
        return q


def ratios(q: Array, posterior: Array, component: int) -> Array:
    """(K,): what each component but one has of the rest, as in q; where q leaves no rest, as in the posterior.

    >>> ratios(np.array([0.5, 0.3, 0.2]), np.array([0.9, 0.1, 0.0]), 0).tolist()
    [0.0, 0.6, 0.4]
    """
    for values in (q, posterior, np.ones(len(q))):
        others = np.where(np.arange(len(q)) == component, 0.0, values)
        if others.sum() > LEAST:
            break
    part: Array = others / (others.sum() or 1.0)
    return part


def bars(point: OnePoint, palette: Palette = LIGHT) -> tuple[Figure, Json]:
    """Posterior and q of the point, and the settings of the drag."""
    k = len(point.posterior)
    fig = theme.figure(palette, x="component", y="q(z)", height=250, barmode="group")
    for name, values, shift in (("posterior", point.posterior, -OFFSET), ("q", point.q, OFFSET)):
        fig.add_bar(x=np.arange(1, k + 1), y=np.float64(values), width=WIDTH, offset=shift - WIDTH / 2, name=name,
                    hoverinfo="skip", marker={"color": palette["data" if name == "posterior" else "q"]})
    place = point.component + 1 + OFFSET
    fig.add_scatter(x=[place], y=[point.share], mode="markers", name="drag me", showlegend=False, hoverinfo="skip",
                    meta="handle", cliponaxis=False,
                    marker={**theme.marker("q", palette, 15), "line": {"width": 1.5, "color": palette.paper}})
    fig.update_xaxes(range=[0.4, k + 0.6], dtick=1).update_yaxes(range=[0, 1.02])
    shares = [None if j == point.component else float(share) for j, share in enumerate(point.rest)]
    follow: Json = {"kind": "share", "quick": True, "at": {"q": 1, "centre": 2}, "edges": [], "place": place,
                    "shares": shares, "digits": DIGITS, "fixed": {"evidence": point.log_lik},
                    "tables": lookup.sent({"bound": point.bounds}, [SHARE_AXIS]),
                    "ruler": _rows(point)}
    return fig, {"trace": 2, "names": [f"q of component {point.component + 1} at {{y}}"], "follow": follow}


def _rows(point: OnePoint) -> Json:
    return {"rows": [{"trace": 0, "label": "gap of this point", "from": "bound", "to": "evidence"}],
            "span": list(_span(point)), "error": 1e-3,
            "marks": [{"place": 0, "label": "L =", "value": "bound"},
                      {"place": 1, "label": "log p(x) =", "value": "evidence"}]}


def _span(point: OnePoint) -> tuple[float, float]:
    deep = steady_top(max(DEEP, 1.1 * (point.log_lik - point.bound)))
    return point.log_lik - deep, point.log_lik + 0.15 * deep


def gap(point: OnePoint, palette: Palette = LIGHT) -> Figure:
    """The gap of the point as a bar between the lines of L and log p(x)."""
    span = _span(point)
    fig = bound_ruler.bars([Row("gap of this point", "gap", point.log_lik, point.bound)], palette, span=span)
    bound_ruler.add_marks(fig, point.bound, point.log_lik, palette, span)
    return fig.update_layout(height=250, margin={"l": 8, "r": 24, "t": 70, "b": 8})


def alt(point: OnePoint, row: int) -> list[str]:
    """Both figures, a sentence for each. row: of the point, from 1."""
    return [f"Point {row}: the posterior of component {point.component + 1} is "
            f"{point.posterior[point.component]:.3f}, its q is {point.share:.3f}. A marker on the bar moves it.",
            f"log p(x) of the point is {written(point.log_lik, '.3f')}, its bound {written(point.bound, '.3f')}, "
            f"the gap {difference(point.log_lik, point.bound, 3):.3f} nats."]


__all__ = ["OnePoint", "alt", "bars", "gap", "ratios"]
