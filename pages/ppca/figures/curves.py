"""Curves of the PCA model over noise, angle, rank and q, in nats; `<name>_alt` writes the sentence of a figure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from dgm.ppca.selection import Choice
from ui.figures import spec
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, LOG_TICKS, Palette, figure, marker, pattern
from ui.figures.theme import line as stroke
from ui.figures.written import percent, written

TICKS = 13    # eigenvalues that are numbered, at most: as many as wine has


def over_noise(sigma2: Tensor, best: Tensor, fixed_plane: Tensor, at: float, maximum: float,
               *, eigenvalues: Sequence[float] = (), palette: Palette = LIGHT) -> Figure:
    """log p over the noise variance: it is largest at maximum likelihood and falls without end towards PCA, no noise.

    sigma2 (S,). best, fixed_plane (S,): nats per point with W fitted again at each noise, and with W fixed. at: the
    chosen noise; 0 has no place on the axis. maximum: the most likely one. eigenvalues: noise above one switches a
    latent dimension off.
    """
    fig = figure(palette, x="noise variance σ²", y="log p, nats per point")
    fig.add_scatter(x=numbers(sigma2), y=numbers(best), mode="lines", line=stroke("evidence", palette),
                    name="W re-fitted")
    fig.add_scatter(x=numbers(sigma2), y=numbers(fixed_plane), mode="lines", name="W held",
                    line={**stroke("evidence", palette, 1.4), "dash": "dot"})
    dotted = {"color": palette["reconstruction"], "width": 1.2, "dash": "dot"}
    here = [_vertical("chosen noise", at, {"color": palette.accent, "width": 1.5, "dash": "dash"})] if at > 0 else []
    numbered = [(f"λ{number}", value) for number, value in enumerate(eigenvalues, start=1)]
    fig.update_layout(shapes=[_vertical("maximum likelihood", maximum, {"color": palette["posterior"], "width": 1.5}),
                              *here, *(_vertical(name, value, dotted) for name, value in numbered)])
    _label(fig, maximum, "maximum likelihood", palette["posterior"], 0)
    for row, (name, value) in enumerate(numbered, start=1):
        _label(fig, value, name, palette["reconstruction"], row)
    if at == 0:
        fig.add_annotation(x=0, xref="paper", y=1, yref="paper", text="← your noise: 0",
                           showarrow=False, xanchor="left", yanchor="top", font={"color": palette.accent})
    fig.update_xaxes(type="log", dtick=1, tickfont=LOG_TICKS)
    top, bottom = float(best.max()), float(best[-1])
    fig.update_yaxes(range=[min(bottom, top - 3), top + 0.12 * max(top - bottom, 1)])
    return fig


def _label(fig: Figure, at: float, text: str, colour: str, row: int) -> None:
    """A word near the top of a vertical line of a logarithmic axis, which plotly places by the exponent.

    row: counted from the top, so that words of near lines do not meet.
    """
    fig.add_annotation(x=math.log10(at), y=1, yref="paper", text=text, showarrow=False, font={"color": colour},
                       xanchor="left", yanchor="top", xshift=4, yshift=-18 * row)


def over_noise_alt(at: float, value: float, maximum: float, top: float) -> str:
    """The numbers of `over_noise` in a sentence."""
    return (f"Log-likelihood against the noise variance: highest, {written(top, '.3f')} nats per point, at "
            f"{written(maximum, '.3g')}; at the chosen {written(at, '.3g')} it is {written(value, '.3f')}, and it "
            "falls without end towards zero noise.")


def rotation(degrees: Tensor, log_lik: float, gaps: Tensor, at: float, palette: Palette = LIGHT) -> Figure:
    """Rotating W: log p(x) is constant, the best bound with a diagonal q(z) is `gaps` lower.

    degrees, gaps (A,). log_lik: nats per row. at: the chosen angle, degrees.
    """
    fig = figure(palette, x="rotation of W, degrees", y="nats per row")
    flat, bound = np.full(len(gaps), log_lik), log_lik - np.asarray(gaps)
    fig.add_scatter(x=numbers(degrees), y=numbers(bound), mode="lines", line=stroke("q", palette),
                    name="best bound with diagonal q(z)")
    fig.add_scatter(x=numbers(degrees), y=numbers(flat), mode="lines", fill="tonexty",
                    fillcolor=palette.faint("gap"), line=stroke("evidence", palette), name="log p(x)")
    fig.add_vline(x=at, name="chosen angle", line={"color": palette.accent, "width": 1.5, "dash": "dash"})
    return fig


def rotation_alt(at: float, log_lik: float, gap: float) -> str:
    """The numbers of `rotation` in a sentence."""
    return (f"Log-likelihood {written(log_lik, '.3f')} nats per row at every rotation; at {written(at, '.0f')} degrees "
            f"the best bound with independent latents lies {written(gap, '.4f')} nats below it.")


def spectrum(values: Tensor, q: int, sigma2: float, palette: Palette = LIGHT) -> Figure:
    """Eigenvalues of S (D,), largest first: W has the first q, the mean of the others is the noise variance."""
    count = len(values)
    rank = np.arange(1, count + 1)
    fig = figure(palette, x="eigenvalue number", y="variance")
    fig.add_bar(x=rank[:q], y=numbers(values[:q]), name="kept by W", marker=pattern("reconstruction", palette))
    fig.add_bar(x=rank[q:], y=numbers(values[q:]), name="left to the noise",
                marker=pattern("gap", palette) | {"color": palette["likelihood"]})
    fig.add_hline(sigma2, name="noise level σ²", showlegend=True, line=stroke("likelihood", palette))
    fig.update_layout(barmode="overlay", bargap=0.15)
    return fig.update_xaxes(dtick=math.ceil(count / TICKS))


def spectrum_alt(values: Tensor, q: int, sigma2: float) -> str:
    """The numbers of `spectrum` in a sentence."""
    share = float(values[:q].sum() / values.sum()) if float(values.sum()) else 0.0
    return (f"{len(values)} eigenvalues; the first {q} hold {percent(share)} of the variance, the noise level is "
            f"{written(sigma2, '.3g')}.")


def choice(found: Choice, each: str, palette: Palette = LIGHT) -> Figure:
    """Four criteria for q, each shifted so that its best value is 0. each: what the nats are counted for, as "row"."""
    fig = figure(palette, x="latent dimensions q", y=f"nats per {each} below the best")
    styles: Mapping[str, tuple[Tensor, str, str]] = {
        "training data": (found.train, "data", "dot"), "held-out data": (found.held_out, "held-out", "solid"),
        "−BIC / 2N": (found.bic_per_point, "likelihood", "dashdot"),
        "evidence (Minka)": (found.evidence, "posterior", "dash")}
    for name, (curve, meaning, dash) in styles.items():
        if bool(curve.isnan().all()):
            continue
        values = numbers(curve - curve[~curve.isnan()].max())
        fig.add_scatter(x=np.asarray(found.q), y=values, mode="lines", name=name,
                        line={"color": palette[meaning], "dash": dash, "width": 2.2})
        if name != "training data":
            top = int(np.nanargmax(values))
            fig.add_scatter(x=[int(found.q[top])], y=numbers([0]), mode="markers", showlegend=False,
                            marker={**marker(meaning, palette, 10), "symbol": "circle-open"}, name=name)
    lowest = float(found.held_out.max() - found.held_out[0])
    fig.update_yaxes(range=[-1.15 * max(lowest, 1e-3), 0.08 * max(lowest, 1e-3)])
    return fig


def choice_alt(found: Choice) -> str:
    """The numbers of `choice` in a sentence."""
    best = ", ".join(f"{name} {q}" for name, q in found.best().items())
    return f"Likelihood of the data against q from 0 to {int(found.q[-1])}. The best q: {best}."


def over_angle(degrees: Tensor, variance: Tensor, log_lik: Tensor, at: float, palette: Palette = LIGHT, *,
               likelihood: bool = True) -> Figure:
    """Projected variance (above) and log p (below) over the direction of the line: both are largest at the same angle.

    degrees, variance, log_lik (A,). at: the chosen angle, degrees. likelihood: whether log p is drawn.
    """
    if not likelihood:
        return _over_angle_variance(degrees, variance, at, palette)
    fig = _panels(palette, "direction, degrees from the best", "variance", "nats per point")
    fig.add_scatter(x=numbers(degrees), y=numbers(variance), line=stroke("reconstruction", palette), mode="lines",
                    name="variance of the projection (PCA)")
    fig.add_scatter(x=numbers(degrees), y=numbers(log_lik), line=stroke("evidence", palette), mode="lines",
                    name="log-likelihood (model)", yaxis="y2")
    best = float(degrees[int(log_lik.argmax())])
    fig.update_layout(shapes=[_vertical("the best", best, {"color": palette["posterior"], "width": 1.5}),
                              _vertical("your angle", at, {"color": palette.accent, "width": 1.5, "dash": "dash"})])
    return fig


def _over_angle_variance(degrees: Tensor, variance: Tensor, at: float, palette: Palette) -> Figure:
    fig = figure(palette, x="direction, degrees from the best", y="variance", height=240)
    fig.add_scatter(x=numbers(degrees), y=numbers(variance), line=stroke("reconstruction", palette), mode="lines",
                    name="variance of the projection (PCA)")
    fig.update_layout(showlegend=True, shapes=[_vertical("your angle", at, {"color": palette.accent, "width": 1.5,
                                                                           "dash": "dash"})])
    return fig


def _panels(palette: Palette, x: str, above: str, below: str) -> Figure:
    """Two panels on one x axis: y above, y2 below."""
    fig = figure(palette, x=x, y=above, height=420)
    second = spec.merged(fig.layout["yaxis"], {"title": {"text": below}})
    fig.update_layout(yaxis={"domain": [0.55, 1.0]}, yaxis2={**second, "domain": [0.0, 0.45], "anchor": "x"},
                      xaxis={"anchor": "y2"}, margin={"b": 44})
    return fig


def _vertical(name: str, at: float, line: dict[str, Any]) -> dict[str, Any]:
    """A vertical line across all panels. name: of its row among the saved numbers."""
    return {"type": "line", "name": name, "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def over_angle_alt(degrees: Tensor, variance: Tensor, log_lik: Tensor, at: float, *, likelihood: bool = True) -> str:
    """The numbers of `over_angle` in a sentence."""
    first, second = (written(float(degrees[int(curve.argmax())]), ".0f") for curve in (variance, log_lik))
    here = float(variance[int((degrees - at).abs().argmin())])
    text = (f"Projected variance against the direction: largest at {first} degrees, {written(here, '.3g')} at the "
            f"chosen {written(at, '.0f')} degrees")
    return f"{text}; the likelihood is largest at {second} degrees." if likelihood else f"{text}."


def collapse(over: Tensor, lengths: Tensor, kl: Tensor, at: float, label: str, *,
             palette: Palette = LIGHT) -> Figure:
    """Column lengths and KL of each latent over sigma^2 or beta: one after another becomes zero.

    over (S,): sigma^2 or beta, named by `label`. lengths (S, q): |w_j|^2. kl (S, q): nats. at: the chosen one.
    """
    fig = _panels(palette, label, "|w|²", "KL, nats")
    dashes = ("solid", "dash", "dot", "dashdot", "longdash")
    for j in range(lengths.shape[1]):
        style = {"color": palette.classes[j % 10], "dash": dashes[j % 5], "width": 2.2}
        fig.add_scatter(x=numbers(over), y=numbers(lengths[:, j]), mode="lines", line=style, name=f"latent {j + 1}",
                        legendgroup=str(j))
        fig.add_scatter(x=numbers(over), y=numbers(kl[:, j]), mode="lines", line=style, showlegend=False,
                        legendgroup=str(j), name=f"latent {j + 1}", yaxis="y2")
    fig.update_layout(shapes=[_vertical("chosen", at, {"color": palette.accent, "width": 1.5, "dash": "dash"})],
                      xaxis={"type": "log", "dtick": 1, "tickfont": LOG_TICKS})
    return fig


def collapse_alt(label: str, at: float, alive: int, total: int) -> str:
    """The numbers of `collapse` in a sentence."""
    return (f"Column lengths and KL of {total} latents against {label}; at {written(at, '.3g')}, {alive} of them are "
            "switched on.")
