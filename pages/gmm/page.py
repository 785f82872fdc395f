"""Lesson: a mixture of Gaussians fitted by EM, half-step by half-step, and what can go wrong with it."""

from pages.gmm import em, failures, faint_gaussians, how_many, kmeans, mixture, settings
from ui import controls, page

PARTS = {
    "EM": em.part,
    "The mixture": mixture.part,
    "How many?": how_many.part,
    "k-means": kmeans.part,
    "Faint Gaussians": faint_gaussians.part,
    "Museum": failures.part,
}

for name in settings.OWNED:
    controls.belongs(name)
page.opening("gmm")
page.presets(failures.PRESETS, defaults=failures.DEFAULTS)
page.parts(PARTS)
page.closing("gmm")
