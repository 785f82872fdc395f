"""The mixture page's controls: data (a person's own too), model, start; and the hand that drags a mean."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dgm import gmm
from dgm.errors import DataError
from dgm.ui import controls, gmm_scene, live_figure, owndata
from dgm.ui.gmm_scene import OWN, Setting
from dgm.ui.refusal import refuse

LONGEST = 4000     # letters of the means by hand
FILM = ("at the start", "at the end")
SETS = ("faithful", "iris", "wine", "three-clusters", "overlapping", "moons")


class Chosen(NamedTuple):
    """What the controls say."""

    setting: Setting
    axes: tuple[int, int]   # the columns that are drawn
    ended: bool             # the film begins at its end
    key: str                # of the figure that the hand holds


def settings() -> Chosen:
    """All controls of the model and its film, from top to bottom."""
    key, dragged = _follow()
    left, middle, right = st.columns(3)
    with left:
        name = controls.choice("Data", "data", SETS, many=True, help="Or bring your own points, below.")
        start = controls.choice("Start", "start", gmm.STARTS, many=True,
                                help="Where the means begin. 'given' takes what you drag or type.")
    with middle:
        k = controls.slider("Components $K$", "k", 1, 12, 2, help="How many Gaussians are summed.")
        seed = controls.seed("Seed of the start")
    with right:
        covariance = controls.choice("Covariance", "cov", list(gmm.COVARIANCES), many=True,
                                     help="full: any ellipse. tied: one for all. diag: along the axes. "
                                     "spherical: round.")
        floor = controls.choice("Covariance floor", "floor", list(gmm_scene.FLOORS), many=True,
                                help="A prior that keeps variances above a millionth of the data's. Without it the "
                                "likelihood has no top.")
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        restarts = controls.slider("Restarts: the best of so many starts is shown", "restarts", 1, 20, 1)
    with right:
        ended = controls.choice("Begin the film", "from", FILM) == FILM[1]
    data, own = _points(name, k)
    points = gmm_scene.points(data, own)
    k = _fitting(k, len(points.x))
    means = _means(start, k, points.x.shape[1], gmm.init(points.x, k, seed).means.tolist())
    setting = Setting(data, own, k, covariance, start, seed, gmm_scene.FLOORS[floor], restarts, means)
    drawn = _axes(points.columns)
    return Chosen(setting, drawn, ended, key if dragged else _fresh((setting, drawn, ended)))


def _fitting(k: int, n: int) -> int:
    if k > n:
        controls.note(f"{k} components need at least {k} points; the data have {n}, so K is {n}.")
    return min(k, n)


def _axes(columns: Sequence[str]) -> tuple[int, int]:
    """Which two columns are drawn."""
    if len(columns) == 2:
        return 0, 1
    first, second = st.columns(2)
    with first:
        one = controls.choice("Horizontal", "h", columns, columns[0], many=True)
    with second:
        other = controls.choice("Vertical", "v", columns, columns[min(2, len(columns) - 1)], many=True)
    return list(columns).index(one), list(columns).index(other)


def _points(name: str, k: int) -> tuple[str, str]:
    """The data set and, where a person brought their own points, the name under which those are kept."""
    table = owndata.points(min_columns=2, min_rows=3, start=gmm_scene.points(name, "").x)
    if table is None:
        return name, ""
    try:
        gmm.init(table.x, min(k, len(table.x)))
        return OWN, gmm_scene.keep(table)
    except DataError as error:
        refuse(error, owndata.MEANWHILE)
        return name, ""


# The hand

def _means(start: str, k: int, d: int, fallback: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    """The means of a start by hand; anything that is no K x D numbers is replaced, with a note."""
    controls.belongs("means")    # not a bound control: the hand writes it too, and it goes when the start is another
    if start != "given":
        st.query_params.pop("means", None)
        return ()
    text, spelled = st.query_params.get("means", "")[:LONGEST], spell(fallback)
    if "means" not in controls.hidden():
        st.session_state["means text"] = text or spelled
        st.text_input("Means by hand", key="means text", max_chars=LONGEST, on_change=_typed,
                      help="One mean after the other, parted by semicolons. Dragging a mean writes here.")
    try:
        written = (text or spelled).replace(",", " ").split(";")
        rows = tuple(tuple(float(part) for part in row.split()) for row in written)
    except ValueError:
        rows = ()
    if len(rows) == k and all(len(row) == d and all(abs(v) < 1e12 for v in row) for row in rows):
        return rows
    controls.note(f"The means by hand are not {k} rows of {d} numbers; those of k-means++ are used.")
    return tuple(map(tuple, fallback))


def _typed() -> None:
    st.query_params["means"] = st.session_state["means text"]


def spell(means: Sequence[Sequence[float]]) -> str:
    """Means as the text of the control."""
    return "; ".join(" ".join(f"{value:.5g}" for value in row) for row in means)


def _follow() -> tuple[str, bool]:
    """Take up what the hand did to the means since the last run: it becomes the start. Before any control is drawn."""
    key = f"em {st.session_state.get('em turn', 0)}"
    moved = live_figure.last(key).moved
    shown = st.session_state.get("em shown")
    if not moved or shown is None or moved == st.session_state.get("em moved"):
        return key, False
    means, (first, second) = [list(row) for row in shown[0]], shown[1]
    for mean in moved:
        if mean.marker < len(means):
            means[mean.marker][first], means[mean.marker][second] = mean.x, mean.y
    st.session_state["em moved"] = moved
    st.session_state["start"], st.query_params["means"] = "given", spell(means)
    st.session_state["em setting"] = None
    return key, True


def _fresh(state: object) -> str:
    """The figure's key: a new one whenever something else than the hand changed what is shown."""
    if st.session_state.get("em setting") not in (None, state):
        st.session_state["em turn"] = st.session_state.get("em turn", 0) + 1
        st.session_state.pop("em moved", None)
    st.session_state["em setting"] = state
    return f"em {st.session_state.get('em turn', 0)}"


def remember(setting: Setting, means: list[list[float]], shown: tuple[int, int]) -> None:
    """What the hand will move: the means of the start, on these columns."""
    st.session_state["em shown"] = (means, shown)
