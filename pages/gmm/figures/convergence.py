"""Figure of how fast EM converges."""

import math
from collections.abc import Sequence

import numpy as np

from dgm.gmm import Step
from ui.figures import theme
from ui.figures.axis_ends import steady_top
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

ABOVE = 1.02     # the end of the axis while no rate is above 1


def speed(gains: Sequence[float], rates: Sequence[float], palette: Palette = LIGHT) -> Figure:
    """Gain of the objective per EM step (log scale), and the live estimate of EM's rate beside it."""
    at = np.arange(1, len(gains), dtype=np.float32)
    fig = theme.figure(palette, x="EM step", y="gain, nats per point", height=320, hovermode="x unified")
    fig.add_scatter(x=at, y=np.array(gains[1:], np.float32).clip(1e-16), name="gain of the step", mode="lines",
                    line=theme.line("evidence", palette), customdata=[written(gain, ".3g") for gain in gains[1:]],
                    hovertemplate="%{customdata}")
    fig.add_scatter(x=at, y=np.array(rates[1:], np.float32), name="rate", mode="lines",
                    line=theme.line("gap", palette) | {"dash": "dash"}, yaxis="y2",
                    hovertemplate="%{y:.4f}")
    top = rate_top(rates)
    fig.update_yaxes(type="log", tickfont=theme.LOG_TICKS)
    room = 0.03 * len(at)        # so that no curve runs into the numbers of the axis on the right
    fig.update_xaxes(range=[1 - room, len(at) + room])
    fig.update_layout(yaxis2={"overlaying": "y", "side": "right", "range": [0, top], "showgrid": False,
                              "dtick": 0.25 if top <= ABOVE else steady_top(top / 5), "tickmode": "linear",
                              "ticks": "outside", "ticklen": 6,
                              "tickcolor": "rgba(0,0,0,0)",
                              "title": {"text": "rate", "font": {"size": theme.FONT_SIZE}}, "automargin": True,
                              "tickfont": {"color": palette["gap"]}})
    return fig


def rate_top(rates: Sequence[float]) -> float:
    """The end of the axis of the rate: above 1, or above the largest rate where steps grow.

    >>> rate_top([float("nan"), 0.9]), rate_top([0.3, 1.72])
    (1.02, 1.8)
    """
    largest = max((rate for rate in rates if math.isfinite(rate)), default=0.0)
    return ABOVE if largest <= 1 else max(steady_top(largest), 1.12)


def speed_alt(steps: Sequence[Step]) -> str:
    """What `speed` shows, in words."""
    first, last = (written(step.gain, ".2g") for step in (steps[min(1, len(steps) - 1)], steps[-1]))
    rate = steps[-1].rate
    end = (f"the estimated rate ends at {written(rate, '.3f')}" if math.isfinite(rate) else
           "too few for an estimate of the rate")
    return f"Gains of {len(steps) - 1} EM steps on a logarithmic scale, from {first} to {last} nats per point; {end}."
