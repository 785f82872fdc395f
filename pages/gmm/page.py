"""Lesson: a mixture of Gaussians fitted by EM, half-step by half-step, and what can go wrong with it."""

from pages.gmm import em, failures, faint_gaussians, how_many, kmeans, mixture
from pages.gmm.state import CONTROLS, PRESETS
from ui import page

page.opening("gmm", CONTROLS)
page.parts({
    "EM": em.part,
    "The mixture": mixture.part,
    "How many?": how_many.part,
    "k-means": kmeans.part,
    "Faint Gaussians": faint_gaussians.part,
    "Museum": failures.part,
}, PRESETS)
page.closing("gmm")
