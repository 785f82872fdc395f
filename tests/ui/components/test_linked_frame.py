"""The frame of a playback in the link."""

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = '''
import streamlit as st
from ui import controls
from ui.components.live_figure import linked_frame

controls.begin("x")
controls.use({"step": linked_frame.parameter()})
base = st.text_input("base", "one")
frame = st.number_input("frame", -1, 9, -1)      # what the visitor did: -1 for nothing
shown = linked_frame.start("step", base, first=2, count=8)
st.code(linked_frame.keep("step", base, None if frame < 0 else frame, shown))
'''


def opened(step: str = "") -> AppTest:
    page = AppTest.from_string(SCRIPT)
    if step:
        page.query_params["step"] = step
    page.run()
    assert not page.exception
    return page


def test_a_frame_is_in_the_link_and_belongs_to_its_base() -> None:
    page = opened()
    assert (page.code[0].value, "step" in page.query_params) == ("2", False)
    page.number_input[0].set_value(5).run()
    assert page.code[0].value == "5"
    link = page.query_params["step"]
    link = link if isinstance(link, str) else link[0]
    again = opened(link)
    assert again.code[0].value == "5"
    again.text_input[0].set_value("two").run()
    assert again.code[0].value == "2"
    again.text_input[0].set_value("one").run()
    assert again.code[0].value == "5"


@pytest.mark.parametrize(("step", "frame", "noted"), [
    ("3", "3", False), ("99", "7", False), ("x", "2", True), ("-1", "2", True), ("3~zzzz", "2", True),
    ("3~0000", "2", False)])
def test_a_link_may_name_a_frame(step: str, frame: str, noted: bool) -> None:
    page = opened(step)
    assert page.code[0].value == frame
    assert bool(page.info) == noted
    assert not noted or f"frame `{step}`; a frame is a whole number from 0 to 9999" in page.info[0].value
