"""Nonsense in every text field of every page, typed and by link: a sentence says what is wrong, the page goes on."""

import re

import pytest

from tests.pages.fields import NONSENSE, Field, fields, open_at, type_into
from tests.pages.typed_fields import TYPED, typed
from tests.pages.visitor import Visitor
from ui import controls, messages

LIVE = r"(?<!\\)[$<\[`]"    # what markdown would format; our own sentences quote a name or a value in a code span
QUOTED = r"`[^`]*`"


def sentences(page: Visitor) -> list[str]:
    return [*page.notes(), *(error.value for error in page.at.error)]


def assert_plain(page: Visitor) -> None:
    """No visitor's text is formatted as markdown."""
    assert [text for text in sentences(page) if re.search(LIVE, re.sub(QUOTED, "", text))] == []


def texts() -> list[Field]:
    return [field for field in fields() if field.kind != "number_input"]


def test_the_walk_finds_the_fields_of_every_kind() -> None:
    found = fields()
    assert {field.kind for field in found} == {"text_input", "text_area", "number_input"}
    for page in ("bayes", "gmm", "ppca", "elbo", "gradients", "vae"):
        names = {field.key for field in found if field.stem == page}
        table = Visitor(page).at.session_state["_controls"].table
        inputs = {name for name, control in table.items() if isinstance(control, controls.Number | controls.Text)}
        assert inputs <= names, f"fields of {page} that the walk does not find"


def test_the_list_for_the_browser_has_every_text_field() -> None:
    assert typed(fields()) == TYPED


def test_nonsense_that_is_typed_is_answered_beside_the_field() -> None:
    for field in texts():
        page, answered = open_at(field), 0
        before = sentences(page)
        for text in NONSENSE:
            type_into(page, field, text)
            assert_plain(page)
            answered += sentences(page) != before
        assert answered >= len(NONSENSE) - 4, f"{field}: some texts, as 0 0 0, may be allowed"


def test_nonsense_in_a_link_is_answered_too() -> None:
    for field in fields():
        if field.key and not field.option:
            for text in NONSENSE[::5]:
                assert_plain(Visitor(field.stem, dict(field.link) | {field.key: text}))


@pytest.mark.parametrize("text", ["$x$", "`a`", "[a](b)", "<b>", "*a*", ":red[a]", ":material/home:", "#a"])
def test_a_sentence_about_a_text_shows_it_as_it_was_typed(text: str) -> None:
    shown = messages.escaped(f"{text!r} is no toss")
    assert re.sub(r"\\(.)", r"\1", shown) == f"{text!r} is no toss"
    assert not re.search(r"(?<!\\)[$`\[<*:#]", shown)
