"""A page with point data that takes a person's own, and a canvas for a digit."""

import streamlit as st

from dgm import tables
from dgm.ui import controls, owndata

controls.begin("own")
st.set_page_config(layout="wide")
controls.notes_here()
table = owndata.points(min_columns=2, max_columns=2, limits=tables.Limits(rows=1000, columns=8, megabytes=1))
st.text("page" if table is None else f"own {table.columns} {table.x.tolist()}")
st.button("A link's points", on_click=controls.choose, args=({"own": "1_2_3_4"},))
st.button("First state", on_click=controls.choose, args=({},))
controls.end()
