"""The controls whose answer `benchmarks/browser/frame.py` measures: each is on the page that it names, once."""

from urllib.parse import parse_qsl

import pytest

from benchmarks.browser.frame import CONTROLS, Control
from tests.pages.visitor import Visitor
from ui.contents import LESSONS


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{control.stem}-{control.label}")
def test_the_measured_control_is_on_its_page(control: Control) -> None:
    page = Visitor(control.stem, dict(parse_qsl(control.link)))
    drawn = (*page.at.slider, *page.at.select_slider, *page.at.number_input)
    assert [one.label for one in drawn].count(control.label) == 1


def test_every_lesson_is_measured() -> None:
    assert {control.stem for control in CONTROLS} == {lesson.stem for lesson in LESSONS}
