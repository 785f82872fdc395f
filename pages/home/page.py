"""The lecture as a map, and the zoo of generative models."""

import streamlit as st

from pages.home import lecture_map, zoo
from pages.home.figures import tree as figures
from pages.home.state import CONTROLS
from ui import controls, page
from ui.components.live_figure import live_figure
from ui.contents import HOME, LESSONS

st.title("Deep Generative Models, Lecture 2", anchor=False)
with st.container(key="lead"):
    st.markdown(HOME.question)
st.markdown(r"One thread runs through the lecture: a density $p(\mathbf{x}|\theta)$ that is hard to write down becomes "
            r"easy once an unseen $\mathbf{z}$ is added, and the price is an integral. Each page answers one question "
            "on that way. All that moves is computed while you look, beside its exact truth where there is one.")
controls.use(CONTROLS)

page.heading("The lecture")
lecture_map.show(LESSONS)

page.heading("The generative models zoo")
picture, facts = st.columns([3, 2], gap="large")
with facts:
    chosen = zoo.family(controls.draw("family"))
    lecture_map.family(chosen)
with picture:
    live_figure(figures.tree(chosen.name, page.palette()), key="zoo", alt=figures.tree_alt(chosen.name),
                height=figures.HEIGHT, select=True, base=chosen.name, on_edit=lecture_map.choose)
