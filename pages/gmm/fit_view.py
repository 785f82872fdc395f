"""The mixture at the end of its climb: each point by its most responsible component."""

from pages.gmm import results
from pages.gmm.figures import plane as figures
from pages.gmm.settings import Chosen
from ui import page


def show(chosen: Chosen) -> None:
    """Points and ellipses."""
    half = results.path(chosen.setting)[-1]
    resp = results.responsibilities(results.of(chosen.setting).x[chosen.rows], half)
    at = figures.theta(half.params, chosen.axes)
    page.figure(figures.clusters(chosen.x, resp, at, chosen.columns, page.palette()), key="fit",
                  alt=figures.clusters_alt(resp, at, chosen.columns))
