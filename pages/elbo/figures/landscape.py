"""L(q, theta) of two coins as contours or a surface, its exact ridge, and the path of EM or of gradient steps."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures import spec, theme
from ui.figures.bound_ruler import length_text
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
DEPTH, APART = 2.0, 0.125   # nats: below the top that are drawn, between two contours
HEIGHT = 400


class Landscape(NamedTuple):
    """The bound over q and theta, nats."""

    q: Array            # (A,)
    theta: Array        # (B,)
    bound: Array        # (B, A)
    ridge: Array        # (B,) the best q at each theta: the posterior
    log_evidence: Array     # (B,)
    names: tuple[str, str]  # of q and theta


class Move(NamedTuple):
    """One place of a path."""

    kind: str           # "start", "E" or "M"
    step: int
    q: float
    theta: float
    bound: float
    log_evidence: float
    gap: float          # 0 or more


def contours(found: Landscape, path: Sequence[Move], start: int, palette: Palette = LIGHT) -> Figure:
    """The landscape from above; frames for the moves of the path."""
    top = float(found.log_evidence.max())
    fig = theme.figure(palette, x=found.names[0], y=found.names[1], height=HEIGHT)
    fig.add_contour(x=np.float32(found.q), y=np.float32(found.theta), z=np.float32(found.bound.clip(top - DEPTH)),
                    colorscale=theme.scale(palette), contours={"start": top - DEPTH, "end": top, "size": APART},
                    line={"width": 0.6, "color": palette.grid}, showscale=False,
                    hovertemplate="L = %{z:.3f} nats<extra></extra>")
    # Lines of the page's text colour and of pale meanings do not stand out from all of the scale without an edge.
    edge: Json = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    ridge = {"x": np.float32(found.ridge), "y": np.float32(found.theta)}
    fig.add_scatter(**ridge, **edge, name="edge of the ridge", line={"color": palette.paper, "width": 5})
    fig.add_scatter(**ridge, mode="lines", name="ridge: L = log p(x)", hoverinfo="skip",
                    line=theme.line("posterior", palette, 2.6))
    fig.add_scatter(**edge, name="edge of the path", line={"color": palette.paper, "width": 6})
    fig.add_scatter(mode="lines+markers", name="path", hoverinfo="skip", line={"color": palette.ink, "width": 2},
                    marker={"size": 7, "color": palette.ink, "line": {"width": 1, "color": palette.paper}})
    fig.add_scatter(mode="markers", name="now", hoverinfo="skip", marker={
        **theme.marker("q", palette, 14), "line": {"width": 2, "color": palette.paper}})
    for trace, part in zip(fig.data[3:], _trail(path, start), strict=True):
        trace.update(part)
    fig.frames = [spec.frame(_trail(path, i), (3, 4, 5), caption(move)) for i, move in enumerate(path)]
    fig.update_xaxes(range=[float(found.q[0]), float(found.q[-1])])
    return fig.update_yaxes(range=[float(found.theta[0]), float(found.theta[-1])])


def _trail(path: Sequence[Move], i: int) -> list[Json]:
    walked: Json = {"x": [move.q for move in path[:i + 1]], "y": [move.theta for move in path[:i + 1]]}
    return [walked, walked, {"x": [path[i].q], "y": [path[i].theta]}]


def caption(move: Move) -> str:
    """A move in words."""
    when = "start" if move.kind == "start" else f"step {move.step}: after {move.kind}"
    numbers = (written(move.q, ".3f"), written(move.theta, ".3f"), written(move.bound, ".4f"),
               length_text(move.bound, move.log_evidence, 4))
    return f"{when}. " + "q = {}, θ = {}, L = {}, gap {}".format(*numbers)


def contours_alt(path: Sequence[Move], at: int, drawn: str = "Contours") -> str:
    """The landscape in one sentence. drawn: as what."""
    move = path[at]
    return (f"{drawn} of L over q and θ with the ridge where q is the posterior. After {at} of {len(path) - 1} "
            f"half-steps q is {written(move.q, '.3f')}, θ is {written(move.theta, '.3f')}, L is "
            f"{written(move.bound, '.4f')} and the gap {length_text(move.bound, move.log_evidence, 4)} nats.")


def heights(path: Sequence[Move], best: float, start: int, palette: Palette = LIGHT) -> Figure:
    """L and log p(x) at each half-step, up to the one that is shown. best: the largest log p(x)."""
    fig = theme.figure(palette, x="half-steps", y="nats", height=HEIGHT)
    for name, meaning in (("log p(x|θ)", "evidence"), ("bound L(q, θ)", "q")):
        fig.add_scatter(mode="lines+markers", name=name, line=theme.line(meaning, palette),
                        marker=theme.marker(meaning, palette, 6), hovertemplate="%{y:.4f}<extra></extra>")
    fig.add_scatter(mode="lines", name="gap", line={"color": palette["gap"], "width": 3}, hoverinfo="skip")
    for trace, part in zip(fig.data, _curves(path, start), strict=True):
        trace.update(part)
    fig.frames = [spec.frame(_curves(path, i), (0, 1, 2), caption(move)) for i, move in enumerate(path)]
    low = min(move.bound for move in path)
    room = 0.1 * max(best - low, 1e-6)
    fig.update_xaxes(range=[-0.5, max(len(path) - 0.5, 1.5)])
    return fig.update_yaxes(range=[low - room, best + room])


def _curves(path: Sequence[Move], i: int) -> list[Json]:
    walked, x = path[:i + 1], list(range(i + 1))
    return [{"x": x, "y": [move.log_evidence for move in walked]}, {"x": x, "y": [move.bound for move in walked]},
            {"x": [i, i], "y": [path[i].bound, path[i].log_evidence]}]


def heights_alt(path: Sequence[Move], at: int) -> str:
    """The curves in one sentence."""
    first, last = path[0], path[at]
    half_steps = "1 half-step" if at == 1 else f"{at} half-steps"
    return (f"L goes from {written(first.bound, '.4f')} to {written(last.bound, '.4f')} in {half_steps}; log p(x|θ) "
            f"goes from {written(first.log_evidence, '.4f')} to {written(last.log_evidence, '.4f')}.")


def surface(found: Landscape, path: Sequence[Move], palette: Palette = LIGHT) -> Figure:
    """The same landscape as a surface, with ridge and path on it."""
    top = float(found.log_evidence.max())
    axis = {"color": palette.ink, "gridcolor": palette.grid, "backgroundcolor": "rgba(0,0,0,0)", "nticks": 4,
            "tickfont": {"size": 11}}
    fig = theme.figure(palette, height=HEIGHT + 30)
    fig.add_surface(x=np.float32(found.q), y=np.float32(found.theta), z=np.float32(found.bound.clip(top - DEPTH)),
                    showscale=False, opacity=0.9, colorscale=theme.scale(palette),
                    hovertemplate="q %{x:.2f}, θ %{y:.2f}: L = %{z:.3f}<extra></extra>")
    lift = 0.01 * DEPTH
    fig.add_scatter3d(x=np.float32(found.ridge), y=np.float32(found.theta),
                      z=np.float32(found.log_evidence.clip(top - DEPTH) + lift), mode="lines", hoverinfo="skip",
                      name="ridge: L = log p(x)", line={"color": palette["posterior"], "width": 6})
    fig.add_scatter3d(x=[move.q for move in path], y=[move.theta for move in path],
                      z=[max(move.bound, top - DEPTH) + lift for move in path], mode="lines+markers",
                      hoverinfo="skip", name="path", line={"color": palette["q"], "width": 5},
                      marker={"size": 3, "color": palette["q"]})
    return fig.update_layout(scene={
        "xaxis": {**axis, "title": {"text": found.names[0]}}, "yaxis": {**axis, "title": {"text": found.names[1]}},
        "zaxis": {**axis, "title": {"text": "L, nats"}}, "aspectratio": {"x": 1, "y": 1, "z": 0.6},
        "camera": {"eye": {"x": -1.6, "y": -1.6, "z": 1.1}, "center": {"x": 0, "y": 0, "z": -0.15}}})


__all__ = ["Landscape", "Move", "caption", "contours", "contours_alt", "heights", "heights_alt", "surface"]
