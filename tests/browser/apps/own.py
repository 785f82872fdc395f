"""A visitor's own points or digit; `?scene=` chooses which."""

import streamlit as st

from dgm.datasets import table as tables
from ui import controls
from ui.control_types import Choice, Parameter
from ui.own_data import drawing, image
from ui.own_data import points as owndata


def points() -> None:
    table = owndata.points(min_columns=2, max_columns=2, limits=tables.Limits(rows=1000, columns=8, megabytes=1))
    st.text("page" if table is None else f"own {table.x.tolist()}")


def digit() -> None:
    """The image as text: rows of ink, where it is more than half black."""
    if st.toggle("Sheet", True):
        x = image.own_digit((28, 28))
        rows = [] if x is None else ["".join(".#"[int(v > 0.5)] for v in row) for row in x.reshape(28, 28).tolist()]
        st.text("none" if x is None else f"ink {int((x > 0.5).sum())}")
        st.code("\n".join(rows) or "empty")


def nothing() -> None:
    """Between two tests in one page."""
    st.session_state.clear()
    st.text("nothing is kept")


st.set_page_config(layout="wide")
controls.begin("own")
controls.use({"scene": Parameter("points"), "own": drawing.parameter(), "own_axes": Choice("Axes", menu=True)})
{"points": points, "digit": digit, "nothing": nothing}[st.query_params.get("scene", "points")]()
st.toggle("another control")
