"""The controls of the mixture page, its presets, and what to look at in each of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dgm import gmm
from ui.components.live_figure import linked_frame
from ui.control_types import Choice, Control, LogSlider, Number, Parameter, Slider, Switch, seed
from ui.own_data import drawing

MIXTURE, EM, HOW_MANY, K_MEANS, CONTINUOUS, WRONG = PARTS = (
    "The mixture", "EM", "How many?", "k-means", "Continuous z", "What can go wrong")
SETS = {"Old Faithful": "faithful"} | {      # as the page names a data set -> its name in the registry
    name: name for name in ("iris", "wine", "three-clusters", "overlapping", "moons")}
EXACT, FLOORED = "none: exact EM", "1e-6 of the data"
FLOORS = {FLOORED: gmm.FLOOR, EXACT: 0.0}
DRAWN, PIES, DENSITY, JOINT, SURFACE = VIEWS = ("draw points", "pies", "density", "joint", "surface")
GIVEN = "given"     # the start whose means are dragged or typed
LAST = "9999"       # of the half-steps: more than any run has

OWN_POINTS = ((1.0, 1.0), (1.5, 2.0), (2.0, 1.2), (1.2, 1.7), (1.8, 1.9), (2.2, 2.1),
              (7.0, 7.5), (7.6, 8.0), (6.9, 8.4), (8.0, 7.2), (7.4, 7.1), (8.2, 8.3))


def _step() -> Parameter:
    """The half-step of EM that is shown. Older links have `from=at the end` or `from=at the start`."""
    current = linked_frame.parameter()
    older = {"at the end": LAST, "at the start": ""}
    return replace(current, formerly="from", read=lambda raw: current.read(older.get(raw, raw)))


CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False, implied={"from": EM},
                   renamed={"Faint Gaussians": CONTINUOUS, "Museum": WRONG}),
    # the settings, in every part but the last two
    "data": Choice("Data", tuple(SETS), menu=True, renamed={"faithful": "Old Faithful"},
                   help="Or bring your own points, below the figure."),
    "k": Slider("Components K", 1, 12, 2, help="How many Gaussians are summed."),
    "start": Choice("Start of EM", gmm.STARTS, menu=True,
                    help="Where the means begin. 'given' takes what you drag or type."),
    "seed": seed("Seed of the start"),
    "cov": Choice("Covariance", tuple(gmm.COVARIANCES), menu=True,
                  help="full: any ellipse. tied: one for all. diag: along the axes. spherical: round."),
    "floor": Choice("Covariance floor", tuple(FLOORS), menu=True,
                    help="A prior that keeps variances above a millionth of the data's. Without it the likelihood has "
                    "no maximum."),
    "restarts": Slider("Restarts: the best of so many starts is shown", 1, 20, 1),
    "h": Choice("Horizontal", menu=True),
    "v": Choice("Vertical", menu=True),
    "means": Parameter(""),
    "own": drawing.parameter(),
    "own_axes": Choice("Axes", menu=True),
    # the mixture
    "view": Choice("Show", VIEWS, menu=False),
    "drawn": linked_frame.parameter(),
    "hide_z": Switch("Hide z", help="The points lose their colours: this is all that we observe."),
    "draw_seed": seed("Seed of the draws"),
    "along": Slider("Progress of EM, %", 0, 100, 100, help="0 is the start, 100 the end of EM."),
    "only": Choice("Highlight component"),
    # EM
    "step": _step(),
    "point": Number("Point", 1, 100_000, 1, step=1, help="Its responsibilities are dragged."),
    "share": Parameter("", within=True),
    "known": Switch("Show the fit with known z",
                    help="Dotted: one M-step with the true components as responsibilities."),
    # k-means
    "sigma": LogSlider("σ of the round components, in deviations of the data", 0.001, 3.0, 0.3),
    # continuous z
    "at": Slider("x", -6.0, 6.0, 1.0, step=0.1),
    "samples": Slider("Samples of z", 2, 2000, 30),
    "draws": seed("Seed of the samples"),
    "slope": Slider("Slope", -2.0, 2.0, 1.0, step=0.1),
    "swing": Slider("Swing", 0.0, 3.0, 1.5, step=0.1),
    "frequency": Slider("Frequency", 0.0, 6.0, 2.0, step=0.1),
    "noise": Slider("Noise σ", 0.05, 1.5, 0.3, step=0.05),
}

FAILURES: dict[str, Mapping[str, Any]] = {
    "Singular component": {"part": EM, "k": 12, "cov": "diag", "seed": 11, "floor": EXACT, "step": LAST},
    "Bad start": {"part": EM, "data": "three-clusters", "k": 3, "seed": 5, "step": LAST},
    "Label switching": {"part": EM, "seed": 1, "step": LAST},
    "Too many components": {"part": HOW_MANY, "k": 8},
    "Wrong covariance": {"part": MIXTURE, "view": PIES, "data": "three-clusters", "k": 3, "cov": "spherical"},
    "Not Gaussian": {"part": MIXTURE, "view": DENSITY, "data": "moons", "k": 2},
}
PRESETS: dict[str, Mapping[str, Any]] = {
    "Old Faithful": {},
    "Three clusters": {"data": "three-clusters", "k": 3},
    "Density": {"view": DENSITY},
    "First run": {"part": EM},
    "Known z": {"part": EM, "data": "three-clusters", "k": 3, "known": True},
    "Overlap": {"part": EM, "data": "overlapping", "k": 2, "known": True},
    "Iris": {"part": EM, "data": "iris", "k": 3, "seed": 1},
    "Your points": {"part": EM, "own": OWN_POINTS, "own_axes": "0 to 10"},
    "Challenge": {"part": EM, "k": 3},
    "Two or more?": {"part": HOW_MANY},
    "Long and round": {"part": K_MEANS},
    "Slanted clusters": {"part": K_MEANS, "data": "three-clusters", "k": 3},
    "A wave": {"part": CONTINUOUS},
    "A rare x": {"part": CONTINUOUS, "at": 5.5},
    "Little noise": {"part": CONTINUOUS, "noise": 0.05},
    **FAILURES,
}
NOTES: dict[str, str] = {
    "Old Faithful": "Each step draws one point: first its component z, then x. Then hide z: could you find it again?",
    "Three clusters": "Three components with different weights. Which one is drawn most often?",
    "Density": "The density p(x) is the weighted sum of two Gaussians, with one peak near each mean.",
    "First run": "Press E, then M, and watch how log p(x) and the bound change after each press.",
    "Known z": "Dotted: the fit if z were known. EM never sees z and ends almost there.",
    "Overlap": "The components overlap, so many points stay in doubt and EM needs many steps.",
    "Iris": "Four measurements of 150 flowers; two of them are drawn. EM is not told the species.",
    "Your points": "Add or remove points under “Your own data”, and watch EM fit them.",
    "Challenge": "Most starts end in a local maximum. Drag the means, or try seeds, to find a better one.",
    "Two or more?": "The largest log p(x) of the fitted points never falls with K. Is more always better?",
    "Long and round": "Waiting times have large numbers, so k-means groups almost by waiting time alone.",
    "Slanted clusters": "The border of k-means is straight, halfway between two means. After your prediction, look at "
                        "the colours of the slanted ends.",
    "A wave": "30 values of z give 30 Gaussians. Their mean estimates the exact density; compare the two curves.",
    "A rare x": "Few z explain this x. Look at the estimate and its standard error.",
    "Little noise": "Each Gaussian is narrow, so most samples of z contribute nothing at a given x.",
    "Singular component": "Component 5 keeps one point. As its variance shrinks to 0, its density grows without "
                          "limit; the run stops before, when the variance is too small to compute with.",
    "Bad start": "Two components share one cluster, one carries two. Other seeds find a better maximum.",
    "Label switching": "The same mixture as with seed 0, but components 1 and 2 have changed names.",
    "Too many components": "Eight components fit these points better than two. Do they fit new points better?",
    "Wrong covariance": "Round components cannot follow slanted clusters; compare with covariance “full”.",
    "Not Gaussian": "Two half circles: the components are not the clusters, however good the fit.",
}
