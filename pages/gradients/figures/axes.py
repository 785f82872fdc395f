"""Numbers and logarithmic axes of the lesson's figures."""

from typing import Any

import numpy as np

from pages.gradients.notation import axis_label
from ui.figures.spec import Figure

FLOAT32_LIMIT = 3e38
SYMBOLS = {"mu": "μ", "sigma": "σ", "k": "k", "dimension": "dimension D", "samples": "samples K"}


def as_float32(x: object) -> np.ndarray:
    """Numbers in the precision that is sent to the browser; nan where they do not fit."""
    wide = np.asarray(x, dtype=np.float64)
    return np.where(np.abs(wide) < FLOAT32_LIMIT, wide, np.nan).astype(np.float32)


def set_log_axis(fig: Figure, axis: str, values: object) -> None:
    """Make the axis "x" or "y" logarithmic, with few labels (0.1, 1, 10, 10⁻⁶) over the positive `values`."""
    found = np.asarray(values, dtype=np.float64)
    found = found[np.isfinite(found) & (found > 0)]
    low, high = (float(found.min()), float(found.max())) if len(found) else (1.0, 10.0)
    ticks = _ticks(low, high)
    _update(fig, axis, {"type": "log", "tickmode": "array", "tickvals": as_float32(ticks),
                        "ticktext": [axis_label(tick) for tick in ticks]})


def set_log_range(fig: Figure, axis: str, low: float, high: float) -> None:
    """Make the axis logarithmic and end it at low and high."""
    set_log_axis(fig, axis, (low, high))
    _update(fig, axis, {"range": [float(np.log10(bound)) for bound in (low, high)]})


def _update(fig: Figure, axis: str, properties: dict[str, Any]) -> None:
    fig.update_layout(**{f"{axis}axis": properties})


def _ticks(low: float, high: float) -> list[float]:
    """About eight powers of ten; 1, 2 and 5 times each where there are few."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    if last - first <= 2:
        return [factor * 10.0**power for power in range(first, last + 1) for factor in (1, 2, 5)]
    return [10.0**power for power in range(first, last + 1, -(-(last - first) // 8))]


def set_bar_range(fig: Figure, values: list[float]) -> list[float]:
    """A logarithmic x axis for horizontal bars of these lengths, with room for a label at the right.

    Returns the lengths that are drawn: that of a zero is the shortest that the axis shows.
    """
    positive = [value for value in values if 0 < value < np.inf] or [1.0]
    low, high = min(positive) / 3, max(positive)
    set_log_range(fig, "x", low, high * (high / low) ** 0.25)
    return [value if value > 0 else low for value in values]


def two_lines(name: str) -> str:
    """A long name on two lines, for the side of bars; read aloud, a space is between them."""
    return name.replace(" + ", " <br>+ ").replace(", ", ", <br>")
