"""The home page: the map has every lesson and no other, and the zoo shows the chosen family."""

import re

import pytest

from pages.home import zoo
from pages.home.figures import tree
from tests.pages.visitor import ROOT, Visitor
from tests.ui.components.messages import commit
from ui.contents import HOME, LESSONS


def stops(page: Visitor) -> list[tuple[str, str]]:
    """(address, label) of the links in the page itself, the menu left out."""
    return [(link.proto.page, link.proto.label) for link in page.at.main.get("page_link")]


def test_the_map_has_every_lesson_in_the_lectures_order_and_no_other() -> None:
    page = Visitor(HOME.stem)
    on_map = [(address, label) for address, label in stops(page) if re.search(r"\d+\. ", label)]
    assert [address.strip("/") for address, _ in on_map] == [entry.stem for entry in LESSONS]
    for (_, label), entry in zip(on_map, LESSONS, strict=True):
        assert entry.title in label
        assert entry.question in page.texts()
        assert all(concept in page.texts() for concept in entry.concepts)
        assert entry.path.is_file()


def test_the_menu_has_titles_and_icons() -> None:
    page = Visitor(HOME.stem)
    menu = page.at.sidebar.get("page_link")
    assert [link.proto.label for link in menu] == [HOME.title, *(entry.title for entry in LESSONS)]
    assert all(link.proto.icon.startswith(":material/") for link in menu)


@pytest.mark.parametrize("family", zoo.FAMILIES, ids=lambda family: family.name)
def test_every_family_shows_its_likelihood_sampling_and_latents(family: zoo.Family) -> None:
    page = Visitor(HOME.stem, {"family": family.name})
    assert page.notes() == []
    assert page.values["family"] == family.name
    for text in (family.density, family.sampling, family.latents):
        assert text in page.texts()
    opens = [address.strip("/") for address, label in stops(page) if label.startswith("Open")]
    assert opens == ([family.lesson] if family.lesson in {entry.stem for entry in LESSONS} else [])


def test_a_family_is_chosen_from_the_menu_and_an_unknown_one_shows_a_note() -> None:
    page = Visitor(HOME.stem)
    other = page.others("family")[0]
    page.set("family", other)
    assert page.link == {"family": other}
    assert any(other in alt for alt in page.alts())
    wrong = Visitor(HOME.stem, {"family": "<i>none</i>", "what": "1"})
    assert wrong.values == wrong.defaults
    assert len(wrong.notes()) == 2


def test_every_page_has_the_link_to_the_map() -> None:
    for entry in LESSONS:
        text = entry.path.read_text(encoding="utf-8")
        assert f'page.closing("{entry.stem}")' in text
        assert f'page.opening("{entry.stem}"' in text
    assert (ROOT / "pages/home/page.py").is_file()


def test_a_click_in_the_tree_chooses_a_family_and_the_menu_another() -> None:
    page = Visitor(HOME.stem)
    first = page.values["family"]
    commit(page.at, "zoo", clicked={"figure": 0, "trace": 1, "point": 0})
    assert page.values["family"] == tree.clicked(1, 0) != first
    assert page.set("family", first).values["family"] == first
