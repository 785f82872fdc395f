"""q over two coins beside the exact posterior, with one marker that is dragged; `followShare` is its counterpart."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.elbo.figures.densities import Drawn
from ui.figures import lookup
from ui.figures.lookup import SHARE_AXIS
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, TONES, Palette, figure, marker

Array = NDArray[np.floating]
NAMES = ("coin 1 (θ)", "coin 2 (θ / 2)")
HEIGHT = 290
OFFSET = 0.28       # of q's and the prior's bars from the posterior's


class CoinTables(NamedTuple):
    """What the browser reads: each number at the shares of `lookup.SHARES`."""

    values: Mapping[str, Array]
    fixed: Mapping[str, float]


def bars(prior: float, posterior: float, share: float, tables: CoinTables, palette: Palette = LIGHT, *,
         ruler: Json | None = None) -> Drawn:
    """Prior, posterior and q of both coins; the square on q's first bar is dragged. prior...: p(coin 1)."""
    fig = figure(palette, x="z", y="probability", height=HEIGHT, barmode="group", bargap=0.3)
    for value, meaning, name in ((prior, "prior", "prior p(z)"), (posterior, "posterior", "posterior p(z|x)")):
        _add_bars(fig, value, meaning, name, palette, x=[-OFFSET, 1 - OFFSET] if meaning == "prior" else [0.0, 1.0])
    _add_bars(fig, share, "q", "q(z)", palette, x=[OFFSET, 1 + OFFSET])
    fig.add_scatter(x=[OFFSET], y=[share], mode="markers", name="q of coin 1", showlegend=False, hoverinfo="skip",
                    cliponaxis=False, marker={**marker("q", palette, 16), "line": {"width": 1.5,
                                                                                 "color": palette.paper}})
    fig.update_xaxes(range=[-0.6, 1.6], tickvals=[0, 1], ticktext=list(NAMES)).update_yaxes(range=[0, 1.02])
    follow: Json = {"kind": "share", "quick": True, "at": {"q": 2, "centre": 3}, "edges": ["forward"],
                    "place": OFFSET, "shares": [None, 1.0], "digits": 3,
                    "fixed": dict(tables.fixed), "tables": lookup.sent(tables.values, [SHARE_AXIS]), "ruler": ruler}
    return Drawn(fig, {"trace": 3, "names": ["q of coin 1 at {y}"], "follow": follow})


def _add_bars(fig: Figure, share: float, meaning: str, name: str, palette: Palette, *, x: list[float]) -> None:
    hatch = {"shape": TONES[meaning].hatch or {"prior": ".", "q": "\\"}.get(meaning, ""), "fgcolor": palette.paper,
             "fillmode": "overlay", "size": 7}
    fig.add_bar(x=x, y=[share, 1 - share], width=0.25, name=name, offset=-0.125, hoverinfo="skip",
                marker={"color": palette[meaning], "pattern": hatch})


def bars_alt(prior: float, posterior: float, share: float) -> str:
    """The figure in one sentence."""
    return (f"Probabilities of coin 1: prior {prior:.2f}, exact posterior {posterior:.3f}, q {share:.3f}; coin 2 has "
            "the rest. A marker on q's bar moves it.")


__all__ = ["NAMES", "CoinTables", "bars", "bars_alt"]
