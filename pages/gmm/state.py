"""The controls of the mixture page, and its presets."""

from collections.abc import Mapping
from typing import Any

from dgm import gmm
from ui.control_types import Choice, Control, Parameter, Slider, Switch, seed
from ui.own_data import drawing

PARTS = ("EM", "The mixture", "How many?", "k-means", "Faint Gaussians", "Museum")
SETS = ("faithful", "iris", "wine", "three-clusters", "overlapping", "moons")
EXACT, FLOORED = "none: exact EM", "1e-6 of the data"
FLOORS = {FLOORED: gmm.FLOOR, EXACT: 0.0}
AT_START, AT_END = "at the start", "at the end"
VIEWS = ("pies", "density", "surface")
GIVEN = "given"     # the start whose means are dragged or typed

OWN_POINTS = ((1.0, 1.0), (1.5, 2.0), (2.0, 1.2), (1.2, 1.7), (1.8, 1.9), (2.2, 2.1),
              (7.0, 7.5), (7.6, 8.0), (6.9, 8.4), (8.0, 7.2), (7.4, 7.1), (8.2, 8.3))

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the settings, in every part but the last two
    "data": Choice("Data", SETS, menu=True, help="Or bring your own points, below the figure."),
    "k": Slider("Components K", 1, 12, 2, help="How many Gaussians are summed."),
    "start": Choice("Start", gmm.STARTS, menu=True,
                    help="Where the means begin. 'given' takes what you drag or type."),
    "seed": seed("Seed of the start"),
    "cov": Choice("Covariance", tuple(gmm.COVARIANCES), menu=True,
                  help="full: any ellipse. tied: one for all. diag: along the axes. spherical: round."),
    "floor": Choice("Covariance floor", tuple(FLOORS), menu=True,
                    help="A prior that keeps variances above a millionth of the data's. Without it the likelihood has "
                    "no top."),
    "restarts": Slider("Restarts: the best of so many starts is shown", 1, 20, 1),
    "h": Choice("Horizontal", menu=True),
    "v": Choice("Vertical", menu=True),
    "means": Parameter(""),
    "own": drawing.parameter(),
    "own_axes": Choice("Axes", menu=True),
    # EM
    "from": Choice("Begin the film", (AT_START, AT_END)),
    "known": Switch("Show the fit with known z",
                    help="Dotted: one M-step with the true components as responsibilities."),
    # the mixture
    "view": Choice("Show", VIEWS, menu=False),
    "along": Slider("Along the climb, %", 0, 100, 100, help="0 is the start, 100 the end of EM."),
    "only": Choice("Bring out component"),
    # faint Gaussians
    "at": Slider("x", -6.0, 6.0, 1.0, step=0.1),
    "samples": Slider("Samples of z", 2, 2000, 30),
    "draws": seed("Seed of the samples"),
    "slope": Slider("Slope", -2.0, 2.0, 1.0, step=0.1),
    "swing": Slider("Swing", 0.0, 3.0, 1.5, step=0.1),
    "frequency": Slider("Frequency", 0.0, 6.0, 2.0, step=0.1),
    "noise": Slider("Noise σ", 0.05, 1.5, 0.3, step=0.05),
}

FAILURES: dict[str, Mapping[str, Any]] = {
    "Singular component": {"k": 12, "cov": "diag", "seed": 11, "floor": EXACT, "from": AT_END},
    "Bad start": {"data": "three-clusters", "k": 3, "seed": 5, "from": AT_END},
    "Label switching": {"seed": 1, "from": AT_END},
    "Too many components": {"part": "How many?", "k": 9},
    "Wrong covariance": {"part": "The mixture", "data": "three-clusters", "k": 3, "cov": "spherical"},
    "No mixture of Gaussians": {"part": "The mixture", "view": "density", "data": "moons", "k": 2},
}
PRESETS: dict[str, Mapping[str, Any]] = {
    "Old Faithful": {},
    "Known truth": {"data": "three-clusters", "k": 3, "known": True},
    "Overlap": {"data": "overlapping", "k": 2, "known": True},
    "Iris": {"data": "iris", "k": 3, "seed": 1},
    "Points of your own": {"own": OWN_POINTS},
    "Challenge": {"k": 3},
    **{name: FAILURES[name] for name in ("Singular component", "Bad start")},
}
