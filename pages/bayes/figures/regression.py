"""Bayesian regression: the band of the predictive beside the plug-in's, and the evidence over the degree."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dgm.bayes import DegreeScore, Normal
from pages.bayes.figures.numbers import format_nats, on_axis
from ui.figures.axis_ends import far_ticks
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line, marker

BANDS_HEIGHT, HEIGHT = 400, 420   # pixels
WIDTH = 1.96   # deviations: 95% of a normal


def bands(x: Tensor, posterior: Normal, plug_in: Normal, data: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor],
          *, draws: Tensor | None = None, names: tuple[str, str] = ("x", "y"), palette: Palette = LIGHT) -> Figure:
    """95% bands of y at each x (G,): posterior predictive filled, plug-in dashed.

    data, held_out: (x, y), (N,) each. draws: (S, G) curves. names: of the axes.
    """
    fig = figure(palette, x=names[0], y=names[1], height=BANDS_HEIGHT)
    low, high = _edges(posterior)
    fig.add_scatter(x=on_axis(x), y=on_axis(high), mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False,
                    name="upper edge")
    fig.add_scatter(x=on_axis(x), y=on_axis(low), mode="lines", line={"width": 0}, fill="tonexty", hoverinfo="skip",
                    fillcolor=palette.faint("posterior", 0.22), name="predictive, 95%")
    for i, curve in enumerate([] if draws is None else draws):
        fig.add_scatter(x=on_axis(x), y=on_axis(curve), mode="lines",
                        line={"color": palette.faint("posterior", 0.45), "width": 1},
                        name="drawn curves", showlegend=i == 0, hoverinfo="skip")
    fig.add_scatter(x=on_axis(x), y=on_axis(posterior.mean), mode="lines", line=line("posterior", palette), name="mean")
    for i, edge in enumerate(_edges(plug_in)):
        fig.add_scatter(x=on_axis(x), y=on_axis(edge), mode="lines", line=line("q", palette, 1.6), hoverinfo="skip",
                        name="plug-in, 95%", showlegend=i == 0)
    for tone, name, (px, py) in (("held-out", "held-out", held_out), ("data", "data", data)):
        if len(py) or tone == "data":
            size = 7 if tone == "data" else 13   # a ring may surround a dot
            fig.add_scatter(x=on_axis(px), y=on_axis(py), mode="markers", name=name, marker=marker(tone, palette, size))
    bottom, top = _range_of_y(torch.cat([data[1], held_out[1]]), posterior)
    fig.update_xaxes(**far_ticks(float(x[0]), float(x[-1])))
    return fig.update_yaxes(range=[bottom, top], **far_ticks(bottom, top))


def _edges(band: Normal) -> tuple[Tensor, Tensor]:
    spread = WIDTH * band.variance.sqrt()
    return band.mean - spread, band.mean + spread


def _range_of_y(y: Tensor, band: Normal) -> list[float]:
    """The data with half their range around them: beyond the data a high degree has very large values."""
    seen = y if len(y) > 1 else torch.stack([edge.median() for edge in _edges(band)])
    bottom, top = float(seen.min()), float(seen.max())
    margin = 0.5 * (top - bottom) or 1.0
    return [bottom - margin, top + margin]


def bands_alt(posterior: Normal, plug_in: Normal, points: int, held_out: int = 0) -> str:
    """The sentence for `bands`. points: how many the posterior is from."""
    more = f", {held_out} more held out" if held_out else ""
    wider = (posterior.variance / plug_in.variance).sqrt()
    return (f"{points} data points{more}; the 95% band of the posterior predictive is between "
            f"{float(wider.min()):.2f} and {float(wider.max()):.2f} times as wide as that of the MAP plug-in.")


def degree_scores(scores: Sequence[DegreeScore], chosen: int | None = None, palette: Palette = LIGHT,
                  covered: bool = False) -> Figure:
    """Log evidence and held-out scores over the degree, nats per observation; rings mark the best of each.

    chosen: the degree that a band marks. covered: whether the log evidence is left out.
    """
    fig = figure(palette, x="degree of the polynomial", y="nats per observation", height=HEIGHT)
    degree = [s.degree for s in scores]
    rows = (("log evidence (training data alone)", "evidence", [s.log_evidence for s in scores]),
            ("held-out, posterior predictive", "posterior", [s.held_out for s in scores]),
            ("held-out, MAP plug-in", "q", [s.plug_in for s in scores]))
    shown = [(name, tone, [value for value in values if value is not None]) for name, tone, values in rows]
    for name, tone, values in (row for row in shown[1 if covered else 0:] if row[2]):
        y = np.asarray(values, np.float32)
        best = int(y.argmax())
        fig.add_scatter(x=degree, y=y, mode="lines+markers", name=f"{name}: best at {degree[best]}",
                        line=line(tone, palette), marker=marker(tone, palette))
        fig.add_scatter(x=[degree[best]], y=y[[best]], mode="markers", showlegend=False, hoverinfo="skip",
                        name=f"best of {name}", marker=marker("held-out", palette, 15))
    if chosen is not None:
        fig.add_vline(x=chosen, line={"color": palette.grid, "width": 8}, layer="below", name="chosen degree")
    fig.update_layout(legend={"orientation": "v"})
    fig.update_xaxes(dtick=1)
    return fig.update_yaxes(range=_range_of_scores([value for _, _, values in shown for value in values]))


def _range_of_scores(values: Sequence[float]) -> list[float]:
    """From the highest score down to a few times its distance from the median: one very low score may lie outside."""
    ordered = np.sort(np.nan_to_num(np.asarray(values), neginf=-1e30))
    top, middle = float(ordered[-1]), float(np.median(ordered))
    bottom = max(float(ordered[0]), top - 4 * max(top - middle, 0.1))
    return [bottom - 0.08 * (top - bottom), top + 0.08 * (top - bottom)]


def degree_scores_alt(scores: Sequence[DegreeScore], covered: bool = False) -> str:
    """The sentence for `degree_scores`."""
    best = max(scores, key=lambda s: s.log_evidence)
    first = f"The log evidence is highest at degree {best.degree} ({format_nats(best.log_evidence)} per observation)"
    scored = [(s.held_out, s.degree) for s in scores if s.held_out is not None]
    if not scored:
        return f"{first}; nothing is held out."
    if covered:
        return f"The held-out score is highest at degree {max(scored)[1]} ({format_nats(max(scored)[0])})."
    return f"{first}, the held-out score at degree {max(scored)[1]} ({format_nats(max(scored)[0])})."
