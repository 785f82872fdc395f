"""The settings that the parts of the mixture page share: data (a person's own too), model, start."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dgm import gmm
from pages.gmm import given_means, results
from pages.gmm.results import OWN, Axes, Points, Setting
from pages.gmm.state import FLOORS, SETS
from ui import controls
from ui.own_data import points as own_points


class Chosen(NamedTuple):
    """What the settings say."""

    setting: Setting
    points: Points
    axes: Axes      # the columns that are drawn


def draw(above: DeltaGenerator) -> Chosen:
    """Draw the settings and return what they say.

    above: the place of data, K and, in an expander, the rest. The person's own data come first, so that the board on
    which they are drawn is next to the figure that is fitted to them.
    """
    with above:
        own_place, place = st.container(), st.container()
    with own_place:
        data, own, points = _points(SETS[controls.value("data")], controls.value("k"))
    with place:
        with st.container(horizontal=True):
            label = "Data (not in use: your own points are)" if data == OWN else "Data"
            controls.draw("data", disabled=data == OWN, label=label)
            k = controls.draw("k")
        with controls.advanced() as opened:
            if opened:
                _draw_advanced(data, points.columns)
        k = _at_most(k, len(points.x))
        means = given_means.means(controls.value("start"), points.x, k, controls.value("seed"), drawn=opened)
    setting = Setting(data, own, k, controls.value("cov"), controls.value("start"), controls.value("seed"),
                      FLOORS[controls.value("floor")], controls.value("restarts"), means)
    return Chosen(setting, points, _axes(data, points.columns))


def _points(name: str, k: int) -> tuple[str, str, Points]:
    """Name of the data set and its points; or OWN, the digest and the points that a person brought."""
    registered = results.registry_points(name)
    first, second = _axes(name, registered.columns)
    table = own_points.points(min_columns=2, min_rows=3, start=registered.x, labels=True,
                              names=(registered.columns[first], registered.columns[second]),
                              check=lambda own: gmm.init(own.x, min(k, len(own.x))))
    if table is None:
        return name, "", registered
    own = Points(table.x, table.labels, table.columns)
    return OWN, own.digest, own


def _draw_advanced(data: str, columns: Sequence[str]) -> None:
    for place, names in zip(st.columns(3), (("start", "seed"), ("cov", "floor"), ("restarts",)), strict=True):
        with place:
            for name in names:
                controls.draw(name)
    if len(columns) > 2:
        for place, (name, limits) in zip(st.columns(2), _axis_limits(data, columns).items(), strict=True):
            with place:
                controls.draw(name, **limits)


def _axis_limits(data: str, columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options and default of the two columns that are drawn: of a person's own table the first two."""
    first = {"h": columns[0], "v": columns[1 if data == OWN else min(2, len(columns) - 1)]}
    return {name: {"options": tuple(columns), "first": column} for name, column in first.items()}


def _axes(data: str, columns: Sequence[str]) -> Axes:
    """Which two columns are drawn."""
    if len(columns) == 2:
        return 0, 1
    horizontal, vertical = (list(columns).index(controls.value(name, **limits))
                            for name, limits in _axis_limits(data, columns).items())
    return horizontal, vertical


def _at_most(k: int, n: int) -> int:
    if k > n:
        controls.note(f"{k} components need at least {k} points; the data have {n}, so K is {n}.")
    return min(k, n)
