"""The clouds of the PCA page: chosen, brought along or dragged by a visitor, and the model that is fitted to them."""

import re
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import ppca
from dgm.datasets import table
from dgm.errors import DataError
from dgm.ppca.maximum_likelihood import noiseless
from pages.ppca import moved_points
from pages.ppca.cloud import OWN, Cloud
from pages.ppca.figures import line_and_strip, point_clouds
from ui import controls, page
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
            controls.draw("data", disabled=own is not None,
                          **({} if own is None else {"label": "Points (not in use: your own points are shown)"}))
        with right:
            controls.draw("seed", disabled=own is not None)
    if own is not None:
        cloud = Cloud(OWN, own=tuple(map(tuple, own.x.tolist())), own_columns=tuple(own.columns))
    return moved_points.applied(cloud)


def _check(own: table.Table) -> None:
    """DataError where the model cannot be fitted to a visitor's points."""
    q = 1 if own.x.shape[1] == 2 else controls.value("q")
    if problem := noiseless(ppca.spectrum(own.x), q, "bring points that differ in more directions"):
        raise DataError(dependent(own) or in_words(problem))


def dependent(own: table.Table) -> str:
    """Which column of a visitor's table brings no direction of its own, and what to do; "" where it is not one alone.
    """
    remedy = "choose other columns" if len(own.columns) > 2 else "bring points in which it varies"
    names = [name.removeprefix("column ") for name in own.columns]
    for place, (name, column) in enumerate(zip(names, own.x.T, strict=True)):
        if bool((column == column[0]).all()):
            return f"column {name} has the same value in every row and leaves nothing for the noise: {remedy}"
        if len(names) > 2 and (twins := [other for other in range(place) if torch.equal(own.x[:, other], column)]):
            return f"columns {names[twins[0]]} and {name} are equal and leave nothing for the noise: {remedy}"
    return ""


def in_words(error: ValueError | str) -> str:
    """The message without what a visitor cannot do on this page."""
    text = str(error).replace(", or fix sigma2", "").replace(" (to rounding)", "")
    text = text.replace("sigma^2", "the noise variance")
    return re.sub(r"choose q below \d+, ", "", text)


def fit(cloud: Cloud, q: int) -> FittedCloud:
    """The cloud with its model of q latents; where it has none, a line with its own, and the reason on the page."""
    try:
        spec = ppca.spectrum(cloud.x)
        return FittedCloud(cloud, cloud.x, spec, ppca.closed_form(spec, q))
    except ValueError as error:
        show_error(in_words(error), MEANWHILE)
        return fit(Cloud("a line"), 1)


def show(cloud: Cloud, theta: ppca.Params, draws: ppca.Draw, share: float) -> None:
    """The cloud with a model and new points: in the plane points and z can be dragged, in space the view is rotated.

    share: of the most likely noise variance, that theta has.
    """
    x, palette = cloud.x, page.palette()
    if x.shape[1] > 2:
        page.figure(point_clouds.space(x, theta, draws, palette, axes=cloud.axes), key="space",
                    alt=point_clouds.space_alt(x, theta, draws))
        return
    z = controls.value("line_z")
    drawn = line_and_strip.draw(x, theta, draws, z, palette, shown=cloud.base, draggable=cloud.draggable,
                                axes=cloud.axes, share=share)
    names = [*(f"point {index + 1}" for index in cloud.draggable), "z at {x}"]
    live_figure(drawn.figure, key=FIGURE, base=(cloud, z), on_edit=lambda edits: moved_points.keep(cloud, edits),
                alt=line_and_strip.alt(x, theta, draws, z),
                drag={"trace": drawn.at["ring"], "more": [drawn.at["z"]], "names": names, "follow": drawn.follow})
    with st.container(horizontal=True, vertical_alignment="center", key="moved"):
        count = len({place[0] for place in cloud.moved})
        st.caption("Drag a ringed point, or the diamond on the z axis; arrow keys move them too. Line, ellipse and "
                   "log p follow at once. Ellipse p(x) and disc p(x | z): 2 deviations. "
                   + (f"Points moved: {count}; they are in the link." if count else ""),
                   width="stretch")
        if count or z != moved_points.START_Z:
            st.button("Start over", key="points start over", on_click=moved_points.start_over,
                      icon=":material/restart_alt:", help="Puts the moved points and z back.")
