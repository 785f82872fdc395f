"""The links for the lecture: every slide has one, each opens its state, and list, page and file agree."""

import re
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.pages.visitor import Visitor
from tools import slide_links
from ui import slides
from ui.components.scroll_to import FIGURE, PARAMETER
from ui.contents import HOME, LESSONS

# Slide 1 is the title, 25 a picture of slide 24's network, 27 the empty summary.
NUMBERS = set(range(2, 25)) | {26}
STATES = {(slide.stem, tuple(slide.query().items())): slide for slide in slides.SLIDES}


def normal(stem: str) -> str:
    return "" if stem == HOME.stem else stem


def about_the_link(page: Visitor) -> list[str]:
    return [note for note in page.notes() if "link" in note.lower()]


@pytest.mark.parametrize("slide", slides.SLIDES, ids=lambda slide: slide.title)
def test_every_link_opens_its_state_and_keeps_it(slide: slides.Slide) -> None:
    """No parameter is a default, ignored, clamped or unknown."""
    page = Visitor(slide.stem, slide.query())
    assert about_the_link(page) == []
    assert page.link == slide.query()


@pytest.mark.parametrize("slide", slides.SLIDES, ids=lambda slide: slide.title)
def test_the_link_for_the_lecture_hall_opens_the_same_state(slide: slides.Slide) -> None:
    query = dict(parse_qsl(urlsplit(slide.address("http://host", hall=True)).query))
    page = Visitor(slide.stem, query)
    assert about_the_link(page) == []
    assert page.link == slide.query(hall=True)
    assert page.values == Visitor(slide.stem, dict(slide.link)).values


def test_every_slide_has_a_link_in_order_and_no_state_stands_twice() -> None:
    numbers = [slide.number for slide in slides.SLIDES]
    assert numbers == sorted(numbers)
    assert set(numbers) == NUMBERS
    assert len(STATES) == len(slides.SLIDES) == len({slide.title for slide in slides.SLIDES})


def test_the_home_page_lists_the_links_and_leads_to_the_table() -> None:
    links = [link.proto for link in Visitor(HOME.stem).at.main.get("page_link")]
    listed = [link for link in links if re.match(r"\*\*\d+\. [^*]*\*\*: ", link.label)]
    assert [link.label for link in listed] == [f"**{s.number}. {s.title}**: {s.shows}" for s in slides.SLIDES]
    for link, slide in zip(listed, slides.SLIDES, strict=True):
        assert link.page.strip("/") in (slide.stem, normal(slide.stem))
        assert dict(parse_qsl(link.query_string)) == slide.query()
    assert any(link.page.strip("/") == "slides" for link in links)


def test_the_page_has_the_table_with_addresses_beside_it_and_the_file() -> None:
    page = Visitor("slides")
    assert page.notes() == []
    assert slides.table(".") in [text.value for text in page.at.markdown]
    assert page.at.get("download_button")


def test_every_page_lists_the_links_of_its_slides() -> None:
    stems = {entry.stem for entry in (HOME, *LESSONS)}
    links = [link for stem in stems for link in re.findall(r"^- \[(.+)\]\((.+)\)$", slides.list_of(stem), re.MULTILINE)]
    table = ("All links as a table", "./slides")
    assert links.count(table) == len(stems)
    shown = sorted((f"{slide.number}. {slide.title}", slide.address(".")) for slide in slides.SLIDES)
    assert sorted(link for link in links if link != table) == shown
    assert any(slides.list_of("bayes") in text.value for text in Visitor("bayes").at.markdown)


def test_the_file_is_written_from_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = slide_links.FILE.read_text(encoding="utf-8")
    assert stored == slides.file(slides.LOCAL), "run `python -m tools.slide_links`"
    made = tmp_path / "slides.md"
    monkeypatch.setattr(sys, "argv", ["slide_links", "--host", "https://dgm.example/app/", "--out", str(made)])
    slide_links.main()
    assert made.read_text(encoding="utf-8") == stored.replace(slides.LOCAL, "https://dgm.example/app")


def test_addresses() -> None:
    slide = slides.Slide(1, "", "", "bayes", {"part": "What comes next"})
    assert slide.address("https://a.b/c") == "https://a.b/c/bayes?part=What+comes+next"
    assert slide.address(".", hall=True) == "./bayes?part=What+comes+next&present=1"
    assert slides.Slide(1, "", "", HOME.stem).address(".", hall=True) == "./?present=1"
    lower = slides.Slide(1, "", "", "vae", at="What was learned")
    assert lower.address(".", hall=True) == "./vae?scroll=What+was+learned&present=1"
    assert slides.Slide(1, "", "", "vae", at=FIGURE).address(".", hall=True) == "./vae?present=1"


def test_another_part_and_another_situation_begin_at_the_top() -> None:
    for link in ({"present": "1"}, {}):
        page = Visitor("vae", {"part": "Generation", PARAMETER: "What was learned"} | link)
        page.set("part", "Collapse")
        assert PARAMETER not in page.link
    page = Visitor("ppca", {PARAMETER: FIGURE})
    page.press("preset Too much noise")
    assert PARAMETER not in page.link
