"""How an estimator is drawn: its colour by family and baseline, and a marker and a dash of its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dgm.gradients import ESTIMATORS, Estimator
from ui.figures.theme import Palette, rgba


class Style(NamedTuple):
    """How one estimator is drawn: in the colour of a meaning, with a second cue for points and one for lines."""

    meaning: str     # a key of the palette
    marker: str
    dash: str
    own: int | None = None     # the number of the palette's class whose colour it has instead


FAMILIES = {     # the plain member of each
    "log-derivative": Style("log-derivative", "circle", "solid"),
    "reparametrization": Style("reparametrization", "diamond", "solid"),
    "measure-valued": Style("posterior", "pentagon", "dashdot"),
}
BASELINES = {    # of the log-derivative
    "constant": Style("baseline", "square-open", "dot", 8),
    "mean": Style("baseline", "circle-open", "dash", 6),
    "best": Style("baseline", "star-open", "longdash", 9),
    "moving average": Style("baseline", "triangle-up-open", "dashdot", 7),
    "leave-one-out": Style("baseline", "hexagon-open", "longdashdot", 5),
}
VARIANTS = {     # other members, by name
    "log-derivative, antithetic": Style("baseline", "cross-open", "dot", 2),
    "reparametrization, antithetic": Style("reparametrization", "diamond-open", "dash"),
    "sticking the landing": Style("reparametrization", "triangle-down", "dot"),
    "Gumbel-softmax (biased)": Style("reparametrization", "x", "dot"),     # of a categorical z
}


def _style(estimator: Estimator) -> Style:
    return BASELINES[estimator.baseline] if estimator.baseline else FAMILIES[estimator.family]


STYLES = {name: _style(estimator) for name, estimator in ESTIMATORS.items()} | VARIANTS


def colour(name: str, palette: Palette) -> str:
    """The colour of the estimator `name`."""
    style = STYLES[name]
    return palette[style.meaning] if style.own is None else palette.classes[style.own]


def faint(name: str, palette: Palette, alpha: float) -> str:
    """The same with opacity `alpha`."""
    return rgba(colour(name, palette), alpha)


def line(name: str, palette: Palette, width: float = 2.2) -> dict[str, Any]:
    """The plotly `line` of the estimator `name`."""
    style = STYLES[name]
    return {"color": colour(name, palette), "dash": style.dash, "width": width}


def marker(name: str, palette: Palette, size: float = 7) -> dict[str, Any]:
    """The plotly `marker` of the estimator `name`."""
    style = STYLES[name]
    return {"color": colour(name, palette), "symbol": style.marker, "size": size}


def bars(colours: Sequence[str], hatches: Sequence[str], palette: Palette) -> dict[str, Any]:
    """The plotly `marker` of bars, each in its colour and with a hatch."""
    return {"color": list(colours),
            "pattern": {"shape": list(hatches), "fillmode": "overlay", "fgcolor": palette.paper, "fgopacity": 0.55,
                        "size": 7}}
