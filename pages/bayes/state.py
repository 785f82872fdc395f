"""The controls of the Bayes page, and its presets."""

from collections.abc import Mapping
from typing import Any

from ui.control_types import Choice, Control, Number, Parameter, Slider, Text, seed

PARTS = ("The theorem", "What comes next", "MAP", "Regression", "No closed form")
OWN, FAITHFUL, IRIS, CURVE, TABLE = "by hand", "Old Faithful", "Iris", "a curve", "your own table"
COIN, DRAWN_COIN, MIXED_COIN = "coin", "coin, prior drawn by hand", "coin, prior in two parts"
KNOWN_NOISE, UNKNOWN_NOISE, DIE = "number, known noise", "number, unknown noise", "die"
MODEL_AXIS, OTHER_AXIS = "the model's own axis", "the other axis"
HIGHEST = 12     # degree
SIDES = 6        # of the die
FAIR = 50        # the two counts of the Beta of a fair coin
HEIGHTS = 9      # of the prior that is drawn by hand
# A sine with noise, rounded.
POINTS = ("-0.45:-1.18 0.97:0.43 0.32:0.92 0.11:-0.06 -0.18:-0.74 0.81:0.65 -0.72:-0.74 -0.96:-0.1 "
          "0.2:0.63 -0.34:-0.69 -0.09:-0.36 0.63:0.91 0.76:1.05 0.45:1.14 -0.93:-0.64 -0.57:-1.29")


def _positive(label: str, default: float, help: str | None = None) -> Number:
    return Number(label, 0.01, 1e9, default, step=0.5, help=help, format="%g")


def _location(label: str, help: str | None = None) -> Number:
    return Number(label, -1e6, 1e6, 60.0, step=5.0, help=help)


def _counts(label: str, side: str) -> Slider:
    return Slider(label, 0.05, 100.0, 2.0, step=0.05, format="%g", help=f"As if so many {side} had been seen before.")


def _observations(label: str, default: str) -> Text:
    return Text(label, default, max_chars=2000, help="Type or paste your own.")


def _held_out(default: str) -> Text:
    return Text("Held-out observations", default, max_chars=2000,
                help="Kept back: no model sees them, all are scored on them.")


CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the first three parts: model and prior
    "model": Choice("Model", (COIN, DRAWN_COIN, MIXED_COIN, KNOWN_NOISE, UNKNOWN_NOISE, DIE), menu=True),
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
    "numbers_from": Choice("Numbers", (OWN, FAITHFUL, TABLE)),
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
    "alpha": Slider("Prior precision log₁₀ α", -6.0, 4.0, -1.0, step=0.25),
    "beta": Slider("Noise precision log₁₀ β", -2.0, 4.0, 1.0, step=0.25,
                   help="For y measured in its own standard deviation."),
    "seed": seed("Seed of the drawn curves"),
    # no closed form
    "labels_from": Choice("Labelled points", (OWN, FAITHFUL, IRIS)),
    "labelled": Text("Points x:label", "-2:0 -1.5:0 -0.8:0 -0.3:1 0.2:0 0.7:1 1.3:1 2:1", max_chars=6000,
                     help="Labels are 0 or 1. Paste your own, or click in the figure."),
    "n_waits": Slider("Observations taken in", 0, 190, 12),
    "n_flowers": Slider("Observations taken in", 0, 100, 12),
    "prior": Slider("Prior precision log₁₀ α", -3.0, 2.0, -1.0, step=0.25),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "Bayes theorem": {},
    "Parameters as unknowns": {"model": UNKNOWN_NOISE, "numbers_from": FAITHFUL},
    "Note the difference": {"part": "What comes next", "tosses": "HHH"},
    "MAP": {"part": "MAP", "tosses": "TTTH"},
    "All heads: the plug-in never says tails": {"part": "What comes next", "tosses": "HHHHH", "a": 1.0, "b": 1.0},
    "Two tops: no MAP": {"part": "MAP", "a": 0.5, "b": 0.5, "tosses": ""},
    "A billion tosses": {"tosses": "500050000H 499950000T"},
    "Fair, or not at all?": {"model": MIXED_COIN, "tosses": "10H 2T"},
    "One number, unknown noise": {"model": UNKNOWN_NOISE, "values": "74", "part": "What comes next"},
    "Degree 9 through 12 points": {"part": "Regression"},
    "Evidence intractable": {"part": "No closed form", "labels_from": FAITHFUL},
    "A line separates: no MLE": {"part": "No closed form", "labelled": "-2:0 -1:0 1:1 2:1"},
}
