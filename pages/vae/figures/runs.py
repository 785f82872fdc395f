"""Runs laid over each other: bound, reconstruction and KL on shared axes, a colour for each run."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

COLOURS = (4, 3, 7, 5, 9, 10, 11, 6)      # of the components: none is the colour of a term of the bound
DASHES = ("solid", "dash", "dot", "dashdot", "dot", "dashdot", "dot", "dashdot")
HEIGHT = 400
PANELS = (("bound", (0.6, 1.0)), ("reconstruction", (0.3, 0.54)), ("KL", (0.0, 0.24)))
SMALL = 12          # of the axes' texts


class Line(NamedTuple):
    """One run."""

    name: str
    steps: Sequence[float]
    recon: Sequence[float]      # of the validation images, nats per image
    kl: Sequence[float]


def overlay(lines: Sequence[Line], palette: Palette = LIGHT, *, height: int = HEIGHT) -> Figure:
    """The bound on validation images and its terms, of each run over the steps. The first two lines are A and B."""
    fig = theme.figure(palette, x="step", y="bound, nats", height=height)
    for number, line in enumerate(lines):
        recon, kl = np.array(line.recon, np.float32), np.array(line.kl, np.float32)
        style = {"color": colour(number, palette), "dash": DASHES[number], "width": 2.4 if number < 2 else 1.6}
        for axis, (term, values) in zip(("y", "y2", "y3"), (("bound", recon - kl), ("reconstruction", recon),
                                                            ("KL", kl)), strict=True):
            fig.add_scatter(x=np.array(line.steps, np.float32), y=values, yaxis=axis, mode="lines", name=line.name,
                            line=style, legendgroup=str(number), showlegend=axis == "y",
                            hovertemplate=f"{line.name}: {term} %{{y:.2f}}<extra>step %{{x:.0f}}</extra>")
    font = {"size": SMALL, "color": palette.ink}
    shared = {"gridcolor": palette.grid, "zeroline": False, "automargin": True, "nticks": 4, "tickfont": font}
    fig.update_layout(yaxis={"domain": PANELS[0][1], "title": {"font": font}, "tickfont": font}, xaxis={"anchor": "y3"},
                      yaxis2={**shared, "domain": PANELS[1][1], "title": {"text": "recon., nats", "font": font}},
                      yaxis3={**shared, "domain": PANELS[2][1], "title": {"text": "KL, nats", "font": font},
                              "rangemode": "tozero"},
                      legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return fig


def colour(number: int, palette: Palette) -> str:
    """The colour of a run, counted from 0."""
    components = theme.COMPONENT_DARK if palette.dark else theme.COMPONENT_LIGHT
    return components[COLOURS[number]]


def overlay_alt(lines: Sequence[Line]) -> str:
    """The last point of each run in one sentence."""
    ends = ", ".join(f"{line.name} {written(line.recon[-1] - line.kl[-1], '.1f')} (KL {line.kl[-1]:.1f}) at step "
                     f"{line.steps[-1]:.0f}" for line in lines)
    runs = "1 run" if len(lines) == 1 else f"{len(lines)} runs"
    return f"Bound on validation images of {runs}, nats per image: {ends}."
