"""The glossary: each term is defined once, in short sentences, and pages use terms that exist."""

import re
from pathlib import Path

import pytest

from ui.glossary import TERMS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("term", TERMS)
def test_a_definition_is_a_few_short_sentences(term: str) -> None:
    text = re.sub(r"\$[^$]*\$", "x", TERMS[term])
    assert text.endswith(".")
    assert all(len(sentence.split()) <= 26 for sentence in re.split(r"[.;:] ", text)), text


def test_no_term_is_defined_twice() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "ui/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(TERMS)
