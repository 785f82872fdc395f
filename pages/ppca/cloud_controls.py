"""The clouds of the PCA page: chosen, brought along or dragged by a visitor, and the model that is fitted to them."""

from dataclasses import replace
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import ppca
from dgm.datasets import table
from dgm.errors import DataError
from dgm.ppca.maximum_likelihood import noiseless
from pages.ppca.cloud import OWN, Cloud
from pages.ppca.figures import point_clouds
from ui import controls, page
from ui.components import edits
from ui.components.live_figure import live_figure
from ui.messages import show_error
from ui.own_data import points

LIMITS = table.Limits(rows=2000)
FIGURE = "cloud"
MEANWHILE = "The page shows a line meanwhile."


class FittedCloud(NamedTuple):
    """A cloud and its maximum-likelihood model."""

    cloud: Cloud
    x: Tensor                # (N, 2) or (N, 3)
    spec: ppca.Spectrum
    best: ppca.Params


def choose() -> Cloud:
    """Draw the controls of the cloud; a visitor's own points where there are any, with the points dragged so far."""
    above = st.container()
    cloud = Cloud(controls.value("data"), controls.value("seed"))
    own = points.points(limits=LIMITS, start=cloud.base, min_columns=2, max_columns=3, min_rows=3, check=_check)
    with above:
        left, right = st.columns([3, 1])
        with left:
            controls.draw("data", disabled=own is not None)
        with right:
            controls.draw("seed", disabled=own is not None)
        if own is not None:
            st.caption("Your own points are in use, not this cloud: see “Your own data” below.")
    if own is not None:
        cloud = Cloud(OWN, own=tuple(map(tuple, own.x.tolist())))
    indices = cloud.draggable
    return replace(cloud, moved=tuple((indices[m.marker], m.x, m.y) for m in edits.read(FIGURE, cloud).moved
                                      if m.marker < len(indices)))


def _check(own: table.Table) -> None:
    """DataError where the model cannot be fitted to a visitor's points."""
    q = 1 if own.x.shape[1] == 2 else controls.value("q")
    if problem := noiseless(ppca.spectrum(own.x), q, "bring points that differ in more directions"):
        raise DataError(problem)


def fit(cloud: Cloud, q: int) -> FittedCloud:
    """The cloud with its model of q latents; where it has none, a line with its own, and the reason on the page."""
    try:
        spec = ppca.spectrum(cloud.x)
        return FittedCloud(cloud, cloud.x, spec, ppca.closed_form(spec, q))
    except ValueError as error:
        show_error(error, MEANWHILE)
        return fit(Cloud("a line"), 1)


def show(cloud: Cloud, theta: ppca.Params, draws: ppca.Draw) -> None:
    """The cloud with a model and new points: in the plane points can be dragged, in space the view can be rotated."""
    x, palette = cloud.x, page.palette()
    if x.shape[1] > 2:
        page.figure(point_clouds.space(x, theta, draws, palette), key="space", alt=point_clouds.space_alt(x, theta))
        return
    fig = point_clouds.cloud(x, theta, draws, palette, shown=cloud.base, draggable=cloud.draggable)
    live_figure(fig, key=FIGURE, base=replace(cloud, moved=()), alt=point_clouds.cloud_alt(x, theta, draws),
                drag={"trace": len(fig.data) - 1, "names": [f"point {index + 1}" for index in cloud.draggable]})
    st.caption("Drag a ringed point: the model is fitted again when you let go.")
