"""Lesson: Bayes' theorem, the evidence, what comes next, and why the MAP is used."""

from pages.bayes import logistic, map_estimate, predictive, regression, theorem
from pages.bayes.state import CONTROLS, PRESETS
from ui import page

PARTS = {
    "The theorem": theorem.theorem,
    "What comes next": predictive.comes_next,
    "MAP": map_estimate.axes,
    "Regression": regression.regression,
    "No closed form": logistic.logistic,
}

page.opening("bayes", CONTROLS)
page.presets(PRESETS)
page.parts(PARTS)
page.closing("bayes")
