"""Rotation of W in its first two columns, in two parts of the PCA page: log p is constant, the bound is not."""

import math

from dgm import ppca
from pages.ppca import results
from pages.ppca.figures import curves
from ui import page


def rotate(theta: ppca.Params, degrees: float) -> ppca.Params:
    """The model with W rotated in its first two columns."""
    return ppca.rotate(theta, ppca.rotation(math.radians(degrees), theta.W.shape[1]))


def show(theta: ppca.Params, degrees: float, log_lik: float, gap: float, *, key: str) -> None:
    """log p and the best bound with a diagonal q over the angle.

    theta: before the rotation. degrees: the chosen angle, where the bound is `gap` nats below `log_lik`. key: of the
    figure.
    """
    found = results.rotation_gaps(theta)
    page.figure(curves.rotation(found.degrees, log_lik, found.gaps, degrees, page.palette()), key=key,
                alt=curves.rotation_alt(degrees, log_lik, gap))
