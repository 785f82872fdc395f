"""The controls of the Bayes page, and its presets."""

from collections.abc import Mapping
from typing import Any

from ui.control_types import Choice, Control, LogSlider, Number, Parameter, Slider, Text, seed

PARTS = ("The theorem", "What comes next", "MAP", "Regression", "No closed form")
OWN, FAITHFUL, IRIS, CURVE, TABLE = "typed or clicked", "Old Faithful", "Iris", "a curve", "your own table"
COIN, DRAWN_COIN, MIXED_COIN = "coin", "coin, drawn prior", "coin, prior in two parts"
KNOWN_NOISE, UNKNOWN_NOISE, DIE = "number, known noise", "number, unknown noise", "die"
MODEL_AXIS, OTHER_AXIS = "the model's own axis", "the other axis"
HIGHEST = 12     # degree
SIDES = 6        # of the die
FAIR = 50        # the two counts of the Beta of a fair coin
COUNTS = (0.05, 100.0)     # the least and the most of a prior count of the Beta
OTHER_COUNTS = (0.01, 1e9)  # of the Beta of any other coin
HEIGHTS = 9      # of the prior that is drawn by hand
# A sine with noise, rounded.
POINTS = ("-0.45:-1.18 0.97:0.43 0.32:0.92 0.11:-0.06 -0.18:-0.74 0.81:0.65 -0.72:-0.74 -0.96:-0.1 "
          "0.2:0.63 -0.34:-0.69 -0.09:-0.36 0.63:0.91 0.76:1.05 0.45:1.14 -0.93:-0.64 -0.57:-1.29")


def _positive(label: str, default: float, help: str | None = None) -> Number:
    return Number(label, *OTHER_COUNTS, default, step=0.5, help=help, format="%g")


def _location(label: str, help: str | None = None) -> Number:
    return Number(label, -1e6, 1e6, 60.0, step=5.0, help=help)


def _counts(label: str, side: str) -> LogSlider:
    return LogSlider(label, *COUNTS, 2.0, help=f"As if so many {side} had been seen before.")


def _observations(label: str, default: str) -> Text:
    return Text(label, default, max_chars=2000, help="Type or paste your own.")


def _held_out(default: str) -> Text:
    return Text("Held-out observations", default, max_chars=2000,
                help="Not used for fitting; every answer is scored on them.")


CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the first three parts: model and prior
    "model": Choice("Model", (COIN, DRAWN_COIN, MIXED_COIN, KNOWN_NOISE, UNKNOWN_NOISE, DIE), menu=True,
                    renamed={"coin, prior drawn by hand": DRAWN_COIN}),
    "a": _counts("Prior heads a", "heads"),
    "b": _counts("Prior tails b", "tails"),
    "heights": Text("Heights of the prior at p = 0, 1/8, .. 1", "1 1 2 4 6 4 2 1 1",
                    help="Drag the points of the figure, or type nine numbers."),
    "fair": Slider(f"Weight of “fair” Beta({FAIR}, {FAIR})", 0.0, 1.0, 0.8, step=0.05),
    "other_a": _positive("Otherwise a", 2.0),
    "other_b": _positive("Otherwise b", 2.0),
    "mean": _location("Prior mean"),
    "sd": _positive("Prior s.d.", 20.0),
    "noise": _positive("Noise s.d.", 13.0),
    "m": _location("Prior mean m", "Of μ."),
    "k": _positive("Prior weight k", 0.5, "As many observations as the prior mean is worth."),
    "half_n": _positive("Prior shape a", 2.0, "Half as many observations as the prior spread is worth."),
    "half_ss": _positive("Prior scale b", 200.0, "Prior sum of squares, halved: σ² is about b / a."),
    "face": _positive("Prior count of each face", 2.0),
    # and observations
    "source": Choice("Tosses", (OWN, FAITHFUL)),
    "numbers_from": Choice("Numbers", (OWN, FAITHFUL, TABLE), menu=True),   # side by side they are too wide
    "n": Slider("Observations taken in", 0, 190, 12),
    "tosses": _observations("Observations", "HHTHHHTH"),
    "tosses_held": _held_out("HTHTTHHTHT"),
    "values": _observations("Observations", "79 54 74 62 85 55 88 85"),
    "values_held": _held_out("51 85 54 84 78 47 83 52"),
    "rolls": _observations("Rolls", "6 2 6 5 6 1 6 3 6 6"),
    "rolls_held": _held_out("1 2 3 4 5 6"),
    "own1": Parameter(""),
    "own2": Parameter(""),
    "axis": Choice("MAP taken over", (MODEL_AXIS, OTHER_AXIS)),
    # regression
    "points_from": Choice("Points", (OWN, FAITHFUL, CURVE, TABLE)),
    "points": Text("Points x:y", POINTS, max_chars=6000, help="Paste your own, or click in the figure."),
    "n_points": Slider("Observations taken in", 2, 150, 20),
    "degree": Slider("Degree", 0, HIGHEST, 9),
    "alpha": Slider("Prior precision log₁₀ α", -6.0, 4.0, -1.0, step=0.25,
                    help="Of each weight: 1 / variance of its prior, for x from −1 to 1 and y in its own deviation."),
    "beta": Slider("Noise precision log₁₀ β", -2.0, 4.0, 1.0, step=0.25,
                   help="1 / variance of the noise, for y in its own standard deviation."),
    "seed": seed("Seed of the drawn curves"),
    # no closed form
    "labels_from": Choice("Labelled points", (OWN, FAITHFUL, IRIS)),
    "labelled": Text("Points x:label", "-2:0 -1.5:0 -0.8:0 -0.3:1 0.2:0 0.7:1 1.3:1 2:1", max_chars=6000,
                     help="Labels are 0 or 1. Paste your own, or click in the figure."),
    "n_waits": Slider("Observations taken in", 0, 190, 12),
    "n_flowers": Slider("Observations taken in", 0, 100, 12),
    "prior": Slider("Prior precision log₁₀ α", -3.0, 2.0, -1.0, step=0.25,
                    help="Of each weight: 1 / variance of its prior, for the standardised x."),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "Bayes theorem": {},
    "Parameters as unknowns": {"model": UNKNOWN_NOISE, "numbers_from": FAITHFUL},
    "A billion tosses": {"tosses": "500050000H 499950000T"},
    "Fair, or not at all?": {"model": MIXED_COIN, "tosses": "10H 2T"},
    "Learning makes it worse": {"part": "What comes next"},
    "Note the difference": {"part": "What comes next", "tosses": "HHH"},
    "All heads: the plug-in excludes tails": {"part": "What comes next", "tosses": "HHHHH", "a": 1.0, "b": 1.0},
    "One number, unknown noise": {"model": UNKNOWN_NOISE, "values": "74", "part": "What comes next"},
    "MAP of eight tosses": {"part": "MAP"},
    "MAP of four tosses": {"part": "MAP", "tosses": "TTTH"},
    "Two tops: no MAP": {"part": "MAP", "a": 0.5, "b": 0.5, "tosses": ""},
    "Degree 9, 12 points fitted": {"part": "Regression"},
    "Eight labelled points": {"part": "No closed form"},
    "Evidence intractable": {"part": "No closed form", "labels_from": FAITHFUL},
    "A line separates: no MLE": {"part": "No closed form", "labelled": "-2:0 -1:0 1:1 2:1"},
}
NOTES: dict[str, str] = {   # what to look at in each situation
    "Bayes theorem": "Add heads or tails and watch the shaded area: it is the evidence. The posterior is the same "
                     "curve, divided by this area.",
    "Parameters as unknowns": "Two parameters are unknown, mean and deviation. The data make the contours of the "
                              "posterior much smaller than those of the prior.",
    "A billion tosses": "The evidence is far too small for a computer's numbers. Its logarithm is not.",
    "Fair, or not at all?": "The prior has two parts: a fair coin and any coin. Ten heads of twelve decide between "
                            "them; the posterior keeps both.",
    "Learning makes it worse": "Six heads in eight tosses; half of the held-out tosses are tails. Compare the three "
                               "log scores.",
    "Note the difference": "Three heads. The three answers use the same model but different weights for θ: compare "
                           "their bars.",
    "All heads: the plug-in excludes tails": "After five heads the MAP is p = 1, so the plug-in gives tails the "
                                             "probability 0. Look at its log score.",
    "One number, unknown noise": "After one number the noise is hardly known. Compare the tails of the predictive "
                                 "with those of the plug-in.",
    "MAP of eight tosses": "Six heads in eight tosses. Is the posterior highest at the same p over both axes?",
    "MAP of four tosses": "One head in four tosses. The two panels show the same posterior over p and over logit p. Is "
                          "the covered top at the same p as the other one?",
    "Two tops: no MAP": "The density over p goes to infinity at both ends, so there is no MAP over p. Is there one "
                        "over logit p?",
    "Degree 9, 12 points fitted": "Sixteen points, twelve of them fitted and four held out. Compare the two bands "
                                  "to the left and right of the points.",
    "Eight labelled points": "The posterior of the two weights has no formula. Compare Laplace's ellipses with the "
                             "exact contours.",
    "Evidence intractable": "The label says whether the next eruption comes after more than 75 minutes. Compare "
                            "Laplace's ellipses with the exact contours.",
    "A line separates: no MLE": "All labels 1 lie to the right of all labels 0. The likelihood has no maximum, the "
                                "posterior has one.",
}
