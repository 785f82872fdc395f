"""The PCA page's clouds: which points are looked at, dragged or brought, and the model fitted to them."""

from dataclasses import replace

import streamlit as st
from torch import Tensor

from dgm import ppca
from dgm.datasets import table
from pages.ppca.cloud import OWN, Cloud
from pages.ppca.figures import cloud as figures
from ui import controls, page
from ui.components import edits
from ui.components.live_figure import live_figure
from ui.messages import show_error
from ui.own_data import points

LIMITS = table.Limits(rows=2000, columns=3)    # points that can still be dragged one by one
FIGURE = "cloud"
MEANWHILE = "The page shows a line meanwhile."


def choose() -> Cloud:
    """The controls of the cloud, a person's own points if there are any, and the points dragged so far."""
    left, right = st.columns([3, 1])
    with left:
        name = controls.draw("data")
    with right:
        seed = controls.draw("seed")
    cloud = Cloud(name, seed)
    mine = points.points(limits=LIMITS, start=cloud.base, min_columns=2, max_columns=3, min_rows=3)
    if mine is not None:
        cloud = Cloud(OWN, own=tuple(map(tuple, mine.x.tolist())))
    handles = cloud.handles
    return replace(cloud, moved=tuple((handles[m.marker], m.x, m.y) for m in edits.read(FIGURE, cloud).moved
                                      if m.marker < len(handles)))


def fitted(cloud: Cloud, q: int) -> tuple[Cloud, Tensor, ppca.Spectrum, ppca.Params]:
    """Cloud, points, spectrum and maximum-likelihood model; a line, and the reason on the page, where there is none."""
    try:
        x = cloud.x
        spec = ppca.spectrum(x)
        return cloud, x, spec, ppca.closed_form(spec, q)
    except ValueError as error:
        show_error(error, MEANWHILE)
        return fitted(Cloud("a line"), 1)


def show(cloud: Cloud, x: Tensor, theta: ppca.Params, draws: ppca.Draw) -> None:
    """The cloud with its model: in the plane points can be dragged, in space the view can be rotated."""
    palette = page.palette()
    if x.shape[1] > 2:
        page.figure(figures.space(x, theta, draws, palette), key="space", alt=figures.space_alt(x, theta))
        return
    fig = figures.cloud(x, theta, draws, palette, window=cloud.base, handles=cloud.handles)
    live_figure(fig, key=FIGURE, base=replace(cloud, moved=()), alt=figures.cloud_alt(x, theta, draws),
                drag={"trace": len(fig.data) - 1, "names": [f"point {index + 1}" for index in cloud.handles]})
    st.caption("Drag a ringed point: the model is fitted again when you let go.")
