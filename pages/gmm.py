"""Lesson: a mixture of Gaussians fitted by EM, half-step by half-step, and what can go wrong with it."""

from dgm.ui import (
    controls,
    gmm_controls,
    gmm_count,
    gmm_em,
    gmm_faint,
    gmm_kmeans,
    gmm_mixture,
    gmm_museum,
    lesson,
)

PARTS = {
    "EM": gmm_em.part,
    "The mixture": gmm_mixture.part,
    "How many?": gmm_count.part,
    "k-means": gmm_kmeans.part,
    "Faint Gaussians": gmm_faint.part,
    "Museum": gmm_museum.part,
}

for name in gmm_controls.OWNED:
    controls.belongs(name)
lesson.opening("gmm")
lesson.presets(gmm_museum.PRESETS, defaults=gmm_museum.DEFAULTS)
lesson.parts(PARTS)
lesson.closing("gmm")
