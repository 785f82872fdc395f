"""ui.source_code: the coloured names of the code, each with its meaning."""

import inspect
from pathlib import Path

import pytest

from dgm import gmm, ppca
from dgm.gradients import sweeps
from ui import source_code
from ui.figures.theme import TONES

SOURCES = [path.read_text() for path in (Path(__file__).parents[2] / "dgm").rglob("*.py")]


@pytest.mark.parametrize("meaning", source_code.NAMES)
def test_every_meaning_has_a_colour_and_dgm_uses_every_name(meaning: str) -> None:
    assert meaning in TONES
    used = {name for name, _ in source_code.coloured_names(SOURCES)}
    assert set(source_code.NAMES[meaning]) <= used


def test_names_in_strings_and_comments_do_not_count() -> None:
    source = '''
def f(resp: Tensor) -> float:
    """The bound and the kl of it."""
    text = "the prior"    # and the gap
    return log_evidence(resp) - klein
'''
    assert source_code.coloured_names([source]) == [("log_evidence", "evidence"), ("resp", "q")]


def test_a_name_with_two_meanings_has_no_colour() -> None:
    assert source_code.coloured_names([inspect.getsource(ppca.closed_form), inspect.getsource(gmm.bic)]) == []
    assert "gap" not in dict(source_code.coloured_names([inspect.getsource(sweeps.crossings)]))
