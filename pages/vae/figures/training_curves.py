"""The bound and its two terms over the steps of a training run."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dgm.vae.live_training import Record
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import difference, written

MEASURED_ON = (("training", "train_recon", "train_kl", "solid"), ("validation", "held_out_recon", "held_out_kl", "dot"))
GAP = 0.25, 0.4     # between the panels, shares of the height: one line of text
SMALL = 12      # of all texts: the figure stands beside another one


class Marked(Protocol):
    """A change of a setting at a step of the run."""

    @property
    def step(self) -> int: ...
    @property
    def text(self) -> str: ...


def curves(records: Sequence[Record], palette: Palette = LIGHT, *, height: int = theme.HEIGHT,
           behind: Sequence[Record] = (), changes: Sequence[Marked] = (), at: int | None = None) -> Figure:
    """Bound and reconstruction above, KL below, nats per image over the steps; training solid, validation dotted.

    behind: validation curves of another run, grey. changes: of settings, marked at their steps. at: a step to mark.
    """
    fig = theme.figure(palette, x="step", y="nats", height=height)
    if behind:
        recon, kl = _column(behind, "held_out_recon"), _column(behind, "held_out_kl")
        for values, axis, name in ((recon - kl, "y", "bound, other run"), (kl, "y2", "KL, other run")):
            fig.add_scatter(x=_steps(behind), y=values, yaxis=axis, mode="lines", name=name,
                            line={"color": palette["data"], "width": 1.5, "dash": "dot"}, hoverinfo="skip")
    for images, recon_name, kl_name, dash in MEASURED_ON:
        recon, kl = _column(records, recon_name), _column(records, kl_name)
        rows = (("bound", recon - kl, "q", "y"), ("reconstruction", recon, "reconstruction", "y"),
                ("KL", kl, "kl", "y2"))
        for name, values, meaning, axis in rows:
            fig.add_scatter(x=_steps(records), y=values, name=f"{name}, {images}", yaxis=axis,
                            mode="lines" if len(records) > 2 else "lines+markers",
                            line={**theme.line(meaning, palette, 1.8), "dash": dash},
                            hovertemplate=f"{name}, {images}: %{{y:.2f}}<extra>step %{{x}}</extra>")
    _mark(fig, [change for change in changes if change.step <= records[-1].step], palette)
    if at is not None:
        fig.add_vline(at, line={"color": palette.ink, "width": 2}, name="step shown")
    return _name(_layout(fig, palette), bool(behind), palette)


def _name(fig: Figure, beside: bool, palette: Palette) -> Figure:
    """Which curve is which, between the panels: wherever the curves are, it covers none. beside: another run's too."""
    text = "solid: training, dotted: validation" + ", grey: other run" * beside
    fig.add_annotation(x=1, xref="x domain", y=sum(GAP) / 2, yref="paper", xanchor="right", yanchor="middle",
                       text=text, showarrow=False, font={"size": SMALL, "color": palette.ink})
    return fig.update_saved(room=60, showlegend=True)     # the page has the names above the figure


def _steps(records: Sequence[Record]) -> np.ndarray:
    return np.array([record.step for record in records], np.int32)


def _column(records: Sequence[Record], name: str) -> np.ndarray:
    return np.array([getattr(record, name) for record in records], np.float32)


def _mark(fig: Figure, changes: Sequence[Marked], palette: Palette) -> None:
    """A line at the step of each change; the text of the last one."""
    for change in changes:
        fig.add_vline(change.step, line={"color": palette.ink, "width": 1, "dash": "dot"}, name=change.text)
    for change in changes[-1:]:
        fig.add_annotation(x=change.step, y=1, yref="y domain", yanchor="top", xanchor="left", text=change.text,
                           showarrow=False, font={"size": SMALL}, bgcolor=palette.paper)


def _layout(fig: Figure, palette: Palette) -> Figure:
    title = {"font": {"size": SMALL, "color": palette.ink}, "standoff": 4}
    below = {"gridcolor": palette.grid, "zeroline": False, "automargin": True, "domain": [0, GAP[0]],
             "rangemode": "tozero", "title": {**title, "text": "KL, nats"},
             "tickfont": {"color": palette.ink, "size": SMALL}, "nticks": 3}
    fig.update_layout(yaxis={"domain": [GAP[1], 1], "title": title, "tickfont": {"size": SMALL}, "nticks": 5},
                      xaxis={"title": title, "tickfont": {"size": SMALL}, "anchor": "y2", "nticks": 5}, yaxis2=below,
                      hovermode="x", showlegend=False, margin={"l": 4, "r": 8, "t": 8, "b": 4})
    return fig


def curves_alt(records: Sequence[Record], at: Record | None = None) -> str:
    """Where the curves end, and the terms of the model that is shown. at: its record; the newest one without it."""
    if not records:
        return "Training curves: no step has been taken yet."
    end = records[-1]
    shown = at or end
    training, validation = (nats(recon - kl) for recon, kl in (
        (end.train_recon, end.train_kl), (end.held_out_recon, end.held_out_kl)))
    bound = nats(difference(shown.held_out_recon, shown.held_out_kl, 2))   # the sum of both as they are written
    return (f"Training curves up to step {end.step}; they end at a bound of {training} nats per image in training and "
            f"{validation} on validation images. The model that is shown, step {shown.step}, has on these the bound "
            f"{bound}, the reconstruction {nats(shown.held_out_recon)} and the KL {nats(shown.held_out_kl)}.")


def nats(value: float) -> str:
    """Nats of a term: with two decimals, so that sums of them are written alike; a huge one with a power of ten."""
    return written(value, ".2f" if abs(value) < 1e6 else ".3g")
