"""The mixture at the end of a run of EM: each point by its most responsible component."""

from pages.gmm import results
from pages.gmm.figures import plane
from pages.gmm.results import Axes, EmRun
from ui import page


def show(run: EmRun, axes: Axes) -> None:
    """Points and ellipses on two columns."""
    half = run.halves[-1]
    shown = results.drawn(run.points, axes, len(half.params.means))
    resp, theta = results.responsibilities(shown.x, half), plane.marginal(half.params, axes)
    page.figure(plane.clusters(shown.places, resp, theta, shown.columns, page.palette()), key="fit",
                alt=plane.clusters_alt(resp, theta, shown.columns))
