"""Lesson: Bayes' theorem, the evidence, what comes next, and why the MAP is used."""

from typing import Any

from pages.bayes import logistic, map_estimate, models, predictive, regression, theorem
from ui import page

PRESETS: dict[str, dict[str, Any]] = {
    "Bayes theorem": {},
    "Parameters as unknowns": {"model": "number, unknown noise", "numbers_from": "Old Faithful"},
    "Note the difference": {"part": "What comes next", "tosses": "HHH"},
    "MAP": {"part": "MAP", "tosses": "TTTH"},
    "All heads: the plug-in never says tails": {"part": "What comes next", "tosses": "HHHHH", "a": 1.0, "b": 1.0},
    "Two tops: no MAP": {"part": "MAP", "a": 0.5, "b": 0.5, "tosses": ""},
    "A billion tosses": {"tosses": "500050000H 499950000T"},
    "Fair, or not at all?": {"model": "coin, prior in two parts", "tosses": "10H 2T"},
    "One number, unknown noise": {"model": "number, unknown noise", "values": "74", "part": "What comes next"},
    "Degree 9 through 12 points": {"part": "Regression"},
    "Evidence intractable": {"part": "No closed form", "labels_from": "Old Faithful"},
    "A line separates: no MLE": {"part": "No closed form", "labelled": "-2:0 -1:0 1:1 2:1"},
}
# A situation may set controls of a part that is not on the page while its button is pressed.
DEFAULTS = {"part": "The theorem", "model": "coin", "numbers_from": models.OWN, "tosses": models.TOSSES,
            "values": models.WAITS, "a": 2.0, "b": 2.0, "labels_from": "by hand",
            "labelled": logistic.POINTS}
PARTS = {
    "The theorem": theorem.theorem,
    "What comes next": predictive.comes_next,
    "MAP": map_estimate.axes,
    "Regression": regression.regression,
    "No closed form": logistic.logistic,
}

page.opening("bayes")
page.presets(PRESETS, defaults=DEFAULTS)
page.parts(PARTS)
page.closing("bayes")
