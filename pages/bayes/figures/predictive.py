"""Three distributions of the next observation: prior predictive, posterior predictive, and the plug-in of the MAP."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dgm.bayes import Scores
from pages.bayes.figures.numbers import float32, format_nats, on_axis
from ui.figures.axis_ends import far_ticks
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line, marker

HEIGHT = 350   # pixels
BESIDE = 3     # outcomes, up to which the numbers of three bars each have room beside each other
ANSWERS = {"prior predictive": "prior", "posterior predictive": "posterior", "MAP plug-in": "q"}   # name to colour


def predictive_bars(labels: Sequence[str], probs: Sequence[Tensor | None], palette: Palette = LIGHT) -> Figure:
    """The three predictives of an observation with K outcomes.

    probs: (K,) of each predictive, None where there is no MAP.
    """
    fig = figure(palette, x="next observation", y="probability", barmode="group")
    fig.update_xaxes(type="category").update_yaxes(range=[0, 1.12])
    for name, tone, p in zip(ANSWERS, ANSWERS.values(), probs, strict=True):
        if p is not None:
            fig.add_bar(x=list(labels), y=float32(p), name=name, marker={"color": palette[tone]},
                        text=[f"{value:.3f}" for value in p.tolist()], textposition="outside", cliponaxis=False,
                        textangle=0 if len(labels) <= BESIDE else -90, constraintext="none")
    return _with_stacked_legend(fig)


def predictive_curves(x: Tensor, densities: Sequence[Tensor | None], held_out: Tensor, *,
                      palette: Palette = LIGHT, unit: str = "x") -> Figure:
    """The three predictives as densities (G,) over x (G,), with the held-out observations as rings on the axis.

    densities: None where there is no MAP. unit: of the axis.
    """
    fig = figure(palette, x=unit, y="density of the next observation")
    fig.update_yaxes(rangemode="tozero")
    for name, tone, p in zip(ANSWERS, ANSWERS.values(), densities, strict=True):
        if p is not None:
            fig.add_scatter(x=on_axis(x), y=float32(p), name=name, line=line(tone, palette))
    if len(held_out):
        fig.add_scatter(x=on_axis(held_out), y=np.zeros(len(held_out), np.float32), mode="markers",
                        name="held-out data", marker=marker("held-out", palette), cliponaxis=False)
    low, high = float(x[0]), float(x[-1])
    fig.update_xaxes(range=[low, high], **far_ticks(low, high))
    return _with_stacked_legend(fig)


def _with_stacked_legend(fig: Figure) -> Figure:
    """One legend entry a line: three side by side are wider than a phone."""
    return fig.update_layout(legend={"orientation": "v", "y": 1.02, "yanchor": "bottom"}, height=HEIGHT)


def scores_alt(scores: Scores, held_out: int) -> str:
    """The scores of the three predictives in a sentence. held_out: the number of held-out observations."""
    each = "; ".join(f"{name} {format_nats(value)}" for name, value in zip(ANSWERS, scores, strict=True))
    return f"Mean log score per observation on {held_out} held-out observations: {each}."
