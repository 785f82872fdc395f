"""The settings that the parts of the mixture page share: data (a person's own too), model, start."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dgm import gmm
from dgm.errors import DataError
from pages.gmm import dragged_means, results
from pages.gmm.results import OWN, Setting
from pages.gmm.state import FLOORS
from ui import controls
from ui.messages import show_error
from ui.own_data import points as owndata


class Chosen(NamedTuple):
    """What the settings say."""

    setting: Setting
    axes: tuple[int, int]   # the columns that are drawn
    stage: DeltaGenerator   # where a part shows it first: the person's own data come below

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
    """Data and K at the top, the rest in an expander, the person's own data below the part's first figure."""
    with st.container(horizontal=True):
        name, k = controls.draw("data"), controls.draw("k")
    settings_place, stage = st.container(), st.container()
    data, own = _points(name, k)
    points = results.points(data, own)
    with settings_place:
        with controls.advanced() as opened:
            if opened:
                _draw_advanced(points.columns)
        k = _fitting(k, len(points.x))
        means = dragged_means.means(controls.value("start"), points.x, k, controls.value("seed"), drawn=opened)
    setting = Setting(data, own, k, controls.value("cov"), controls.value("start"), controls.value("seed"),
                      FLOORS[controls.value("floor")], controls.value("restarts"), means)
    return Chosen(setting, _axes(points.columns), stage)


def _draw_advanced(columns: Sequence[str]) -> None:
    left, middle, right = st.columns(3)
    for place, names in ((left, ("start", "seed")), (middle, ("cov", "floor")), (right, ("restarts",))):
        with place:
            for name in names:
                controls.draw(name)
    if len(columns) > 2:
        for place, (name, limits) in zip(st.columns(2), _axis_limits(columns).items(), strict=True):
            with place:
                controls.draw(name, **limits)


def _axis_limits(columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options and default of the two columns that are drawn."""
    first = {"h": columns[0], "v": columns[min(2, len(columns) - 1)]}
    return {name: {"options": tuple(columns), "first": column} for name, column in first.items()}


def _axes(columns: Sequence[str]) -> tuple[int, int]:
    """Which two columns are drawn."""
    if len(columns) == 2:
        return 0, 1
    one, other = (list(columns).index(controls.value(name, **limits))
                  for name, limits in _axis_limits(columns).items())
    return one, other


def _fitting(k: int, n: int) -> int:
    if k > n:
        controls.note(f"{k} components need at least {k} points; the data have {n}, so K is {n}.")
    return min(k, n)


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
