"""Numbers in sentences and figures: a true minus, powers of ten written as such, no nan."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.pages.visitor import Visitor, figures
from ui.contents import LESSONS
from ui.figures.theme import LOG_TICKS

PARTS = [(lesson.stem, part) for lesson in LESSONS for part in import_module(f"pages.{lesson.stem}.state").PARTS]
WRONG = r"(?<![\w*])-\s?\d|\d-∞|\de[-+]\d|−0(?![.,\d])|\bnan\b|\bNone\b|minus ?infinity"
NO_SENTENCE = r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)"     # code, formulas, addresses


def strings(value: Any) -> Iterator[str]:
    """The texts in a figure: legends, labels, titles, annotations."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in ("text", "name", "title", "label", "ticktext", "annotations", "data", "layout", "marker",
                        *(key for key in value if "axis" in key)):
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(("stem", "part"), PARTS)
def test_numbers_are_written_as_in_a_book(stem: str, part: str) -> None:
    page = Visitor(stem, {"part": part, "reveal": "1"})
    at = page.at
    texts = [one.value for one in (*at.markdown, *at.caption, *at.info, *at.success)]
    texts += [text for figure in figures(at) for text in strings({"data": figure["data"], "layout": figure["layout"]})]
    for figure in figures(at):      # plotly enlarges powers
        axes = [axis for name, axis in figure["layout"].items() if "axis" in name and axis.get("type") == "log"]
        assert all("tickvals" in axis or axis["tickfont"]["size"] == LOG_TICKS["size"] for axis in axes)
    wrong = [text for text in texts if re.search(WRONG, re.sub(NO_SENTENCE, "", text))
             and not re.fullmatch(r"[xy]\d?", text)]
    assert wrong == []
