"""A q of two Gaussians with one deviation over the exact posterior; `followTwo` in follow_q.js is its counterpart."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.elbo.figures.densities import (
    HEIGHT,
    LOW_MARK,
    UNIT_ENTROPY,
    Drawn,
    Scene,
    Tables,
    axis_top,
    edge_of,
    markers,
    still,
    turn_of,
)
from ui.figures import lookup, spec
from ui.figures.lookup import Axis
from ui.figures.spec import Json
from ui.figures.theme import LIGHT, Palette, figure, line
from ui.figures.written import written

Array = NDArray[np.floating]
UNIT = Axis(-8.0, 8.0, 161)
DENSITY = np.exp(-0.5 * UNIT.nodes**2) / math.sqrt(2 * math.pi)
PEAK = 1 / math.sqrt(2 * math.pi)       # of the standard normal
FEWEST, MOST = 0.02, 0.98               # of a weight


class Two(NamedTuple):
    """w N(first, s^2) + (1 - w) N(second, s^2)."""

    first: float
    second: float
    deviation: float
    weight: float       # of the first

    @property
    def tops(self) -> tuple[float, float]:
        """Of both parts: a marker's height is its part's weight."""
        whole = PEAK / self.deviation
        return self.weight * whole, (1 - self.weight) * whole


class Information(NamedTuple):
    """I(k; z) over asin(sqrt(weight)) and the distance in deviations."""

    axes: tuple[Axis, Axis]
    values: Array


def densities(scene: Scene, q: Two, tables: Tables, information: Information, palette: Palette = LIGHT, *,
              ruler: Json | None = None) -> Drawn:
    """Prior, posterior and q over z; the squares are the tops of q's parts, the triangle widens both."""
    top = axis_top(scene, q.deviation)
    height, turn = LOW_MARK * top, turn_of(scene, tables)
    traces = {**still(scene, palette, alone=False), "q": _q(scene.z, q, palette), **_parts(scene.z, q, palette),
              **markers(q.first, q.deviation, (q.tops[0], height), palette, turn=turn)}
    traces["second"] = {**traces["centre"], "x": [q.second], "y": [q.tops[1]], "name": "top of the second Gaussian"}
    fig = figure(palette, x="z", y="density", height=HEIGHT)
    fig.add_traces([*traces.values()])
    fig.update_xaxes(range=[float(scene.z[0]), float(scene.z[-1])]).update_yaxes(range=[-0.02 * top, top])
    return Drawn(fig, _drag(q, {name: number for number, name in enumerate(traces)}, height, scene.z, tables,
                            information, ruler, turn))


def _q(z: Array, q: Two, palette: Palette) -> Json:
    return spec.scatter(x=np.float32(z), y=np.float32(density(q, z)), mode="lines", name="q(z)", fill="tozeroy",
                        hoverinfo="skip", line=line("q", palette, 2.6), fillcolor=palette.faint("q", 0.15))


def _parts(z: Array, q: Two, palette: Palette) -> Mapping[str, Json]:
    """The weighted parts of q as thin lines."""
    thin = {"color": palette["q"], "width": 1.2, "dash": "dot"}
    return {name: spec.scatter(x=np.float32(z), y=np.float32(part), mode="lines", name=name, hoverinfo="skip",
                               line=thin, showlegend=False)
            for name, part in zip(("part1", "part2"), parts(q, z), strict=True)}


def parts(q: Two, z: Array) -> tuple[Array, Array]:
    """Both weighted Gaussians over z."""
    found = [weight / q.deviation * lookup.read(DENSITY, [UNIT], [(z - mean) / q.deviation])
             for weight, mean in ((q.weight, q.first), (1 - q.weight, q.second))]
    return found[0], found[1]


def density(q: Two, z: Array) -> Array:
    """q(z)."""
    one, two = parts(q, z)
    return one + two


def _drag(q: Two, at: Mapping[str, int], height: float, z: Array, tables: Tables, information: Information,
          ruler: Json | None, turn: float) -> Json:
    follow: Json = {
        "kind": "two", "quick": True, "at": dict(at), "q": list(q), "turn": turn,
        "edge": edge_of(q.first, q.deviation, turn),
        "tops": list(q.tops), "height": height, "weights": [FEWEST, MOST], "z": np.float32(z),
        "tables": lookup.sent({name: tables.values[name] for name in ("reconstruction", "kl")}, tables.axes),
        "information": lookup.sent({"information": information.values}, information.axes),
        "fixed": {"evidence": tables.evidence, "zero": 0.0}, "ruler": ruler,
        "entropy": UNIT_ENTROPY,
        "unit": {"axis": list(UNIT), "density": np.float32(DENSITY)}, "peak": PEAK}
    return {"trace": at["centre"], "more": [at["second"], at["width"]], "follow": follow,
            "names": ["top of the first Gaussian", "top of the second Gaussian", "width of both: deviation {dx}"]}


def densities_alt(scene: Scene, q: Two) -> str:
    """The figure in one sentence."""
    return (f"Densities over z: the exact posterior is highest at {written(scene.mode, '.2f')}, and q is "
            f"{q.weight:.2f} of a Gaussian at {written(q.first, '.2f')} and {1 - q.weight:.2f} of one at "
            f"{written(q.second, '.2f')}, both with deviation {q.deviation:.2f}. Three markers move q.")


__all__ = ["FEWEST", "MOST", "PEAK", "Information", "Two", "densities", "densities_alt", "density", "parts"]
