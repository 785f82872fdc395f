"""The bound and its two terms after each half-step."""

from collections.abc import Sequence

import numpy as np

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import difference, written

SYMBOLS = {"": "diamond", "E": "circle", "M": "square"}
NAMES = {"": "start", "E": "E: φ alone", "M": "M: θ alone"}
HEIGHT = 330
SMALL = 12      # of the axes' texts
Term = tuple[str, float, float]     # kind of the half-step, reconstruction, KL, nats


def terms(stages: Sequence[Term], palette: Palette = LIGHT, *, height: int = HEIGHT, covered: bool = False) -> Figure:
    """Bound and reconstruction above, KL below, at the start and after each half-step; E and M have own markers.

    covered: whether the KL is left out from the first M on.
    """
    fig = theme.figure(palette, x="half-steps", y="nats", height=height)
    x = np.arange(len(stages), dtype=np.int32)
    recon, kl = (np.array([stage[i] for stage in stages], np.float32) for i in (1, 2))
    symbols = [SYMBOLS[stage[0]] for stage in stages]
    names = [NAMES[stage[0]] for stage in stages]
    for name, values, meaning, axis in (("bound", recon - kl, "q", "y"),
                                        ("reconstruction", recon, "reconstruction", "y"), ("KL", kl, "kl", "y2")):
        count = _shown(stages) if covered and name == "KL" else len(stages)
        fig.add_scatter(x=x[:count], y=values[:count], yaxis=axis, name=name, mode="lines+markers", text=names[:count],
                        line=theme.line(meaning, palette), marker={"symbol": symbols[:count], "size": 9,
                                                                   "color": palette[meaning]},
                        hovertemplate=f"{name} %{{y:.2f}}, %{{text}}<extra></extra>")
    fig.data[0].update(customdata=[_bound(stage) for stage in stages],
                       hovertemplate="bound %{customdata:.2f}, %{text}<extra></extra>")
    for number, stage in enumerate(stages[1:], start=1):
        fig.add_annotation(x=number, y=0, yref="y domain", yanchor="top", text=stage[0], showarrow=False, yshift=-2)
    if covered:
        fig.add_annotation(x=(_shown(stages) + len(stages) - 1) / 2, y=0.5, yref="y2 domain", text="?", showarrow=False,
                           font={"size": 20, "color": palette["kl"]})
    font = {"size": SMALL, "color": palette.ink}
    below = {"gridcolor": palette.grid, "zeroline": False, "automargin": True, "domain": [0, 0.3],
             "title": {"text": "KL, nats", "font": font}, "nticks": 4, "tickfont": font}
    fig.update_layout(yaxis={"domain": [0.42, 1], "title": {"font": font}, "tickfont": font}, yaxis2=below,
                      xaxis={"anchor": "y2", "dtick": 1 + len(stages) // 20})
    return fig


def _shown(stages: Sequence[Term]) -> int:
    """How many stages there are before the first M."""
    return next((i for i, stage in enumerate(stages) if stage[0] == "M"), len(stages))


def _bound(stage: Term) -> float:
    """The bound as the difference of both terms as they are written, as in the formula above the figure."""
    return difference(*stage[1:], 2)


def terms_alt(stages: Sequence[Term], *, covered: bool = False) -> str:
    """The first and the last point in one sentence. covered: as for `terms`."""
    (recon, kl, bound), (last_recon, last_kl, last_bound) = (
        [written(value, ".2f") for value in (*stage[1:], _bound(stage))] for stage in (stages[0], stages[-1]))
    return (f"After {len(stages) - 1} half-steps ({''.join(kind for kind, _, _ in stages) or 'none'}) the "
            f"reconstruction went from {recon} to {last_recon} nats, "
            + ("" if covered else f"the KL from {kl} to {last_kl}, ")
            + f"the bound from {bound} to {last_bound}.")
