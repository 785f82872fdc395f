"""ui.messages: an error is one sentence, in which a visitor's text is escaped."""

import pytest
from streamlit.testing.v1 import AppTest

from ui import messages
from ui.control_types import plain


@pytest.mark.parametrize(("error", "sentence"), [
    (ValueError("row 3 has no number"), "Row 3 has no number."), ("the file ends early. ", "The file ends early."),
    ("K = 3 is too large", "K = 3 is too large."), ("", ".")])
def test_a_sentence_has_a_capital_and_one_full_stop(error: Exception | str, sentence: str) -> None:
    assert messages.sentence(error) == sentence


def app() -> None:
    from ui import messages

    messages.show_error("no column *[x](y)* in `$a$`", "Showing **wine** meanwhile.")


def test_only_our_own_words_are_markdown() -> None:
    (shown,) = AppTest.from_function(app, default_timeout=20).run().error
    assert shown.value == r"No column \*\[x\](y)\* in \`\$a\$\`. Showing **wine** meanwhile."


def test_a_quoted_name_keeps_the_signs_of_its_tags_as_letters_that_format_nothing() -> None:
    assert plain("<b>x</b>`*") == "‹b›x‹/b›"
