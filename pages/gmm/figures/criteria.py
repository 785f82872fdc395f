"""Figures of EM's climb: log-likelihood, bound and gap over half-steps; criteria over K; k-means beside EM."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dgm.gmm import Step
from dgm.gmm.selection import Candidate, best
from pages.gmm.figures.plane import Theta, ellipse
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
Groups = NDArray[np.integer]
NATS = "nats per point"


def speed(gains: Sequence[float], rates: Sequence[float], palette: Palette = LIGHT) -> Figure:
    """Gain of the objective per EM step (log scale), and the live estimate of EM's rate beside it."""
    at = np.arange(1, len(gains), dtype=np.float32)
    fig = theme.figure(palette, x="EM step", y="gain, nats per point", height=320, hovermode="x unified")
    fig.add_scatter(x=at, y=np.array(gains[1:], np.float32).clip(1e-16), name="gain of the step", mode="lines",
                  line=theme.line("evidence", palette), hovertemplate="%{y:.2e}")
    fig.add_scatter(x=at, y=np.array(rates[1:], np.float32), name="rate, estimated live", mode="lines",
                  line=theme.line("gap", palette) | {"dash": "dash"}, yaxis="y2",
                  hovertemplate="%{y:.4f}")
    fig.update_yaxes(type="log", exponentformat="power")
    fig.update_layout(yaxis2={"overlaying": "y", "side": "right", "range": [0, 1.02], "showgrid": False,
                              "dtick": 0.25, "tickmode": "linear",
                              "title": {"text": "rate", "font": {"size": theme.FONT_SIZE}}, "automargin": True,
                              "tickfont": {"color": palette["gap"]}})
    return fig


def speed_alt(steps: Sequence[Step]) -> str:
    """What `speed` shows, in words."""
    return (f"Gains of {len(steps) - 1} EM steps on a logarithmic scale, from {steps[min(1, len(steps) - 1)].gain:.2g} "
            f"to {steps[-1].gain:.2g} nats per point; the estimated rate ends at {steps[-1].rate:.3f}.")


def criteria(candidates: Sequence[Candidate], palette: Palette = LIGHT) -> Figure:
    """Log-likelihood, -BIC/2N, -AIC/2N and held-out log-likelihood with its standard error, over K."""
    ks = [one.k for one in candidates]
    column = {name: np.array([getattr(one, name) for one in candidates], np.float32) for name in Candidate._fields[:-1]}
    fig = theme.figure(palette, x="components K", y=NATS, height=340, hovermode="x unified")
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


def beside(x: Array, at: Theta, em_labels: Groups, km_labels: Groups, km_means: Array, *,
           columns: tuple[str, str] = ("x", "y"), palette: Palette = LIGHT) -> Figure:
    """EM's most responsible components and k-means' groups of the same points, side by side."""
    fig = theme.figure(palette, x=columns[0], y=columns[1], showlegend=False, margin={"t": 40})
    fig.split((1, 1), gap=0.04, shared_y=True, titles=("EM: most responsible component", "k-means: nearest mean"))
    for column, labels in ((1, em_labels), (2, km_labels)):
        for k in range(len(at.means)):
            rows = labels == k
            fig.add_scattergl(x=np.float32(x[rows, 0]), y=np.float32(x[rows, 1]), mode="markers",
                            hoverinfo="skip", marker={"color": palette.classes[k % 10], "size": 5,
                                                      "symbol": theme.CLASS_MARKERS[k % 10]}, **spec.on(column))
    for k in range(len(at.means)):
        path = ellipse(at.means[k], at.covs[k], 2.0)
        fig.add_scatter(x=path[:, 0], y=path[:, 1], mode="lines", hoverinfo="skip",
                      line={"color": palette.classes[k % 10]}, **spec.on(1))
    fig.add_scatter(x=np.float32(km_means[:, 0]), y=np.float32(km_means[:, 1]), mode="markers",
                  hoverinfo="skip", marker={"symbol": "x", "size": 13, "color": palette.ink}, **spec.on(2))
    return fig


def beside_alt(agreement: float, changed: int, n: int) -> str:
    """What `beside` shows, in words."""
    return (f"The same {n} points grouped by EM and by k-means: {changed} points change group, adjusted Rand index "
            f"{agreement:.2f}.")
