"""Models of the same held-out images, one row each: log p(x) where it is exact, or a bound on it."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from pages.autoregressive.figures.wording import number
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

KINDS = {"exact": ("evidence", "circle", "log p(x), exact"),
         "integrated": ("evidence", "circle-open", "log p(x), integrated"),
         "bound": ("q", "square", "a lower bound")}


class Row(Protocol):
    """One model's mean over the held-out images, nats per image."""

    @property
    def model(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def nats(self) -> float: ...
    @property
    def spread(self) -> float: ...
    @property
    def error(self) -> float: ...


R = TypeVar("R", bound=Row)


def ordered(found: Sequence[R], covered: Sequence[str] = ()) -> list[R]:
    """The rows, the best first. Covered ones stand last: the place of one among the others would give it away."""
    drawn = sorted((row for row in found if row.model not in covered), key=lambda row: -row.nats)
    return [*drawn, *(row for row in found if row.model in covered)]


def rows(found: Sequence[Row], palette: Palette = LIGHT, covered: Sequence[str] = ()) -> Figure:
    """The rows, the best on top; bars are the standard error over the images. covered: models that are not drawn."""
    fig = theme.figure(palette, x="nats per image", height=90 + 34 * len(found))
    order = [row.model for row in reversed(ordered(found, covered))]      # plotly begins below
    for kind, (meaning, symbol, label) in KINDS.items():
        shown = [row for row in found if row.kind == kind and row.model not in covered]
        fig.add_scatter(x=[row.nats for row in shown], y=[row.model for row in shown], mode="markers", name=label,
                        marker={"color": palette[meaning], "symbol": symbol, "size": 11, "line": {"width": 2}},
                        error_x={"type": "data", "array": [row.spread for row in shown], "color": palette[meaning],
                                 "thickness": 1.5}, hovertemplate="%{x:.2f} nats<extra>%{y}</extra>")
    fig.update_yaxes(categoryorder="array", categoryarray=order, range=[-0.6, len(order) - 0.4])
    values = [row.nats for row in found if row.model not in covered]
    return fig.update_xaxes(range=[min(values) - 1.5, max(values) + 1.5])


def rows_alt(found: Sequence[Row], covered: Sequence[str] = ()) -> str:
    """The rows in one sentence."""
    return "Nats per held-out image: " + ", ".join(
        f"{row.model} {number(row.nats)}" for row in ordered(found) if row.model not in covered) + "."


__all__ = ["KINDS", "Row", "ordered", "rows", "rows_alt"]
