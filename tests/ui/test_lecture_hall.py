"""The lecture hall: its ways from part to part and page to page, and the door."""

from urllib.parse import parse_qsl

import pytest

from tests.pages.visitor import Visitor
from ui import contents, lecture_hall
from ui.components import assets


def ways(page: Visitor) -> list[str]:
    """The labels of the ways back and on."""
    labels = [part.proto.label for kind in ("button", "page_link") for part in page.at.main.get(kind)]
    return [label for label in labels if label.startswith(("Back: ", "Next: "))]


def hall(stem: str, **link: str) -> Visitor:
    return Visitor(stem, lecture_hall.PRESENT | link)


def test_a_page_has_the_door_and_no_ways_outside_the_hall() -> None:
    page = Visitor("gmm")
    assert page.at.button(key="enter-hall").label == "Lecture hall"
    assert not any(label.startswith("Back") for label in ways(page))


def test_the_ways_lead_through_the_parts_and_on_to_the_next_page() -> None:
    page = hall("bayes")
    seen = []
    while (button := f"opens {lecture_hall.ON}") in page.keys("opens "):
        seen.append(page.values["part"])
        page.press(button)
    assert [*seen, page.values["part"]] == ["The theorem", "What comes next", "MAP", "Regression", "No closed form"]
    assert f"Next: {contents.entry('gmm').title}" in ways(page)
    assert "Back: Regression" in ways(page)
    assert page.press(f"opens {lecture_hall.BACK}").values["part"] == "Regression"


def test_a_frame_leaves_the_link_with_its_part_and_comes_back_with_it() -> None:
    page = hall("elbo", part="EM", step="3")
    page.press(f"opens {lecture_hall.ON}")
    assert (page.values["part"], "step" in page.link) == ("Landscape", False)
    page.press(f"opens {lecture_hall.BACK}")
    assert (page.values["part"], page.link["step"]) == ("EM", "3")


def test_links_to_pages_keep_the_hall() -> None:
    page = hall("gmm")
    links = {link.proto.label: dict(parse_qsl(link.proto.query_string)) for link in page.at.main.get("page_link")}
    assert links[f"Back: {contents.entry('bayes').title}"] == lecture_hall.PRESENT


@pytest.mark.parametrize("stem", [entry.stem for entry in (contents.HOME, *contents.LESSONS)])
def test_every_page_has_a_way_on_and_a_way_out(stem: str) -> None:
    page = hall(stem)
    assert any(label.startswith("Next: ") for label in ways(page))
    page.press(lecture_hall.OUT)
    assert "present" not in page.at.query_params


def test_the_keys_look_for_the_elements_of_these_names() -> None:
    script = assets.script("lecture_hall.js")
    assert all(f'".st-key-{name}"' in script for name in (lecture_hall.BACK, lecture_hall.ON, lecture_hall.OUT))
