"""The log-evidence ruler: one figure for every bound of the lecture.

    log p(x) = E_q log p(x | z) - KL(q || p(z)) + KL(q || p(z | x))
               reconstruction     KL to the prior  gap of the bound

From top to bottom: the reconstruction, a mark, minus the KL to the prior is the bound L; the difference between L and
the exact log p(x), a line through all rows, is the gap. Only differences are bars: the axis does not begin at 0.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ui.figures import theme
from ui.figures.axis_ends import steady_span
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import difference, written

LONGEST = 1e3       # nats of an infinite bar: farther than its axis
LARGE = 100.0       # nats of log p(x): from here on two decimals are enough
ROUNDING = 1e-9     # nats of a bar that is none


class Terms(NamedTuple):
    """One bound and the log-evidence, nats."""

    reconstruction: float  # E_q log p(x | z)
    kl: float              # KL(q || p(z))
    evidence: float        # log p(x)
    error: float = 0.0     # of the reconstruction's Monte Carlo estimate, one standard error
    exact: bool = True     # False: `evidence` is a lower bound on log p(x)
    best: float | None = None   # the largest bound of q's kind: it splits the gap in two

    @property
    def bound(self) -> float:
        """L = reconstruction - KL to the prior."""
        return self.reconstruction - self.kl

    @property
    def gap(self) -> float:
        """KL(q || p(z | x)) = log p(x) - L."""
        return self.evidence - self.bound


class Row(NamedTuple):
    """A further row of the ruler: a bar from `start` to `end`, or, without `start`, a mark at `end`."""

    label: str
    meaning: str                 # of its colour
    end: float
    start: float | None = None
    error: float = 0.0           # of a mark, one standard error
    ends: tuple[float, float] | None = None     # of the bar that another figure draws of it, which has its number


def ruler(terms: Terms, palette: Palette = LIGHT, *, unit: str = "nats", covered: bool = False,
          span: tuple[float, float] | None = None, more: Sequence[Row] = ()) -> Figure:
    """The reconstruction as a mark; KL and gap as bars to scale, each from an end of the one before.

    The number of a bar is the difference of its ends as they are written, so that every sum on the ruler adds up.

    With `terms.best` the gap is two bars: up to the best bound of q's kind, and from there to log p(x).

    palette: of the theme. unit: of the terms. covered: log p(x) and the gap are not drawn, nor does the axis show them.
    span: the ends of the axis, for a ruler that stands still while its terms change. more: further rows, below.
    """
    low, high = span or _span(terms, covered)
    fig = theme.figure(palette, x=unit, height=250 + 13 * len(more), bargap=0.35, showlegend=False)
    error = f" ± {_of_error(terms.error)}" if terms.error else ""
    digits = digits_of(terms.evidence)
    rows = [f"reconstruction {place_text(terms.reconstruction, digits)}{error}",
            f"KL to the prior {length_text(terms.bound, terms.reconstruction, digits)}"]
    _point(fig, "reconstruction", rows[0], terms.reconstruction, palette, terms.error)
    _bar(fig, "KL to the prior", rows[1], terms.bound, terms.reconstruction, "kl", palette)
    for name, start, end in _gaps(terms, covered):
        size = "?" if covered else f"{'' if terms.exact else '≥ '}{length_text(start, end, digits)}"
        rows.append(f"{name} {size}{'' if covered or terms.best is not None else error}")
        _bar(fig, name, rows[-1], start, end, "gap", palette)
    rows += [_add_row(fig, row, palette, digits) for row in more]
    span = (low, high)
    _mark(fig, "L", terms.bound, f"L = {place_text(terms.bound, digits)}{error}", theme.line("q", palette, 2), 0, span)
    if not covered:
        evidence = f"log p(x) {'=' if terms.exact else '≥'} {place_text(terms.evidence, digits)}"
        _mark(fig, "log p(x)", terms.evidence, evidence, theme.line("evidence", palette, 2.5), 1, span)
    fig.update_xaxes(range=[low, high])
    _set_rows(fig, rows)
    fig.update_layout(margin={"l": 8, "r": 24, "t": 52, "b": 8})
    return fig


def bars(rows: Sequence[Row], palette: Palette = LIGHT, *, span: tuple[float, float], unit: str = "nats",
         digits: int = 3) -> Figure:
    """Rows alone, in the ruler's style. rows: from the top. span: the ends of the axis. digits: see `digits_of`."""
    fig = theme.figure(palette, x=unit, height=70 + 45 * len(rows), bargap=0.35, showlegend=False)
    names = [_add_row(fig, row, palette, digits) for row in rows]
    fig.update_xaxes(range=list(span))
    return _set_rows(fig, names)


def _set_rows(fig: Figure, names: Sequence[str]) -> Figure:
    """The rows from top to bottom. Their axis has a fixed range, as figures need whose parts are moved one by one."""
    return fig.update_yaxes(categoryorder="array", categoryarray=[*reversed(names)], showgrid=False,
                            range=[-0.5, len(names) - 0.5])


def add_marks(fig: Figure, bound: float, evidence: float, palette: Palette, span: tuple[float, float]) -> None:
    """The lines of L and log p(x) with their labels, as in `ruler`."""
    digits = digits_of(evidence)
    _mark(fig, "L", bound, f"L = {place_text(bound, digits)}", theme.line("q", palette, 2), 0, span)
    _mark(fig, "log p(x)", evidence, f"log p(x) = {place_text(evidence, digits)}",
          theme.line("evidence", palette, 2.5), 1, span)


def _gaps(terms: Terms, covered: bool = False) -> list[tuple[str, float, float]]:
    """The bars of the gap: name and ends."""
    if covered:
        return [("gap", terms.bound, terms.bound)]
    if terms.best is None:
        return [("gap", terms.bound, terms.evidence)]
    return [("amortization gap", terms.bound, terms.best), ("approximation gap", terms.best, terms.evidence)]


def _of_error(error: float) -> str:
    """A standard error to one digit, without a power where it has none to show."""
    return written(float(f"{error:.1g}"), "g")


def ruler_alt(terms: Terms, *, unit: str = "nats", covered: bool = False) -> str:
    """The ruler in one sentence, with its numbers as they are written on it."""
    digits, error = digits_of(terms.evidence), f" ± {_of_error(terms.error)}" if terms.error else ""
    bound = (f"Log-evidence ruler: reconstruction {place_text(terms.reconstruction, digits)}{error} {unit} minus KL to "
             f"the prior {length_text(terms.bound, terms.reconstruction, digits)} gives the bound "
             f"{place_text(terms.bound, digits)}{error}")
    if covered:
        return f"{bound}; log p(x) lies above it."
    evidence, gap = ("the exact log p(x) is", "a gap of") if terms.exact else ("log p(x) is at least",
                                                                              "a gap of at least")
    split = "" if terms.best is None else ": " + ", ".join(
        f"{name} {length_text(start, end, digits)}" for name, start, end in _gaps(terms))
    return (f"{bound}; {evidence} {place_text(terms.evidence, digits)}, {gap} "
            f"{length_text(terms.bound, terms.evidence, digits)}{error}{split}.")


def digits_of(evidence: float) -> int:
    """After the point, of all numbers on a ruler; `followRuler` in follow_q.js counts them by the same rule."""
    return 2 if abs(evidence) >= LARGE else 3


def place_text(value: float, digits: int) -> str:
    return written(value, f".{digits}f")


def length_text(start: float, end: float, digits: int = 3) -> str:
    """The number of a bar; one between two ends that are written alike is written by itself."""
    size = end - start
    if math.isinf(size):
        return written(size)
    if shown := difference(end, start, digits):
        return place_text(shown, digits)
    return "0" if abs(size) < ROUNDING else written(size, ".2g")


def _span(terms: Terms, covered: bool) -> tuple[float, float]:
    """The range of the axis: it contains the bars' ends, not zero, from which they are far away."""
    ends = [end for end in (terms.reconstruction, terms.bound, *(() if covered else (terms.evidence,)))
            if math.isfinite(end)] or [0.0]
    width = max(max(ends) - min(ends), 1e-9)
    return steady_span(min(ends) - 0.25 * width, max(ends) + 0.25 * width)


def _mark(fig: Figure, name: str, at: float, label: str, line: dict[str, Any], row: int,
          span: tuple[float, float]) -> None:
    """A line through all rows with its label above them, on the side of the middle. row: of the label."""
    at = min(max(at, span[0]), span[1])
    fig.add_vline(at, line=line, name=name)
    left = (at - span[0]) < 0.5 * (span[1] - span[0])
    fig.add_annotation(x=at, y=1, yref="paper", yshift=2 + 21 * row, yanchor="bottom", text=label, showarrow=False,
                       xanchor="left" if left else "right", xshift=-2 if left else 2, font={"color": line["color"]})


def _add_row(fig: Figure, row: Row, palette: Palette, digits: int = 3) -> str:
    """Draw a further row; returns its name on the axis."""
    size = place_text(row.end, digits) if row.start is None else length_text(*row.ends or (row.start, row.end), digits)
    name = f"{row.label} {size}{f' ± {_of_error(row.error)}' if row.error else ''}"
    if row.start is None:
        _point(fig, row.label, name, row.end, palette, row.error, row.meaning)
    else:
        _bar(fig, row.label, name, row.start, LONGEST if math.isinf(row.end) else row.end, row.meaning, palette)
    return name


def _point(fig: Figure, name: str, row: str, value: float, palette: Palette, error: float,
           meaning: str = "reconstruction") -> None:
    bars = {"visible": bool(error), "type": "data", "array": [error], "color": palette.ink, "thickness": 1.5}
    marker = {**theme.marker(meaning, palette, 13), "symbol": "line-ns", "line": {
        "color": palette[meaning], "width": 4}}
    fig.add_scatter(y=[row], x=[value], mode="markers", marker=marker, error_x=bars, name=name,
                    hovertemplate=f"{row}<extra></extra>")


def _bar(fig: Figure, name: str, row: str, start: float, end: float, meaning: str, palette: Palette) -> None:
    fig.add_bar(y=[row], x=[end - start], base=[start], orientation="h", marker=theme.pattern(meaning, palette),
                hovertemplate=f"{row}<extra></extra>", name=name)
