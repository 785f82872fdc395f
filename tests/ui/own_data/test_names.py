"""Names of a visitor's columns in messages and on the page, and what is offered for a table."""

import pytest

from dgm import gmm
from dgm.datasets import table as tables
from tests.ui.own_data.test_points import opened, pasted, shown
from ui.own_data.points import _by_name


def test_a_message_names_the_column_as_the_file_does() -> None:
    """The model that checks the table counts the columns that it gets."""
    def said(names: tuple[str, ...], x: list[list[float]]) -> str:
        with pytest.raises(ValueError, match="column") as caught:
            gmm.init(x, 2)
        return _by_name(str(caught.value), names)

    rows = [[float(i), 7.0, float(i * i)] for i in range(9)]
    assert said(("x", "c", "y"), rows).startswith("column c has the same value in every row")
    assert said(("column 2", "column 5", "column 6"), rows).startswith("column 5 has the same value")
    assert said(("a", "b (%)"), [[float(i), 1e-300 * i] for i in range(9)]).startswith("column b (%) spreads over")


@pytest.mark.parametrize(("settings", "words"), [
    ({"draw": False}, "rows. A pasted or uploaded table stays"), ({}, "What you draw goes into the link; a pasted")])
def test_only_what_the_page_offers_is_said(settings: dict[str, bool], words: str) -> None:
    assert words in opened(**settings).caption[0].value
    used = " ".join(caption.value for caption in pasted("a,b\n1,2\n3,4", **settings).caption)
    assert "of which the page uses 2 columns;" in used
    assert "uses up to 3 columns;" in " ".join(
        caption.value for caption in pasted("a,b\n1,2\n3,4", min_columns=1, max_columns=3).caption)


def test_a_name_keeps_its_characters_and_formats_nothing() -> None:
    at = pasted("**a** [x](http://y),$b_1$,`w`\n1,2,3\n4,5,6", max_columns=3)
    assert "('∗∗a∗∗ [x](http∶//y)', 'S̸b_1S̸', 'ˋwˋ')" in shown(at)
    assert tables.read("@SUM(A1),+cmd|' /C'!A0\n1,2").names() == ("(at)SUM(A1)", "+cmdǀ' /C'ǃA0")


def test_a_web_page_is_no_table() -> None:
    at = pasted("<html><body><table><tr><td>1</td><td>2</td></tr></table></body></html>")
    assert "This is a web page or XML, not a table" in at.error[0].value
