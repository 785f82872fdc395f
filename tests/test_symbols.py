"""docs/symbols.md is the theme's; a symbol has one meaning, a colour one meaning on a page or a second cue."""

import ast
import re
from collections import defaultdict
from itertools import combinations

import pytest

from tools.local_server import ROOT
from tools.symbols import FILE, MEANINGS, SHARED, table, uses
from ui.contents import LESSONS
from ui.figures.theme import TONES

# p(x) with the parameters integrated out is the prior predictive; of a model with fixed parameters it is the evidence.
# p(X|theta) is Bayes' likelihood of theta; of a model with latents, which are integrated out, it is the evidence.
TWO_MEANINGS = {r"p(\mathbf{x})": {"prior", "evidence"}, r"\logp(\mathbf{X}|\theta)": {"likelihood", "evidence"}}


def test_the_table_is_written_from_the_theme_and_the_pages() -> None:
    assert FILE.read_text(encoding="utf-8") == table(), "run python -m tools.symbols"


def test_every_meaning_is_described() -> None:
    assert list(MEANINGS) == list(TONES)


def test_a_symbol_has_one_meaning_on_all_pages() -> None:
    meanings = defaultdict(set)
    for use in uses():
        meanings[re.sub(r"\\,|\s", "", use.latex)].add(use.meaning)
    assert {latex: names for latex, names in meanings.items() if len(names) > 1} == TWO_MEANINGS


def test_meanings_of_one_colour_are_listed_and_differ_in_their_second_cue() -> None:
    shared = {frozenset({a, b}) for a, b in combinations(TONES, 2) if TONES[a].light == TONES[b].light}
    assert shared == {frozenset(pair) for names in SHARED for pair in combinations(names, 2)}
    for a, b in map(sorted, shared):
        assert TONES[a].dark == TONES[b].dark
        assert TONES[a] != TONES[b], (a, b)


@pytest.mark.parametrize("stem", [lesson.stem for lesson in LESSONS])
def test_no_figure_function_draws_two_meanings_of_one_colour_in_the_same_way(stem: str) -> None:
    """Within one function: line with line, marker with marker, pattern with pattern."""
    for path in (ROOT / "pages" / stem).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for names in drawn(node).values():
                    assert not any(len(names & shared) > 1 for shared in SHARED), (path, node.name, names)


def drawn(function: ast.FunctionDef) -> dict[str, set[str]]:
    """The way of drawing, a helper of the theme -> the meanings that the function gives to it."""
    found = defaultdict(set)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            way = ast.unparse(node.func)
            if way in {"line", "marker", "pattern"} and node.args[0].value in TONES:
                found[way].add(str(node.args[0].value))
    return found
