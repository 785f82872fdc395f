"""The PCA page's clouds: which points are looked at, moved by hand or drawn, and the model fitted to them."""

import streamlit as st
import torch
from torch import Tensor

from dgm import ppca
from dgm.figures import ppca as figures
from dgm.ppca_spectrum import Spectrum, spectrum
from dgm.ppca_toys import FIRST_OWN, NAMES, OWN, Cloud
from dgm.ui import controls, lesson
from dgm.ui.live_figure import last, live_figure


def choose() -> Cloud:
    """The controls of the cloud, and the hand's edits so far."""
    left, right = st.columns([3, 1])
    with left:
        name = controls.choice("Points", "data", NAMES, many=True)
    with right:
        seed = controls.seed()
    cloud = Cloud(name, seed)
    said = last(cloud.key)
    if name == OWN:
        return Cloud(name, seed, drawn=FIRST_OWN if said.points is None else said.points)
    return Cloud(name, seed, tuple((m.marker, m.x, m.y) for m in said.moved or ()))


def fitted(cloud: Cloud, q: int) -> tuple[Tensor, Spectrum, ppca.Params] | None:
    """Points, spectrum and maximum-likelihood model; None, and the reason on the page, when there is none."""
    try:
        x = cloud.x
        spec = spectrum(x)
        return x, spec, ppca.closed_form(spec, q)
    except ValueError as error:
        st.error(f"{str(error)[:1].upper()}{str(error)[1:]}.", icon=":material/error:")
        if cloud.name == OWN:
            show_own(cloud)
        return None


def show_own(cloud: Cloud) -> None:
    """The person's points alone, so that more can be added."""
    points = cloud.untouched if len(cloud.drawn) else torch.zeros(0, 2, dtype=torch.float64)
    live_figure(figures.points(points, lesson.palette()), key=cloud.key, draw=True,
                alt=f"{len(points)} points of your own; click to add one.")


def show(cloud: Cloud, x: Tensor, theta: ppca.Params, draws: ppca.Draw) -> None:
    """The cloud with its model: in the plane the points move under the hand, in space the view turns."""
    palette = lesson.palette()
    if x.shape[1] > 2:
        lesson.figure(figures.space(x, theta, draws, palette), key="space", alt=figures.space_alt(x, theta))
        return
    own = cloud.name == OWN
    fig = figures.cloud(x, theta, draws, palette, window=cloud.untouched)
    alt = figures.cloud_alt(x, theta, draws)
    if own:
        live_figure(fig, key=cloud.key, alt=alt, draw=True, draw_trace=1)
        st.caption("Click to add a point, click a point to take it away.")
    else:
        live_figure(fig, key=cloud.key, alt=alt, drag={"trace": 1})
        st.caption("Drag any grey point: the model is fitted again when you let go.")
