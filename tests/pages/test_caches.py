"""Caches hold results alone: what a visitor brought stays when other visitors empty every cache, at any moment."""

import ast
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from tests.pages.visitor import ROOT, Visitor
from ui import cache
from ui.cache.store import Store
from ui.contents import LESSONS
from ui.own_data import drawing

TABLE = "height, weight\n1.72, 68\n1.80, 77\n1.65, 59\n1.91, 90\n1.58, 51\n1.75, 71\n1.69, 64"
POINTS = ((1.0, 1.0), (1.5, 2.0), (2.0, 1.2), (1.2, 1.7), (1.8, 1.9), (7.0, 7.5), (7.6, 8.0), (6.9, 8.4), (8.0, 7.2))
SESSION = ("session_state", "query_params", "controls.", "st.context")
MOST = 12     # other visitors: more than any cache of own tables had entries


def shown(page: Visitor) -> tuple[Any, ...]:
    return page.printed(), page.alts(), [text for text in page.texts().splitlines() if " ms" not in text]


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cache forgets at once."""
    monkeypatch.setattr(Store, "put", lambda store, key, value, owner=None: None)


@pytest.mark.parametrize("stem", [lesson.stem for lesson in LESSONS])
def test_a_page_shows_the_same_without_any_cache(stem: str, no_memory: None) -> None:
    page = Visitor(stem)
    for key in page.keys("preset ")[:2]:
        page.press(key)
    first = shown(page)
    assert shown(page.run()) == first


def own_table(stem: str, link: dict[str, str], text: str = TABLE) -> Visitor:
    """A visitor whose own table is shown."""
    page = Visitor(stem, link)
    group = next(group for group in page.at.get("button_group") if "Paste a table" in group.options)
    group.set_value("Paste a table")
    page.run()
    next(area for area in page.at.text_area).set_value(text)
    return page.run()


@pytest.mark.parametrize(("stem", "link"), [("gmm", {}), ("gmm", {"part": "k-means"}), ("gmm", {"part": "How many?"}),
                                            ("ppca", {}), ("ppca", {"part": "EM"}), ("ppca", {"part": "Tables"})])
def test_an_own_table_stays_when_others_empty_every_cache(stem: str, link: dict[str, str]) -> None:
    page = own_table(stem, link)
    before = shown(page)
    assert before != shown(Visitor(stem, link))
    cache.clear()
    st.cache_resource.clear()
    assert shown(page.run()) == before


def test_many_visitors_with_tables_of_their_own_do_not_end_each_other() -> None:
    first = own_table("gmm", {})
    before = shown(first)
    link = drawing.encode(POINTS)
    for number in range(MOST):
        Visitor("gmm", {"own": f"{link}_{number}_{number + 1}"})
    assert shown(first.run()) == before


def test_only_pure_functions_share_a_cache() -> None:
    """A cached function gets all that it reads as arguments: it reads no state of a session."""
    readers = [f"{path.relative_to(ROOT)}: {function.name}" for folder in ("pages", "ui")
               for path in (ROOT / folder).rglob("*.py") for function in _cached(path)
               if any(word in ast.unparse(function) for word in SESSION)]
    assert readers == []


def test_what_was_read_of_a_visitors_file_is_in_the_cache_of_the_session() -> None:
    readers = [function for path in (ROOT / "ui").rglob("*.py") for function in _cached(path)
               if "content" in {argument.arg for argument in function.args.args}]
    assert len(readers) >= 2
    assert all(ast.unparse(function.decorator_list[0]).startswith("cache.own(") for function in readers)


def _cached(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
            and any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)]
