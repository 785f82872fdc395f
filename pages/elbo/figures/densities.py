"""q over the exact posterior, and what follows it in the browser: the counterpart of follow_q.js."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dgm import elbo
from ui.figures import lookup, spec
from ui.figures.axis_ends import steady_top
from ui.figures.lookup import Axis
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette, figure, line, marker, rgba
from ui.figures.written import written

Array = NDArray[np.floating]
U = np.linspace(-4.2, 4.2, 85)      # deviations from q's mean at which its curve is drawn
LOG_UNIT = -0.5 * U**2 - 0.5 * math.log(2 * math.pi)
UNIT_ENTROPY = 0.5 * math.log(2 * math.pi * math.e)     # of N(0, 1), in nats
HEIGHT = 255
LOW_MARK = 0.2                      # height of the triangle, a share of the axis; the square lies on the axis
INTEGRAND = 0.38                    # of the figure's height
SHOWN = (-0.6, 1.4)                 # of the integrand's axis at least


class Q(NamedTuple):
    """A Gaussian over z."""

    mean: float
    deviation: float


class Scene(NamedTuple):
    """What stands still while q moves."""

    z: Array                # (M,) grid over the shown range
    prior: Array            # (M,) density
    posterior: Array        # (M,) density
    likelihood: Array       # (M,) p(x|z), scaled to the posterior's top

    @property
    def mode(self) -> float:
        """Where the posterior is highest: between the nodes too, and exact for a Gaussian."""
        with np.errstate(divide="ignore"):
            return elbo.curve_top(self.z, np.log(self.posterior))[0]


class Tables(NamedTuple):
    """What the browser reads: each number over q's mean and root of deviation, and the log posterior over z."""

    axes: tuple[Axis, Axis]
    values: Mapping[str, Array]         # name -> (mean, root)
    log_posterior: Array
    over_z: Axis
    evidence: float                     # log p(x)
    error: float                        # nats, the largest of a number read between the nodes

    @property
    def shown_error(self) -> float:
        """The power of ten above the error."""
        return float(10.0 ** math.ceil(math.log10(max(self.error, 1e-6))))


class Drawn(NamedTuple):
    """A figure whose two markers can be dragged, and the settings of the drag."""

    figure: Figure
    drag: Json


def densities(scene: Scene, q: Q, tables: Tables, palette: Palette = LIGHT, *, ruler: Json | None = None,
              fits: Mapping[str, Q] | None = None, integrand: bool = False) -> Drawn:
    """Prior, posterior and q over z; the square moves q, the triangle widens it.

    ruler: the rows beside it, see follow_q.js. fits: further Gaussians by name. integrand: the integrand of
    KL(q || posterior) below, shaded by its sign.
    """
    end = axis_top(scene, q.deviation)
    heights, turn = (0.0, LOW_MARK * end), turn_of(scene, tables)
    traces = {**still(scene, palette, alone=integrand), **_fits(fits or {}, palette), "q": _q(q, palette),
              **markers(q.mean, q.deviation, heights, palette, turn=turn)}
    if integrand:
        traces |= _integrand(q, tables, palette)
    fig = figure(palette, x="z", y="density", height=HEIGHT + (110 if integrand else 0))
    fig.add_traces([*traces.values()])
    fig.update_xaxes(range=[float(scene.z[0]), float(scene.z[-1])]).update_yaxes(range=[-0.02 * end, end])
    if integrand:
        _split(fig, palette, [part["y"] for part in (traces["positive"], traces["negative"])])
    at = {name: number for number, name in enumerate(traces)}
    return Drawn(fig, _drag(q, at, heights, tables, ruler, turn))


def axis_top(scene: Scene, deviation: float) -> float:
    """The end of the density's axis: above the posterior, and above a q of this deviation."""
    peak = float(max(scene.posterior.max(), 0.25))
    return steady_top(max(1.2 * peak, 1.05 / (deviation * math.sqrt(2 * math.pi))))


def turn_of(scene: Scene, tables: Tables) -> float:
    """The mean from which the marker of the width lies on the left, as the widest q would put it beyond the axis."""
    return float(scene.z[-1]) - tables.axes[1].high ** 2


def edge_of(mean: float, deviation: float, turn: float) -> float:
    """Where the marker of the width lies; `placeWidth` in follow_q.js is its counterpart."""
    return mean - deviation if mean > turn else mean + deviation


def _drag(q: Q, at: Mapping[str, int], heights: Sequence[float], tables: Tables, ruler: Json | None,
          turn: float) -> Json:
    follow: Json = {
        "kind": "gaussian", "quick": True, "at": dict(at), "q": list(q), "edge": edge_of(*q, turn), "turn": turn,
        "heights": list(heights), "tables": lookup.sent(tables.values, tables.axes),
        "fixed": {"evidence": tables.evidence, "zero": 0.0},
        "ruler": ruler, "entropy": UNIT_ENTROPY,
        "unit": {"u": U.tolist(), "density": np.exp(LOG_UNIT).tolist(), "log": LOG_UNIT.tolist()},
        "log_p": {"axis": list(tables.over_z), "values": np.float32(tables.log_posterior)}}
    return {"trace": at["centre"], "more": [at["width"]], "follow": follow,
            "names": ["centre of q at {x}", "width of q: deviation {dx}"]}


def still(scene: Scene, palette: Palette, *, alone: bool) -> dict[str, Json]:
    """The posterior and, unless it stands alone, prior and likelihood."""
    def curve(values: Array, meaning: str, name: str, **more: object) -> Json:
        return spec.scatter(x=np.float32(scene.z), y=np.float32(values), mode="lines", name=name,
                            line=line(meaning, palette, 1.8), hoverinfo="skip", **more)

    posterior = {"posterior": curve(scene.posterior, "posterior", "posterior p(z|x)", fill="tozeroy",
                                    fillcolor=palette.faint("posterior"))}
    if alone:
        return posterior
    return {**posterior, "prior": curve(scene.prior, "prior", "prior p(z)"),
            "likelihood": curve(scene.likelihood, "likelihood", "p(x|z), scaled")}


def _fits(fits: Mapping[str, Q], palette: Palette) -> dict[str, Json]:
    dashes = ("longdash", "dot", "dashdot")
    return {name: spec.scatter(**_curve(q), mode="lines", name=name, hoverinfo="skip",
                               line={"color": palette.ink, "width": 1.6, "dash": dash})
            for dash, (name, q) in zip(dashes, fits.items(), strict=False)}


def _curve(q: Q) -> dict[str, list[float]]:
    return {"x": (q.mean + q.deviation * U).tolist(), "y": (np.exp(LOG_UNIT) / q.deviation).tolist()}


def _q(q: Q, palette: Palette) -> Json:
    return spec.scatter(**_curve(q), mode="lines", name="q(z)", fill="tozeroy", hoverinfo="skip",
                        line=line("q", palette, 2.6), fillcolor=palette.faint("q", 0.15))


def markers(mean: float, deviation: float, heights: Sequence[float], palette: Palette, *,
            turn: float) -> dict[str, Json]:
    """The bar of one deviation and the two markers that are dragged, of the mean and of the deviation."""
    edge, symbol = edge_of(mean, deviation, turn), "triangle-left" if mean > turn else "triangle-right"
    shared = {"mode": "markers", "showlegend": False, "hoverinfo": "skip", "cliponaxis": False}
    outline = {"line": {"width": 1.5, "color": palette.paper}}
    return {
        "bar": spec.scatter(x=[mean, edge], y=[heights[1]] * 2, mode="lines", showlegend=False, hoverinfo="skip",
                            line={"color": palette["q"], "width": 2}),
        "centre": spec.scatter(x=[mean], y=[heights[0]], name="centre of q", **shared,
                               marker={**marker("q", palette, 16), **outline}),
        "width": spec.scatter(x=[edge], y=[heights[1]], name="width of q", **shared,
                              marker={**marker("q", palette, 15), "symbol": symbol, **outline}),
    }


def _integrand(q: Q, tables: Tables, palette: Palette) -> dict[str, Json]:
    """q(z) log(q(z) / p(z|x)), above 0 and below it."""
    z = q.mean + q.deviation * U
    log_p = lookup.read(tables.log_posterior, [tables.over_z], [z])
    values = np.exp(LOG_UNIT) / q.deviation * (LOG_UNIT - np.log(q.deviation) - log_p)

    def area(part: Array, colour: str, name: str) -> Json:
        return spec.scatter(x=np.float32(z), y=np.float32(part), mode="lines", fill="tozeroy", name=name,
                            hoverinfo="skip", line={"color": colour, "width": 1.2}, fillcolor=rgba(colour, 0.45),
                            **spec.on(2))

    return {"positive": area(values.clip(0), palette["gap"], "adds to KL"),
            "negative": area(values.clip(max=0), palette["data"], "subtracts from KL")}


def _split(fig: Figure, palette: Palette, areas: Sequence[Array]) -> None:
    """The integrand's axes below those of the densities. areas: the integrand above 0 and below it."""
    shown = [min(SHOWN[0], 1.1 * float(areas[1].min())), max(SHOWN[1], 1.1 * float(areas[0].max()))]
    x, y = fig.layout["xaxis"], fig.layout["yaxis"]
    fig.update_layout(
        yaxis={"domain": [INTEGRAND + 0.06, 1]}, xaxis={"showticklabels": False, "title": {"text": ""}},
        xaxis2={**x, "anchor": "y2", "matches": "x"},
        yaxis2={**y, "domain": [0, INTEGRAND], "anchor": "x2", "range": shown, "zeroline": True,
                "zerolinecolor": palette.ink, "zerolinewidth": 1,
                "title": {**y["title"], "text": "q log (q / p)"}})


def densities_alt(scene: Scene, q: Q) -> str:
    """The figure in one sentence."""
    return (f"Densities over z: the exact posterior is highest at {written(scene.mode, '.2f')}, and q is a Gaussian "
            f"with mean {written(q.mean, '.2f')} and deviation {q.deviation:.2f}. "
            "Two markers move q: its centre and its width.")


__all__ = ["HEIGHT", "LOG_UNIT", "LOW_MARK", "Drawn", "Q", "Scene", "Tables", "U", "axis_top", "densities",
           "densities_alt", "edge_of", "markers", "still", "turn_of"]
