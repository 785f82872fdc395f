"""The ruler of bounds with both forms of the bound and its estimate; and how the browser moves its rows with q."""

import math
from typing import NamedTuple

from ui.figures import bound_ruler
from ui.figures.axis_ends import doubled_span
from ui.figures.bound_ruler import Row, Terms
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

HEIGHT, DIRECTIONS_HEIGHT = 260, 134
COMPLETE, ENTROPY = "E_q log p(x,z)", "entropy of q"


class Bound(NamedTuple):
    """The bound of one q, nats."""

    reconstruction: float
    kl: float           # to the prior
    complete: float     # E_q log p(x, z)
    evidence: float

    @property
    def terms(self) -> Terms:
        return Terms(self.reconstruction, self.kl, self.evidence)

    @property
    def value(self) -> float:
        return self.reconstruction - self.kl


class Directions(NamedTuple):
    """Both directions of KL between q and the posterior, and the bound of the same q, nats."""

    reverse: float      # KL(q || p), the gap of the bound
    forward: float      # KL(p || q)
    bound: float
    evidence: float     # log p(x)

    @property
    def texts(self) -> dict[str, str]:
        """Both numbers as they are written: KL(q || p) as on the ruler of the bound, where it is the gap."""
        digits = bound_ruler.digits_of(self.evidence)
        return {"reverse": bound_ruler.length_text(self.bound, self.evidence, digits),
                "forward": bound_ruler.length_text(0.0, self.forward, digits)}


class Estimate(NamedTuple):
    """A Monte Carlo estimate of the bound, nats."""

    samples: int
    value: float
    error: float


def ruler(bound: Bound, estimate: Estimate | None, span: tuple[float, float], palette: Palette = LIGHT) -> Figure:
    """Reconstruction minus KL, and energy plus entropy, both end at L; below them its estimate.

    span: the ends of the axis, which double about log p(x) where a far q would leave them.
    """
    span = doubled_span(span, bound.evidence, _ends(bound, estimate))
    more = [Row(COMPLETE, "data", bound.complete), Row(ENTROPY, "q", bound.value, start=bound.complete)]
    if estimate is not None:
        more.append(Row(_estimate(estimate.samples), "q", estimate.value, error=estimate.error))
    return bound_ruler.ruler(bound.terms, palette, span=span, more=more).update_layout(height=HEIGHT)


def _ends(bound: Bound, estimate: Estimate | None) -> list[float]:
    """What has to lie on the axis."""
    found = [bound.reconstruction, bound.value, bound.complete, bound.evidence]
    return found if estimate is None else [*found, estimate.value - estimate.error, estimate.value + estimate.error]


def _estimate(samples: int) -> str:
    return f"L by {samples:,} samples"


def moving(span: tuple[float, float], samples: int | None, error: float) -> Json:
    """The rows and lines of `ruler` for follow_q.js. error: below it the tables cannot tell a number from 0."""
    rows = [("reconstruction", None, "reconstruction"), ("KL to the prior", "bound", "reconstruction"),
            ("gap", "bound", "evidence"), (COMPLETE, None, "complete"), (ENTROPY, "complete", "bound")]
    found: list[Json] = [{"trace": i, "label": label, "from": start, "to": end}
                         for i, (label, start, end) in enumerate(rows)]
    if samples is not None:
        found.append({"trace": len(rows), "label": _estimate(samples), "from": None, "to": "sampled",
                      "error": "spread"})
    return {"rows": found, "span": list(span), "about": "evidence", "error": error,
            "marks": [{"place": 0, "label": "L =", "value": "bound"},
                      {"place": 1, "label": "log p(x) =", "value": "evidence"}]}


def ruler_alt(bound: Bound, estimate: Estimate | None) -> str:
    """The ruler in words."""
    digits = bound_ruler.digits_of(bound.evidence)
    sampled = "" if estimate is None else (
        f"; {estimate.samples} samples estimate it as {bound_ruler.place_text(estimate.value, digits)} ± "
        f"{written(float(f'{estimate.error:.1g}'), 'g')}")
    return (f"{bound_ruler.ruler_alt(bound.terms)} E_q log p(x,z) {bound_ruler.place_text(bound.complete, digits)} "
            f"plus the entropy {bound_ruler.length_text(bound.complete, bound.value, digits)} is the same "
            f"bound{sampled}.")


# Two directions of KL -----------------------------------------------------------------------------------------------

KL_SPAN = (0.0, 4.0)       # nats, of bars that fit


def directions(found: Directions, palette: Palette = LIGHT) -> Figure:
    """KL(q || p) and KL(p || q) as bars from 0, on an axis that doubles until they fit; an infinite bar says so."""
    span = doubled_span(KL_SPAN, 0.0, found[:2])
    rows = [Row("KL(q‖p)", "gap", found.reverse, 0.0, ends=(found.bound, found.evidence)),
            Row("KL(p‖q)", "data", found.forward, 0.0)]
    digits = bound_ruler.digits_of(found.evidence)
    fig = bound_ruler.bars(rows, palette, span=span, digits=digits).update_layout(height=DIRECTIONS_HEIGHT)
    for place, row in enumerate(reversed(rows)):
        if math.isinf(row.end):
            fig.add_annotation(**_endless(palette), x=span[1], y=place)
    return fig


def _endless(palette: Palette) -> Json:
    """The note at the end of an infinite bar, in the colour of the page."""
    return {"text": "<b>without end →</b>", "showarrow": False, "xanchor": "right", "xshift": -4,
            "font": {"color": palette.paper}}


def directions_moving(error: float, palette: Palette = LIGHT) -> Json:
    """The bars of `directions` for follow_q.js."""
    rows: list[Json] = [{"trace": 0, "label": "KL(q‖p)", "from": "zero", "to": "reverse",
                         "ends": ["bound", "evidence"]},
                        {"trace": 1, "label": "KL(p‖q)", "from": "zero", "to": "forward"}]
    return {"rows": rows, "span": list(KL_SPAN), "about": "zero", "error": error, "marks": [],
            "endless": _endless(palette)}


def directions_alt(found: Directions) -> str:
    """The bars in one sentence."""
    texts = found.texts
    return (f"Two bars: KL(q‖p) is {texts['reverse']} nats and KL(p‖q) is {texts['forward']} nats, where p is the "
            "posterior.")


__all__ = ["Bound", "Directions", "Estimate", "directions", "directions_alt", "directions_moving", "moving", "ruler",
           "ruler_alt"]
