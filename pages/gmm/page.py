"""Lesson: a mixture of Gaussians fitted by EM, half-step by half-step, and what can go wrong with it."""

from pages.gmm import continuous_z, em, failures, how_many, kmeans, mixture
from pages.gmm.state import CONTROLS, NOTES, PRESETS
from ui import page
from ui.own_data import points

page.opening("gmm", CONTROLS)
page.parts({
    "The mixture": mixture.part,
    "EM": em.part,
    "How many?": how_many.part,
    "k-means": kmeans.part,
    "Continuous z": continuous_z.part,
    "What can go wrong": failures.part,
}, PRESETS, NOTES, own=lambda: points.chosen("own"))
page.closing("gmm")
