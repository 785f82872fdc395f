"""The mixture at the end of its climb: each point by its most responsible component."""

from dgm.figures import gmm as figures
from dgm.ui import gmm_scene, lesson
from dgm.ui.gmm_controls import Chosen


def show(chosen: Chosen) -> None:
    """Points and ellipses."""
    half = gmm_scene.path(chosen.setting)[-1]
    resp = gmm_scene.responsibilities(gmm_scene.of(chosen.setting).x[chosen.rows], half)
    at = figures.theta(half.params, chosen.axes)
    lesson.figure(figures.clusters(chosen.x, resp, at, chosen.columns, lesson.palette()), key="fit",
                  alt=figures.clusters_alt(resp, at, chosen.columns))
