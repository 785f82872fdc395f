"""Lesson: Bayes' theorem, the evidence, what comes next, and why the MAP is used."""

from pages.bayes import logistic, map_estimate, predictive, regression, theorem
from pages.bayes.state import CONTROLS, NOTES, PRESETS
from ui import page

page.opening("bayes", CONTROLS)
page.parts({
    "The theorem": theorem.part,
    "What comes next": predictive.part,
    "MAP": map_estimate.part,
    "Regression": regression.part,
    "No closed form": logistic.part,
}, PRESETS, NOTES)
page.closing("bayes")
