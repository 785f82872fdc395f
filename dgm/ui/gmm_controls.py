"""The mixture page's controls: data (a person's own too), model, start; and the hand that drags a mean."""

from collections.abc import Sequence

import streamlit as st

from dgm import datasets, gmm, tables
from dgm.errors import DataError
from dgm.figures import theme
from dgm.ui import controls, gmm_scene, lesson, live_figure
from dgm.ui.gmm_scene import OWN, Setting

SETS = ("faithful", "iris", "wine", "three-clusters", "overlapping", "moons", OWN)
WAYS = ("draw", "paste", "upload")
DRAWN = "1 1;1.5 2;2 1.2;1.2 1.7;1.8 1.9;2.2 2.1;1.4 1.3;7 7.5;7.6 8;6.9 8.4;8 7.2;7.4 7.1;8.2 8.3;7.8 8.8"
MOST_DRAWN = 120
EXTENT = 10.0


def settings() -> tuple[Setting, str]:
    """All controls of the model, from top to bottom, and the key of the figure that the hand holds."""
    key, dragged = _follow()
    left, middle, right = st.columns(3)
    with left:
        name = controls.choice("Data", "data", SETS, many=True,
                               help="Or your own points: draw, paste or upload them.")
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
    restarts = controls.slider("Restarts: the best of so many starts is shown", "restarts", 1, 20, 1)
    data, own = _data(name)
    x = gmm_scene.points(data, own).x
    k = _fitting(k, len(x))
    means = _means(start, k, x.shape[1], gmm.init(x, k, seed).means.tolist())
    setting = Setting(data, own, k, covariance, start, seed, gmm_scene.FLOORS[floor], restarts, means)
    return setting, key if dragged else _fresh(setting)


def _fitting(k: int, n: int) -> int:
    if k > n:
        controls.note(f"{k} components need at least {k} points; the data have {n}, so K is {n}.")
    return min(k, n)


def axes(columns: Sequence[str]) -> tuple[int, int]:
    """Which two columns are drawn."""
    if len(columns) == 2:
        return 0, 1
    first, second = st.columns(2)
    with first:
        one = controls.choice("Horizontal", "h", columns, columns[0], many=True)
    with second:
        other = controls.choice("Vertical", "v", columns, columns[min(2, len(columns) - 1)], many=True)
    return list(columns).index(one), list(columns).index(other)


# Data

def _data(name: str) -> tuple[str, str]:
    if name != OWN:
        datasets.load(name)
        return name, ""
    way = controls.choice("Your points", "way", WAYS)
    try:
        text = {"draw": _draw, "paste": _paste, "upload": _upload}[way]()
        gmm_scene.points(OWN, text)
        return OWN, text
    except DataError as error:
        st.error(f"{str(error)[:1].upper()}{str(error)[1:]}. Showing Old Faithful meanwhile.",
                 icon=":material/error:")
        return SETS[0], ""


def _draw() -> str:
    """Points drawn by hand: a text that the link carries, edited by clicks."""
    key = f"drawn {st.session_state.get('drawn turn', 0)}"
    said = live_figure.last(key).points
    told = None if said is None else ";".join(f"{x:.3g} {y:.3g}" for x, y in said)
    if told is not None and told != st.session_state.get("drawn told"):
        st.session_state["points"] = st.session_state["drawn told"] = told
    text = controls.text("Points (x y; x y; ...)", "points", DRAWN, max_chars=2000,
                         help="Click into the field to add a point, click a point to take it away, or type here.")
    if told is not None and text != st.session_state.get("drawn told"):
        st.session_state["drawn turn"] = st.session_state.get("drawn turn", 0) + 1
        st.session_state.pop("drawn told")
        key = f"drawn {st.session_state['drawn turn']}"
    table = _lines(text)
    places = tables.parse(table).x if table else None
    fig = theme.figure(lesson.palette(), height=300, xaxis_range=[0, EXTENT], yaxis_range=[0, EXTENT])
    fig.add_scatter(x=[] if places is None else places[:, 0].numpy(), y=[] if places is None else places[:, 1].numpy(),
                    mode="markers", marker=theme.marker("data", lesson.palette(), 9), showlegend=False)
    count = 0 if places is None else len(places)
    live_figure.live_figure(fig, key=key, draw=True, max_points=MOST_DRAWN,
                            alt=f"A field from 0 to {EXTENT:g} in both directions with {count} points of yours.")
    return f"x,y\n{table}"


def _lines(text: str) -> str:
    """"x y; x y" as a table, one point a line."""
    return "\n".join(",".join(pair.split()) for pair in text.replace(",", " ").split(";") if pair.strip())


def _paste() -> str:
    limits = tables.Limits()
    return st.text_area("Rows of numbers, one point a line, columns parted by commas, tabs or blanks", key="pasted",
                        height=160, placeholder="length,width\n3.6,79\n1.8,54\n3.3,74",
                        help=f"Up to {limits.rows:,} rows and {limits.columns} columns. They stay on this page and "
                        "are not part of the link.")


def _upload() -> str:
    limits = tables.Limits()
    file = st.file_uploader(f"A CSV file: up to {limits.rows:,} rows, {limits.columns} columns, "
                            f"{limits.megabytes:g} MB", type=["csv", "txt", "tsv"], key="uploaded")
    if file is None:
        return ""
    try:
        return file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("this is not a text file: save the table as CSV (UTF-8) and try again") from None


# The hand

def _means(start: str, k: int, d: int, fallback: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    """The means of a start by hand; anything that is no K x D numbers is replaced, with a note."""
    if start != "given":
        controls.belongs("means")
        return ()
    spelled = spell(fallback)
    text = controls.text("Means by hand", "means", "", max_chars=4000,
                         help="One mean after the other, parted by semicolons; empty: those of k-means++.")
    try:
        written = (text or spelled).replace(",", " ").split(";")
        rows = tuple(tuple(float(part) for part in row.split()) for row in written)
    except ValueError:
        rows = ()
    if len(rows) == k and all(len(row) == d and all(abs(v) < 1e12 for v in row) for row in rows):
        return rows
    controls.note(f"The means by hand are not {k} rows of {d} numbers; those of k-means++ are used.")
    return tuple(map(tuple, fallback))


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
    st.session_state["start"], st.session_state["means"] = "given", spell(means)
    st.session_state["em setting"] = None
    return key, True


def _fresh(setting: Setting) -> str:
    """The figure's key: a new one whenever something else than the hand changed what is shown."""
    if st.session_state.get("em setting") not in (None, setting):
        st.session_state["em turn"] = st.session_state.get("em turn", 0) + 1
        st.session_state.pop("em moved", None)
    st.session_state["em setting"] = setting
    return f"em {st.session_state.get('em turn', 0)}"


def remember(setting: Setting, means: list[list[float]], shown: tuple[int, int]) -> None:
    """What the hand will move: the means of the start, on these columns."""
    st.session_state["em shown"] = (means, shown)
