"""What the pages say of a visitor's own table: which column is meant, and only what holds for it."""

import math
from collections.abc import Callable

import pytest

from tests.pages.test_caches import own_table
from tests.pages.visitor import Visitor


def table(*names: str) -> str:
    """Rows of numbers: c is constant, "x (2)" is x again, the others vary."""
    columns: dict[str, Callable[[float], float]] = {
        "x": math.sin, "c": lambda i: 7.0, "y": lambda i: math.cos(2.1 * i) + 0.1 * i,
        "w": lambda i: math.sin(3.7 * i)}
    rows = [",".join(f"{columns[name](i):.3f}" for name in names) for i in range(20)]
    return "\n".join([",".join(names), *rows])


def errors(page: Visitor) -> str:
    return " ".join(element.value for element in page.at.error).replace("\\", "")


def test_a_constant_column_is_named_and_the_page_has_the_remedy() -> None:
    said = errors(own_table("ppca", {}, table("x", "c", "y", "w")))
    assert "Column c has the same value in every row and leaves nothing for the noise: choose other columns." in said
    assert "choose q" not in said
    said = errors(own_table("ppca", {}, table("x", "x", "y", "y")))
    assert "Columns x and x (2) are equal and leave nothing for the noise: choose other columns." in said
    assert "column c has the same value" in errors(own_table("gmm", {}, table("x", "c", "y"))).lower()


@pytest.mark.parametrize(("names", "words"), [
    (("x", "c", "y", "w"), "have variance 1, except c: with the same value in every row it has variance 0."),
    (("x", "y", "w"), "All columns have variance 1. ")])
def test_what_has_no_variance_is_not_said_to_be_scaled(names: tuple[str, ...], words: str) -> None:
    page = own_table("ppca", {"part": "Tables", "dims": "1"}, table(*names))
    assert words in page.texts()
    assert "The first direction holds" in page.texts()


@pytest.mark.parametrize(("stem", "link", "situation"), [
    ("gmm", {"part": "k-means"}, "Long and round"), ("ppca", {}, "A line and its noise"),
    ("ppca", {"part": "Tables"}, "Equal units")])
def test_a_situation_is_of_the_pages_data(stem: str, link: dict[str, str], situation: str) -> None:
    """Its sentence is not said of a visitor's table; its button comes back to the page's data, and the table stays."""
    gone = f"This is no longer the situation *{situation}*."
    assert gone not in Visitor(stem, link).texts()
    page = own_table(stem, link, table("x", "y", "w"))
    assert "In use: 20 rows" in page.texts()
    assert gone in page.texts()
    page.press(f"preset {situation}")
    assert gone not in page.texts()
    assert "In use" not in page.texts()
    group = next(group for group in page.at.get("button_group") if "Paste a table" in group.options)
    group.set_value("Paste a table")
    assert "In use: 20 rows" in page.run().texts()
    assert gone in page.texts()


@pytest.mark.parametrize(("link", "situation"), [
    ({"model": "number, known noise", "numbers_from": "your own table"}, "Bayes theorem"),
    ({"part": "Regression", "points_from": "your own table"}, "Degree 9, 12 points fitted")])
def test_a_table_that_a_control_has_chosen_comes_back_with_it(link: dict[str, str], situation: str) -> None:
    page = own_table("bayes", link, table(*("x", "y")[:2 if "part" in link else 1]))
    assert "20 rows of your own" in page.texts()
    page.press(f"preset {situation}")
    assert "rows of your own" not in page.texts()
    if "model" in link:
        page.set("model", link["model"])
    page.set(*list(link.items())[-1])
    assert "20 rows of your own" in page.texts()


def test_a_table_that_the_page_cannot_use_changes_no_situation() -> None:
    page = own_table("gmm", {"part": "k-means"}, "a,b\n1,tall")
    assert page.at.error
    assert "This is no longer the situation" not in page.texts()
