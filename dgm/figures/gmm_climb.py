"""Figures of EM's climb: log-likelihood, bound and gap over half-steps; criteria over K; k-means beside EM."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dgm.figures import theme
from dgm.figures.gmm import Theta, ellipse
from dgm.figures.theme import LIGHT, Palette
from dgm.gmm_selection import Candidate, best

Array = NDArray[np.floating]
Groups = NDArray[np.integer]
NATS = "nats per point"


def climb(log_lik: Array, bound: Array, complete: Array, objective: Array, now: int = 0, *,
          palette: Palette = LIGHT) -> go.Figure:
    """Values (T,) after each of T half-steps: log p(x), the bound L, E_q log p(x, z) and the penalised objective."""
    at = np.arange(len(log_lik), dtype=np.float32)
    fig = theme.figure(palette, x="half-step (E, M, E, M, ...)", y=NATS, height=320, hovermode="x unified")
    rows = [("log p(x)", log_lik, "evidence"), ("L(q, θ)", bound, "q"), ("E_q log p(x, z)", complete, "likelihood"),
            ("log p(x) + prior", objective, "prior")]
    for name, values, meaning in rows:
        fig.add_trace(go.Scatter(x=at, y=np.float32(values), name=name, mode="lines",
                                 visible="legendonly" if meaning in ("likelihood", "prior") else True,
                                 line=theme.line(meaning, palette), hovertemplate="%{y:.4f}"))
    fig.add_trace(go.Scatter(x=[float(now)], y=[float(bound[now])], mode="markers", showlegend=False, hoverinfo="skip",
                             marker={"color": palette["q"], "size": 13, "symbol": "square",
                                     "line": {"color": palette.paper, "width": 2}}))
    seen = np.concatenate([log_lik, bound])
    low = max(seen.min(), seen.max() - 12 * max(float(np.ptp(log_lik)), 1e-6))
    pad = 0.06 * max(seen.max() - low, 1e-6)
    fig.update_yaxes(range=[float(low - pad), float(seen.max() + pad)])
    return fig


def climb_alt(log_lik: Array, bound: Array, now: int = 0) -> str:
    """What `climb` shows, in words."""
    return (f"Log-likelihood and bound over {len(log_lik)} half-steps: log p(x) goes from {log_lik[0]:.4f} to "
            f"{log_lik[-1]:.4f} nats per point. At half-step {now} the bound is {bound[now]:.4f}, a gap of "
            f"{max(float(log_lik[now] - bound[now]), 0):.2g}.")


def split(bound: float, gap: float, complete: float, entropy: float, palette: Palette = LIGHT) -> go.Figure:
    """log p(x) = L + KL as one bar, and L = E_q log p(x, z) + H(q) as another: lengths in nats per point."""
    log_lik = bound + gap
    fig = theme.figure(palette, x=NATS, height=190, showlegend=False, barmode="overlay", bargap=0.35)
    low = min(complete, bound) - 0.15 * max(log_lik - min(complete, bound), 0.05)
    bars = [("log p(x)", low, log_lik, "evidence", f"{log_lik:.4f}"), ("L + KL", low, bound, "q", f"L = {bound:.4f}"),
            ("L + KL", bound, log_lik, "gap", f"KL = {gap:.2g}"),
            ("E_q + H", low, complete, "likelihood", f"E_q log p(x, z) = {complete:.4f}"),
            ("E_q + H", complete, bound, "kl", f"H(q) = {entropy:.3g}")]
    for row, start, end, meaning, text in bars:
        fig.add_trace(go.Bar(y=[row], x=[end - start], base=[start], orientation="h", text=[text],
                             textposition="inside", insidetextanchor="middle", textfont={"color": palette.paper},
                             marker=theme.pattern(meaning, palette), hovertemplate=f"{text}<extra></extra>"))
    fig.update_xaxes(range=[low, log_lik + 0.05 * (log_lik - low)])
    fig.update_yaxes(autorange="reversed")
    return fig


def split_alt(bound: float, gap: float, complete: float, entropy: float) -> str:
    """What `split` shows, in words."""
    return (f"log p(x) = {bound + gap:.4f} nats per point is the bound {bound:.4f} plus the gap {gap:.2g}; the bound "
            f"is E_q log p(x, z) = {complete:.4f} plus the entropy of q, {entropy:.3g}.")


def criteria(candidates: Sequence[Candidate], palette: Palette = LIGHT) -> go.Figure:
    """Log-likelihood, -BIC/2N, -AIC/2N and held-out log-likelihood with its standard error, over K."""
    ks = [one.k for one in candidates]
    column = {name: np.array([getattr(one, name) for one in candidates], np.float32) for name in Candidate._fields[:-1]}
    fig = theme.figure(palette, x="components K", y=NATS, height=340, hovermode="x unified")
    lines = [("fitted points", "log_lik", "data", "circle"), ("-AIC / 2N", "aic", "prior", "triangle-up"),
             ("-BIC / 2N", "bic", "reconstruction", "diamond")]
    for name, key, meaning, symbol in lines:
        fig.add_trace(go.Scatter(x=ks, y=column[key], name=name, mode="lines+markers",
                                 line=theme.line(meaning, palette), hovertemplate="%{y:.4f}",
                                 marker={"symbol": symbol, "size": 8, "color": palette[meaning]}))
    fig.add_trace(go.Scatter(x=ks, y=column["held_out"], name="held-out points", mode="lines+markers",
                             line={"color": palette["gap"], "width": 2.2, "dash": "dash"},
                             marker={"symbol": "circle-open", "size": 9, "color": palette["gap"]},
                             error_y={"array": column["held_out_error"], "color": palette["gap"], "thickness": 1.2},
                             hovertemplate="%{y:.4f} ± %{error_y.array:.4f}"))
    for key, meaning in [("bic", "reconstruction"), ("held_out", "gap")]:
        top = best(candidates, key)
        fig.add_trace(go.Scatter(x=[top.k], y=[getattr(top, key)], mode="markers", hoverinfo="skip",
                                 showlegend=False, marker={"symbol": "star", "size": 16, "color": palette[meaning]}))
    return fig.update_xaxes(dtick=1)


def criteria_alt(candidates: Sequence[Candidate]) -> str:
    """What `criteria` shows, in words."""
    return (f"Criteria over K from {candidates[0].k} to {candidates[-1].k}: BIC prefers K = {best(candidates).k}, "
            f"held-out points prefer K = {best(candidates, 'held_out').k}.")


def beside(x: Array, at: Theta, em_labels: Groups, km_labels: Groups, km_means: Array, *,
           columns: tuple[str, str] = ("x", "y"), palette: Palette = LIGHT) -> go.Figure:
    """EM's most responsible components and k-means' groups of the same points, side by side."""
    base = theme.figure(palette, height=360, showlegend=False)
    fig = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04, figure=base,
                        subplot_titles=("EM: most responsible component", "k-means: nearest mean"))
    for column, labels in ((1, em_labels), (2, km_labels)):
        for k in range(len(at.means)):
            rows = labels == k
            fig.add_trace(go.Scattergl(x=np.float32(x[rows, 0]), y=np.float32(x[rows, 1]), mode="markers",
                                       hoverinfo="skip", marker={"color": palette.classes[k % 10], "size": 5,
                                                                 "symbol": theme.CLASS_MARKERS[k % 10]}), 1, column)
    for k in range(len(at.means)):
        path = ellipse(at.means[k], at.covs[k], 2.0)
        fig.add_trace(go.Scatter(x=path[:, 0], y=path[:, 1], mode="lines", hoverinfo="skip",
                                 line={"color": palette.classes[k % 10]}), 1, 1)
    fig.add_trace(go.Scatter(x=np.float32(km_means[:, 0]), y=np.float32(km_means[:, 1]), mode="markers",
                             hoverinfo="skip", marker={"symbol": "x", "size": 13, "color": palette.ink}), 1, 2)
    fig.update_xaxes(title_text=columns[0], gridcolor=palette.grid, zeroline=False)
    fig.update_yaxes(gridcolor=palette.grid, zeroline=False)
    fig.update_yaxes(title_text=columns[1], col=1)
    return fig.update_annotations(font={"size": 14, "color": palette.ink})


def beside_alt(agreement: float, changed: int, n: int) -> str:
    """What `beside` shows, in words."""
    return (f"The same {n} points grouped by EM and by k-means: {changed} points change group, adjusted Rand index "
            f"{agreement:.2f}.")
