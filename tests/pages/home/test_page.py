"""The home page: it has every lesson and no other, and the zoo shows the chosen family."""

import re

import pytest

from dgm.autoregressive.checkpoints import rows_file
from pages.autoregressive import zoo as autoregressive
from pages.home import pictures, zoo
from tests.pages.visitor import Visitor
from ui.contents import HOME, LESSONS


def stops(page: Visitor) -> list[tuple[str, str]]:
    """(address, label) of the links in the page itself, the menu left out."""
    return [(link.proto.page, link.proto.label) for link in page.at.main.get("page_link")]


def test_the_home_page_has_every_lesson_in_the_lectures_order_and_no_other() -> None:
    page = Visitor(HOME.stem)
    on_map = [(address, label) for address, label in stops(page) if re.fullmatch(r"\*\*\d+\. [^*]*\*\*", label)]
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
    wrong = Visitor(HOME.stem, {"family": "<i>none</i>", "what": "1"})
    assert wrong.values == wrong.defaults
    assert len(wrong.notes()) == 2


def test_every_page_has_the_link_to_the_home_page() -> None:
    for entry in LESSONS:
        text = entry.path.read_text(encoding="utf-8")
        assert f'page.closing("{entry.stem}")' in text
        assert f'page.opening("{entry.stem}"' in text
    assert HOME.path.is_file()


def test_it_says_what_a_latent_variable_model_is_and_where_to_begin() -> None:
    page = Visitor(HOME.stem)
    assert "A **latent variable model** adds a variable z" in page.texts()
    assert any(label == f"Start here: {LESSONS[0].title}" and address.strip("/") == LESSONS[0].stem
               for address, label in stops(page))


def test_it_answers_its_question_how_a_model_is_fitted_and_why_the_first_lesson_has_no_latents() -> None:
    texts = Visitor(HOME.stem).texts()
    assert "how is one fitted" in texts
    assert "It is **fitted** by maximising the sum of log p(x|θ)" in texts
    assert "**parameters** θ" in texts
    assert "Expectation–maximisation (EM) and the variational autoencoder (VAE)" in texts
    assert "Lesson 1 has no latent variable" in texts
    assert not LESSONS[0].latent


def test_every_lesson_says_whether_it_has_latent_variables() -> None:
    captions = [caption.value for caption in Visitor(HOME.stem).at.caption]
    for entry in LESSONS:
        mark = "**latent variables z**" if entry.latent else "**no latent variables**"
        assert " · ".join((mark, *entry.concepts)) in captions


def test_every_lesson_with_a_picture_shows_it() -> None:
    alts = Visitor(HOME.stem).alts()
    for entry in LESSONS:
        found = pictures.of_lesson(entry.stem, dark=False)
        assert found is not None, f"{entry.stem} has no picture"
        assert found.alt in alts


def test_a_name_in_the_zoo_chooses_its_family_and_the_menu_another() -> None:
    page = Visitor(HOME.stem)
    first = page.values["family"]
    page.press("family Normalizing flow")
    assert page.values["family"] == "Normalizing flow"
    assert page.at.button(key="family Normalizing flow").proto.type == "secondary"
    assert "as many as x has coordinates" in page.texts()
    assert page.set("family", first).values["family"] == first


def test_families_are_under_their_branch_and_flows_have_as_many_latents_as_coordinates() -> None:
    assert {family.branch for family in zoo.FAMILIES} == set(zoo.BRANCHES)
    assert zoo.family("Normalizing flow").branch == zoo.AS_MANY
    assert zoo.family("Autoregressive").branch == zoo.NONE


def test_numbers_of_the_zoo_are_those_of_the_comparison() -> None:
    rows = {row.model: row for row in rows_file.stored()}
    for family in zoo.FAMILIES:
        if family.row:
            assert family.row in rows, f"no row of the comparison is called {family.row}"
            texts = Visitor(HOME.stem, {"family": family.name, "reveal": "1"}).texts()
            assert f"−{abs(rows[family.row].nats):.2f}" in texts
            assert "± is the standard error of the mean over the images" in texts
            best = max((row for row in rows.values() if row.kind == "exact"), key=lambda row: row.nats)
            assert ("This is the best exact model here" if family.row == best.model
                    else f"exact model here, the autoregressive {best.model}, has −{abs(best.nats):.2f}.") in texts


def test_the_zoo_keeps_what_the_first_lesson_asks() -> None:
    """Its numbers are covered there until they are answered."""
    assert (autoregressive.BOUND, autoregressive.INDEPENDENT) == zoo.ASKED
    hidden = [f"{abs(row.nats):.2f}" for row in rows_file.stored() if row.model in zoo.ASKED]
    for family in zoo.FAMILIES:
        page = Visitor(HOME.stem, {"family": family.name})
        assert not any(number in page.texts() for number in hidden)
        assert ("lesson 1 asks you" in page.texts()) == (family.row in zoo.ASKED)


def test_every_family_that_a_page_draws_has_its_sample() -> None:
    alts = Visitor(HOME.stem).alts()
    for family in zoo.FAMILIES:
        found = pictures.of_family(family.lesson, dark=False)
        assert (found is not None) == (family.lesson in {entry.stem for entry in LESSONS})
        assert found is None or found.alt in alts


def test_a_family_without_a_picture_says_that_it_has_no_lesson() -> None:
    captions = [caption.value for caption in Visitor(HOME.stem).at.caption]
    lessons = {entry.stem for entry in LESSONS}
    assert captions.count("no lesson here") == sum(family.lesson not in lessons for family in zoo.FAMILIES) > 0
