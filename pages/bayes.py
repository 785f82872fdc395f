"""Lesson: Bayes' theorem, the evidence, what comes next, and why the MAP is used."""

from dgm.ui import (
    bayes_axes,
    bayes_logistic,
    bayes_next,
    bayes_regression,
    bayes_scene,
    bayes_theorem,
    lesson,
)

PRESETS = {
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
DEFAULTS = {"part": "The theorem", "model": "coin", "numbers_from": bayes_scene.OWN, "tosses": bayes_scene.TOSSES,
            "values": bayes_scene.WAITS, "a": 2.0, "b": 2.0, "labels_from": "by hand",
            "labelled": bayes_logistic.POINTS}
PARTS = {
    "The theorem": bayes_theorem.theorem,
    "What comes next": bayes_next.comes_next,
    "MAP": bayes_axes.axes,
    "Regression": bayes_regression.regression,
    "No closed form": bayes_logistic.logistic,
}

lesson.opening("bayes")
lesson.presets(PRESETS, defaults=DEFAULTS)
lesson.parts(PARTS)
lesson.closing("bayes")
