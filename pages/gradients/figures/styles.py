"""How an estimator is drawn: its colour by family and baseline, and a marker and a dash of its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dgm.gradients import ESTIMATORS, Estimator
from ui.figures.theme import Palette


class Style(NamedTuple):
    """How one estimator is drawn: in the colour of a meaning, with a second cue for points and one for lines."""

    meaning: str     # a key of the palette
    marker: str
    dash: str


FAMILIES = {     # the plain member of each
    "log-derivative": Style("log-derivative", "circle", "solid"),
    "reparametrization": Style("reparametrization", "diamond", "solid"),
    "measure-valued": Style("posterior", "pentagon", "dashdot"),
}
BASELINES = {    # of the log-derivative
    "constant": Style("baseline", "square-open", "dot"),
    "mean": Style("baseline", "circle-open", "dash"),
    "best": Style("baseline", "star-open", "longdash"),
    "moving average": Style("baseline", "triangle-up-open", "dashdot"),
    "leave-one-out": Style("baseline", "hexagon-open", "longdashdot"),
}
VARIANTS = {     # other members, by name
    "log-derivative, antithetic": Style("baseline", "cross-open", "dot"),
    "reparametrization, antithetic": Style("reparametrization", "diamond-open", "dash"),
    "sticking the landing": Style("reparametrization", "triangle-down", "dot"),
    "Gumbel-softmax (biased)": Style("reparametrization", "x", "dot"),     # of a categorical z
}


def _style(estimator: Estimator) -> Style:
    return BASELINES[estimator.baseline] if estimator.baseline else FAMILIES[estimator.family]


STYLES = {name: _style(estimator) for name, estimator in ESTIMATORS.items()} | VARIANTS


def line(name: str, palette: Palette, width: float = 2.2) -> dict[str, Any]:
    """The plotly `line` of the estimator `name`."""
    style = STYLES[name]
    return {"color": palette[style.meaning], "dash": style.dash, "width": width}


def marker(name: str, palette: Palette, size: float = 7) -> dict[str, Any]:
    """The plotly `marker` of the estimator `name`."""
    style = STYLES[name]
    return {"color": palette[style.meaning], "symbol": style.marker, "size": size}


def bars(meanings: Sequence[str], hatches: Sequence[str], palette: Palette) -> dict[str, Any]:
    """The plotly `marker` of bars, each in the colour of its meaning and with a hatch."""
    return {"color": [palette[meaning] for meaning in meanings],
            "pattern": {"shape": list(hatches), "fillmode": "overlay", "fgcolor": palette.paper, "fgopacity": 0.55,
                        "size": 7}}
