"""The settings that the parts of the mixture page share: data (a person's own too), model, start."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dgm import gmm
from dgm.errors import DataError
from pages.gmm import dragged_means, results
from pages.gmm.results import OWN, Setting
from ui import controls
from ui.messages import show_error
from ui.own_data import points as owndata

SETS = ("faithful", "iris", "wine", "three-clusters", "overlapping", "moons")
OWNED = ("means", "own", "own_axes")     # parameters that the settings keep themselves, of use in every part


class Chosen(NamedTuple):
    """What the settings say."""

    setting: Setting
    axes: tuple[int, int]   # the columns that are drawn
    stage: DeltaGenerator   # where a part shows it first: the person's own data come below
    dragged: bool           # whether the hand on the film made this setting

    @property
    def rows(self) -> Tensor:
        """Indices of the points that are drawn."""
        return results.rows(self.setting)

    @property
    def x(self) -> np.ndarray:
        """(n, 2): they on the columns that are drawn."""
        x: np.ndarray = results.of(self.setting).x[self.rows][:, list(self.axes)].numpy()
        return x

    @property
    def columns(self) -> tuple[str, str]:
        """Names of the columns that are drawn."""
        names = results.of(self.setting).columns
        return names[self.axes[0]], names[self.axes[1]]


def settings() -> Chosen:
    """Data and K at the top, the rest under a lid, the person's own data below the part's first figure."""
    dragged = dragged_means.follow()
    with st.container(horizontal=True):
        name = controls.choice("Data", "data", SETS, many=True, help="Or bring your own points, below the figure.")
        k = controls.slider("Components $K$", "k", 1, 12, 2, help="How many Gaussians are summed.")
    lid, stage = st.container(), st.container()
    data, own = _points(name, k)
    with lid, controls.more("More settings") as opened:
        setting, axes = _more(data, own, k, opened)
    return Chosen(setting, axes, stage, dragged)


def _more(data: str, own: str, k: int, opened: bool) -> tuple[Setting, tuple[int, int]]:
    left, middle, right = controls.columns(3)
    with left:
        start = controls.choice("Start", "start", gmm.STARTS, many=True,
                                help="Where the means begin. 'given' takes what you drag or type.")
        seed = controls.seed("Seed of the start")
    with middle:
        covariance = controls.choice("Covariance", "cov", list(gmm.COVARIANCES), many=True,
                                     help="full: any ellipse. tied: one for all. diag: along the axes. "
                                     "spherical: round.")
        floor = controls.choice("Covariance floor", "floor", list(results.FLOORS), many=True,
                                help="A prior that keeps variances above a millionth of the data's. Without it the "
                                "likelihood has no top.")
    with right:
        restarts = controls.slider("Restarts: the best of so many starts is shown", "restarts", 1, 20, 1)
    points = results.points(data, own)
    axes = _axes(points.columns)
    k = _fitting(k, len(points.x))
    means = dragged_means.means(start, points.x, k, seed, drawn=opened)
    return Setting(data, own, k, covariance, start, seed, results.FLOORS[floor], restarts, means), axes


def _fitting(k: int, n: int) -> int:
    if k > n:
        controls.note(f"{k} components need at least {k} points; the data have {n}, so K is {n}.")
    return min(k, n)


def _axes(columns: Sequence[str]) -> tuple[int, int]:
    """Which two columns are drawn."""
    if len(columns) == 2:
        return 0, 1
    first, second = controls.columns(2)
    with first:
        one = controls.choice("Horizontal", "h", columns, columns[0], many=True)
    with second:
        other = controls.choice("Vertical", "v", columns, columns[min(2, len(columns) - 1)], many=True)
    return list(columns).index(one), list(columns).index(other)


def _points(name: str, k: int) -> tuple[str, str]:
    """The data set and, where a person brought their own points, the name under which those are kept."""
    table = owndata.points(min_columns=2, min_rows=3, start=results.points(name, "").x)
    if table is None:
        return name, ""
    try:
        gmm.init(table.x, min(k, len(table.x)))
        return OWN, results.keep(table)
    except DataError as error:
        show_error(error, owndata.MEANWHILE)
        return name, ""
