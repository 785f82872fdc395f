"""The bound and its two terms after each half-step."""

from collections.abc import Sequence

import numpy as np

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

SYMBOLS = {"": "diamond", "E": "circle", "M": "square"}
NAMES = {"": "start", "E": "E: φ alone", "M": "M: θ alone"}
HEIGHT = 330
SMALL = 12      # of the axes' texts
Term = tuple[str, float, float]     # kind of the half-step, reconstruction, KL, nats


def terms(stages: Sequence[Term], palette: Palette = LIGHT, *, height: int = HEIGHT) -> Figure:
    """Bound and reconstruction above, KL below, at the start and after each half-step; E and M have own markers."""
    fig = theme.figure(palette, x="half-steps", y="nats", height=height)
    x = np.arange(len(stages), dtype=np.int32)
    recon, kl = (np.array([stage[i] for stage in stages], np.float32) for i in (1, 2))
    symbols = [SYMBOLS[stage[0]] for stage in stages]
    names = [NAMES[stage[0]] for stage in stages]
    for name, values, meaning, axis in (("bound", recon - kl, "q", "y"),
                                        ("reconstruction", recon, "reconstruction", "y"), ("KL", kl, "kl", "y2")):
        fig.add_scatter(x=x, y=values, yaxis=axis, name=name, mode="lines+markers", text=names,
                        line=theme.line(meaning, palette), marker={"symbol": symbols, "size": 9,
                                                                   "color": palette[meaning]},
                        hovertemplate=f"{name} %{{y:.2f}}, %{{text}}<extra></extra>")
    for number, stage in enumerate(stages[1:], start=1):
        fig.add_annotation(x=number, y=0, yref="y domain", yanchor="top", text=stage[0], showarrow=False, yshift=-2)
    font = {"size": SMALL, "color": palette.ink}
    below = {"gridcolor": palette.grid, "zeroline": False, "automargin": True, "domain": [0, 0.3],
             "title": {"text": "KL, nats", "font": font}, "nticks": 4, "tickfont": font}
    fig.update_layout(yaxis={"domain": [0.42, 1], "title": {"font": font}, "tickfont": font}, yaxis2=below,
                      xaxis={"anchor": "y2", "dtick": 1 + len(stages) // 20})
    return fig


def terms_alt(stages: Sequence[Term]) -> str:
    """The first and the last point in one sentence."""
    (_, recon, kl), (_, last_recon, last_kl) = stages[0], stages[-1]
    return (f"After {len(stages) - 1} half-steps ({''.join(kind for kind, _, _ in stages) or 'none'}) the "
            f"reconstruction went from {recon:.2f} to {last_recon:.2f} nats, the KL from {kl:.2f} to {last_kl:.2f}, "
            f"the bound from {recon - kl:.2f} to {last_recon - last_kl:.2f}.")
