"""Figure of the criteria that choose the number of components."""

from collections.abc import Sequence

import numpy as np

from dgm.gmm.selection import Candidate, best
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette


def criteria(candidates: Sequence[Candidate], palette: Palette = LIGHT) -> Figure:
    """Log-likelihood, -BIC/2N, -AIC/2N and held-out log-likelihood with its standard error, over K."""
    ks = [candidate.k for candidate in candidates]
    column = {name: np.array([getattr(candidate, name) for candidate in candidates], np.float32)
              for name in Candidate._fields[:-1]}
    fig = theme.figure(palette, x="components K", y="nats per point", height=340, hovermode="x unified")
    lines = [("fitted points", "log_lik", "data", "circle"), ("-AIC / 2N", "aic", "prior", "triangle-up"),
             ("-BIC / 2N", "bic", "reconstruction", "diamond")]
    for name, key, meaning, symbol in lines:
        fig.add_scatter(x=ks, y=column[key], name=name, mode="lines+markers",
                        line=theme.line(meaning, palette), hovertemplate="%{y:.4f}",
                        marker={"symbol": symbol, "size": 8, "color": palette[meaning]})
    fig.add_scatter(x=ks, y=column["held_out"], name="held-out points", mode="lines+markers",
                    line={"color": palette["gap"], "width": 2.2, "dash": "dash"},
                    marker={"symbol": "circle-open", "size": 9, "color": palette["gap"]},
                    error_y={"array": column["held_out_error"], "color": palette["gap"], "thickness": 1.2},
                    hovertemplate="%{y:.4f} ± %{error_y.array:.4f}")
    for key, meaning in [("bic", "reconstruction"), ("held_out", "gap")]:
        top = best(candidates, key)
        fig.add_scatter(x=[top.k], y=[getattr(top, key)], mode="markers", hoverinfo="skip",
                        showlegend=False, marker={"symbol": "star", "size": 16, "color": palette[meaning]})
    return fig.update_xaxes(dtick=1)


def criteria_alt(candidates: Sequence[Candidate]) -> str:
    """What `criteria` shows, in words."""
    return (f"Criteria over K from {candidates[0].k} to {candidates[-1].k}: BIC prefers K = {best(candidates).k}, "
            f"held-out points prefer K = {best(candidates, 'held_out').k}.")
