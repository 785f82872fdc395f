"""Figure of the criteria that choose the number of components."""

from collections.abc import Sequence

import numpy as np

from dgm.gmm.selection import Candidate, best
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

HEIGHT = 400


def criteria(fits: Sequence[float], candidates: Sequence[Candidate] | None, palette: Palette = LIGHT, *,
             now: int = 0) -> Figure:
    """log p of the fitted points over K = 1, 2, ...; with candidates BIC, AIC and held-out points too.

    fits: nats per point. candidates: None while the answer is covered. now: the K of the page, marked; 0: none.
    """
    ks = list(range(1, len(fits) + 1))
    fig = theme.figure(palette, x="components K", height=HEIGHT,
                       y="nats per point" if candidates else "log p(x), nats per point",
                       hovermode="x unified", margin={"t": 30})
    fig.update_layout(showlegend=True)      # one curve, too, is named
    _line(fig, ks, fits, "fitted points", "evidence", palette)
    if candidates:
        column = {name: [getattr(one, name) for one in candidates]
                  for name in ("aic_per_point", "bic_per_point", "held_out")}
        _line(fig, ks, column["aic_per_point"], "−AIC / 2N", "data", palette, dash="dot", symbol="triangle-up")
        _line(fig, ks, column["bic_per_point"], "−BIC / 2N", "data", palette, symbol="diamond")
        _line(fig, ks, column["held_out"], "held-out points", "held-out", palette, dash="dash", symbol="circle-open",
              error=[one.held_out_error for one in candidates])
        for key, name, meaning in (("aic_per_point", "−AIC / 2N", "data"), ("bic_per_point", "−BIC / 2N", "data"),
                                   ("held_out", "held-out points", "held-out")):
            top = best(candidates, key)
            fig.add_scatter(x=[top.k], y=[getattr(top, key)], mode="markers", hoverinfo="skip",
                            showlegend=False, name=f"the largest of {name}",
                            marker={"symbol": "star", "size": 17, "color": palette[meaning]})
    if now in ks:
        fig.add_vline(now, name=f"K = {now}", line={"color": palette.accent, "width": 1.5, "dash": "dot"})
        fig.add_annotation(x=now, y=0, yref="paper", text=f"K = {now}", showarrow=False, yanchor="bottom",
                           **({"xanchor": "right", "xshift": -4} if now == len(fits) else
                              {"xanchor": "left", "xshift": 4}), font={"color": palette.accent})
    return fig.update_xaxes(dtick=1, range=[0.7, len(ks) + 0.3])


def _line(fig: Figure, ks: list[int], values: Sequence[float], name: str, meaning: str, palette: Palette, *,
          dash: str = "solid", symbol: str = "circle", error: Sequence[float] | None = None) -> None:
    bars = {} if error is None else {"error_y": {"array": np.array(error, np.float32), "color": palette[meaning],
                                                 "thickness": 1.2}}
    hover = "%{y:.4f}" + ("" if error is None else " ± %{error_y.array:.4f}")
    fig.add_scatter(x=ks, y=np.array(values, np.float32), name=name, mode="lines+markers", hovertemplate=hover,
                    line={"color": palette[meaning], "width": 2.2, "dash": dash},
                    marker={"symbol": symbol, "size": 9, "color": palette[meaning]}, **bars)


def criteria_alt(fits: Sequence[float], candidates: Sequence[Candidate] | None) -> str:
    """What `criteria` shows, in words."""
    first, last = (written(fit, ".4f") for fit in (fits[0], fits[-1]))
    rising = f"log p(x) of the fitted points over K from 1 to {len(fits)}, from {first} to {last} nats"
    if not candidates:
        return f"{rising}."
    aic, bic, held_out = (best(candidates, key).k for key in ("aic_per_point", "bic_per_point", "held_out"))
    return f"{rising}; AIC prefers K = {aic}, BIC K = {bic}, held-out points K = {held_out}."
