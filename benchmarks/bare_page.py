"""The peer of `benchmarks.load`: a page of Streamlit alone, as large as a lesson's part, that computes nothing.

    streamlit run benchmarks/bare_page.py

Its rerun is what Streamlit itself takes for so many elements.
"""

import streamlit as st

TEXTS, BUTTONS, POPOVERS = 11, 7, 2         # with the rest 45 messages: the mean of the lessons
FIGURES = 2
BYTES = 31_000      # of a figure

_figure = st.components.v2.component("bare_figure", js="export default () => {};")


@st.fragment
def part() -> None:
    """Text, buttons and figures below two sliders, in containers, as a part of a lesson has them."""
    st.segmented_control("Part", ["one", "two"])
    moved = [st.slider(f"Control {number}", 0.0, 1.0, 0.5) for number in range(2)]
    for number in range(FIGURES):
        _figure(data={"figure": f"{moved}{number}".ljust(BYTES)}, key=f"figure {number}")
    for number in range(TEXTS):
        with st.container():
            st.markdown(f"Sentence {number} of $x$ with a number: {moved[0]:.2f}.")
    for number in range(BUTTONS):
        st.button(f"Button {number}")
    for number in range(POPOVERS):
        with st.popover(f"Term {number}"):
            st.markdown(f"What term {number} means.")
    st.selectbox("Model", ["one", "two"])
    st.radio("Prediction", ["one", "two", "three"])


part()
