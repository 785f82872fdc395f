"""q as controls of the page, where the visitor dragged it: `?q=mean_deviation` in the link, `?share=` of the coins."""

import math
from collections.abc import Callable

from pages.elbo.figures.densities import Q
from ui import controls
from ui.components.edits import Edits
from ui.control_types import Parameter, plain

LOW, HIGH = -4.5, 4.5           # of the mean: the range of z that is shown
NARROW, WIDE = 0.1, 2.5         # of the deviation: those of the best Gaussians of all sliders are 0.11 to 2.2
START = Q(-0.5, 1.0)
START_SHARE = 0.2


def parameter() -> Parameter:
    """The control of the Gaussian q, for the page's table."""
    return Parameter(START, _read, lambda q: f"{q[0]:g}_{q[1]:g}", within=True)


def share_parameter() -> Parameter:
    """The control of q over two coins: the probability of the first."""
    return Parameter(START_SHARE, _read_share, lambda share: f"{share:g}", within=True)


def numbers(raw: str) -> list[float]:
    """The finite numbers of a link's text, none where something else stands there."""
    try:
        values = [float(text) for text in raw.split("_")]
    except ValueError:
        return []
    return values if all(map(math.isfinite, values)) else []


def _read(raw: str) -> tuple[Q, str]:
    values = numbers(raw)
    if len(values) == 2 and LOW <= values[0] <= HIGH and NARROW <= values[1] <= WIDE:
        return Q(*values), ""
    return START, (f"The link's q `{plain(raw)}` is not mean_deviation, with a mean from {LOW:g} to {HIGH:g} and a "
                   f"deviation from {NARROW:g} to {WIDE:g}; q is {START.mean:g}_{START.deviation:g}.")


def _read_share(raw: str) -> tuple[float, str]:
    values = numbers(raw)
    if len(values) == 1 and 0 <= values[0] <= 1:
        return values[0], ""
    return START_SHARE, (f"The link's q of coin 1 `{plain(raw)}` is not a number from 0 to 1; it is "
                         f"{START_SHARE:g}.")


def current() -> Q:
    """The Gaussian q."""
    return Q(*controls.value("q"))


def choose(q: Q) -> None:
    """Set q, rounded and inside the limits."""
    controls.set_value("q", Q(round(min(max(q.mean, LOW), HIGH), 3) + 0.0,
                              round(min(max(q.deviation, NARROW), WIDE), 3)))


def fold(before: Q) -> Callable[[Edits], None]:
    """The callback of a drag: marker 0 is q's centre, marker 1 lies one deviation from it."""
    def keep(edits: Edits) -> None:
        places = {marker: x for marker, x, _ in edits.moved}
        mean = places.get(0, before.mean)
        choose(Q(mean, abs(places[1] - mean) if 1 in places else before.deviation))

    return keep


def fold_share(edits: Edits) -> None:
    """The callback of a drag of the coins' q: the marker's height."""
    for _, _, y in edits.moved:
        controls.set_value("share", round(min(max(y, 0.0), 1.0), 3) + 0.0)


__all__ = ["HIGH", "LOW", "NARROW", "WIDE", "choose", "current", "fold", "fold_share", "numbers", "parameter",
           "share_parameter"]
