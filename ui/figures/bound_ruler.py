"""The log-evidence ruler: one figure for every bound of the lecture.

    log p(x) = E_q log p(x | z) - KL(q || p(z)) + KL(q || p(z | x))
               reconstruction     KL to the prior  gap of the bound

From top to bottom: the reconstruction, a mark, minus the KL to the prior is the bound L; the difference between L and
the exact log p(x), a line through all rows, is the gap. Only differences are bars: the axis does not begin at 0.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ui.figures import theme
from ui.figures.axis_ends import steady_span
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import difference, written

FINE = 0.1          # nats: a shorter bar is written to more decimals than its ends
LONGEST = 1e3       # nats of an infinite bar: farther than its axis


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


def ruler(terms: Terms, palette: Palette = LIGHT, *, unit: str = "nats", covered: bool = False,
          span: tuple[float, float] | None = None, more: Sequence[Row] = ()) -> Figure:
    """The reconstruction as a mark; KL and gap as bars to scale, each of which starts where the one before ends.

    With `terms.best` the gap is two bars: up to the best bound of q's kind, and from there to log p(x).

    palette: of the theme. unit: of the terms. covered: log p(x) and the gap are not drawn, nor does the axis show them.
    span: the ends of the axis, for a ruler that stands still while its terms change. more: further rows, below.
    """
    low, high = span or _span(terms, covered)
    fig = theme.figure(palette, x=unit, height=250 + 13 * len(more), bargap=0.35, showlegend=False)
    error = f" ± {_of_error(terms.error)}" if terms.error else ""
    rows = [f"reconstruction {_formatted(terms.reconstruction)}{error}",
            f"KL to the prior {_length(terms.bound, terms.reconstruction)}",
            *_gap_names(terms, covered, error)]
    _point(fig, rows[0], terms.reconstruction, palette, terms.error)
    _bar(fig, rows[1], terms.reconstruction, terms.bound, "kl", palette)
    for row, start, end in zip(rows[2:], *_gap_ends(terms, covered), strict=True):
        _bar(fig, row, start, end, "gap", palette)
    rows += [_add_row(fig, row, palette) for row in more]
    span = (low, high)
    _mark(fig, terms.bound, f"L = {_formatted(terms.bound)}{error}", theme.line("q", palette, 2), 0, span)
    if not covered:
        evidence = f"log p(x) {'=' if terms.exact else '≥'} {_formatted(terms.evidence)}"
        _mark(fig, terms.evidence, evidence, theme.line("evidence", palette, 2.5), 1, span)
    fig.update_xaxes(range=[low, high])
    _set_rows(fig, rows)
    fig.update_layout(margin={"l": 8, "r": 24, "t": 52, "b": 8})
    return fig


def bars(rows: Sequence[Row], palette: Palette = LIGHT, *, span: tuple[float, float], unit: str = "nats") -> Figure:
    """Rows alone, in the ruler's style. rows: from the top. span: the ends of the axis."""
    fig = theme.figure(palette, x=unit, height=70 + 45 * len(rows), bargap=0.35, showlegend=False)
    names = [_add_row(fig, row, palette) for row in rows]
    fig.update_xaxes(range=list(span))
    return _set_rows(fig, names)


def _set_rows(fig: Figure, names: Sequence[str]) -> Figure:
    """The rows from top to bottom. Their axis has a fixed range, as figures need whose parts are moved one by one."""
    return fig.update_yaxes(categoryorder="array", categoryarray=[*reversed(names)], showgrid=False,
                            range=[-0.5, len(names) - 0.5])


def add_marks(fig: Figure, bound: float, evidence: float, palette: Palette, span: tuple[float, float]) -> None:
    """The lines of L and log p(x) with their labels, as in `ruler`."""
    _mark(fig, bound, f"L = {_formatted(bound)}", theme.line("q", palette, 2), 0, span)
    _mark(fig, evidence, f"log p(x) = {_formatted(evidence)}", theme.line("evidence", palette, 2.5), 1, span)


def _gap_names(terms: Terms, covered: bool, error: str) -> list[str]:
    if covered:
        return ["gap ?"]
    if terms.best is None:
        return [f"gap {'' if terms.exact else '≥ '}{_length(terms.bound, terms.evidence)}{error}"]
    return [f"amortization gap {_length(terms.bound, terms.best)}",
            f"approximation gap {_length(terms.best, terms.evidence)}"]


def _gap_ends(terms: Terms, covered: bool) -> tuple[list[float], list[float]]:
    """Where the bars of the gap begin and end."""
    if covered:
        return [terms.bound], [terms.bound]
    if terms.best is None:
        return [terms.bound], [terms.evidence]
    return [terms.bound, terms.best], [terms.best, terms.evidence]


def _of_error(error: float) -> str:
    """A standard error to one digit, without a power where it has none to show."""
    return written(float(f"{error:.1g}"), "g")


def ruler_alt(terms: Terms, *, unit: str = "nats", covered: bool = False) -> str:
    """The ruler in one sentence, with its numbers."""
    error = f" ± {_of_error(terms.error)}" if terms.error else ""
    bound = (f"Log-evidence ruler: reconstruction {terms.reconstruction:.2f}{error} {unit} minus KL to the prior "
             f"{terms.kl:.2f} gives the bound {terms.bound:.2f}{error}")
    if covered:
        return f"{bound}; log p(x) lies above it."
    evidence, gap = ("the exact log p(x) is", "a gap of") if terms.exact else ("log p(x) is at least",
                                                                              "a gap of at least")
    split = "" if terms.best is None else (f": amortization gap {_of_gap(terms.best - terms.bound)}, approximation gap "
                                           f"{_of_gap(terms.evidence - terms.best)}")
    return f"{bound}; {evidence} {terms.evidence:.2f}, {gap} {_of_gap(terms.gap)}{error}{split}."


def _of_gap(value: float) -> str:
    if abs(value) < 1e-9:       # rounding of the two ends
        return "0"
    return written(value, ".0f" if abs(value) >= 100 else ".2g")


def _formatted(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return written(value, ".2f" if abs(value) >= 1 or value == 0 else ".2g")


def _length(start: float, end: float) -> str:
    """The length of a bar; where it has two decimals, as its ends do, it is their difference as they are written."""
    size = abs(end - start)
    return _formatted(abs(difference(end, start, 2)) if FINE <= size < math.inf else size)


def _span(terms: Terms, covered: bool) -> tuple[float, float]:
    """The range of the axis: it contains the bars' ends, not zero, from which they are far away."""
    ends = [end for end in (terms.reconstruction, terms.bound, *(() if covered else (terms.evidence,)))
            if math.isfinite(end)] or [0.0]
    width = max(max(ends) - min(ends), 1e-9)
    return steady_span(min(ends) - 0.25 * width, max(ends) + 0.25 * width)


def _mark(fig: Figure, at: float, label: str, line: dict[str, Any], row: int, span: tuple[float, float]) -> None:
    """A line through all rows with its label above them, on the side of the middle. row: of the label."""
    at = min(max(at, span[0]), span[1])
    fig.add_vline(at, line=line, name=re.split(" [=≥] ", label)[0])
    left = (at - span[0]) < 0.5 * (span[1] - span[0])
    fig.add_annotation(x=at, y=1, yref="paper", yshift=2 + 21 * row, yanchor="bottom", text=label, showarrow=False,
                       xanchor="left" if left else "right", xshift=-2 if left else 2, font={"color": line["color"]})


def _add_row(fig: Figure, row: Row, palette: Palette) -> str:
    """Draw a further row; returns its name on the axis."""
    size = _formatted(row.end) if row.start is None else _length(row.start, row.end)
    name = f"{row.label} {size}{f' ± {_of_error(row.error)}' if row.error else ''}"
    if row.start is None:
        _point(fig, name, row.end, palette, row.error, row.meaning)
    else:
        _bar(fig, name, row.start, LONGEST if math.isinf(row.end) else row.end, row.meaning, palette)
    return name


def _point(fig: Figure, row: str, value: float, palette: Palette, error: float,
           meaning: str = "reconstruction") -> None:
    bars = {"visible": bool(error), "type": "data", "array": [error], "color": palette.ink, "thickness": 1.5}
    marker = {**theme.marker(meaning, palette, 13), "symbol": "line-ns", "line": {
        "color": palette[meaning], "width": 4}}
    fig.add_scatter(y=[row], x=[value], mode="markers", marker=marker, error_x=bars, name=row,
                    hovertemplate=f"{row}<extra></extra>")


def _bar(fig: Figure, row: str, start: float, end: float, meaning: str, palette: Palette) -> None:
    fig.add_bar(y=[row], x=[end - start], base=[start], orientation="h", marker=theme.pattern(meaning, palette),
                hovertemplate=f"{row}<extra></extra>", name=row)
