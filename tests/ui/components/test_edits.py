"""ui.components.edits: which edits are valid, which are dropped, and the validation of commits."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from ui.components import edits
from ui.components.edits import Clicked, Edits, Moved


def page() -> None:
    """A base in the session that folds change; `commits` and `interrupted` are in the session too."""
    import streamlit as st

    from ui.components import edits

    state = st.session_state
    state.setdefault("base", "first")

    def fold(found: edits.Edits) -> None:
        state["folded"] = [*state.get("folded", []), found.moved]
        state["base"] = f"moved {len(found.moved)}"

    if state.get("commits", False):
        edits.listener("figure", fold)()
    if not state.get("interrupted"):
        base = edits.base("figure", state["base"])
        st.text(f"{base.version} {base.number}")
        st.text(repr(edits.read("figure", state["base"]).moved))


class Page:
    """The page, and a browser that commits."""

    def __init__(self) -> None:
        self.at = AppTest.from_function(page)
        self.run()

    def run(self, **state: Any) -> None:
        for name, value in {"commits": False, "interrupted": False, **state}.items():
            self.at.session_state[name] = value
        assert not self.at.run().exception

    def commit(self, number: int, *moved: tuple[int, float, float], version: str = "", **state: Any) -> None:
        edit = {"version": version or self.version, "number": number, "moved": [list(one) for one in moved]}
        self.run(figure={"edit": edit}, **state)

    @property
    def version(self) -> str:
        return self.at.text[0].value.split()[0]

    @property
    def number(self) -> int:
        return int(self.at.text[0].value.split()[1])

    @property
    def moved(self) -> str:
        return self.at.text[1].value

    @property
    def folded(self) -> list[int]:
        """How many markers each fold moved."""
        folds = self.at.session_state["folded"] if "folded" in self.at.session_state else []  # noqa: SIM401 (no get)
        return [len(moved) for moved in folds]


def test_edits_are_valid_while_the_base_is_the_same() -> None:
    one = Page()
    one.commit(1, (0, 1.0, 2.0))
    assert one.moved == repr((Moved(0, 1.0, 2.0),))
    one.run()
    assert one.moved == repr((Moved(0, 1.0, 2.0),))
    one.run(base="second")
    assert one.moved == "()"
    one.run(base="first")       # an earlier base gets a new version
    assert one.moved == "()"


def test_edits_are_valid_while_the_component_is_not_on_the_page() -> None:
    one = Page()
    one.commit(1, (0, 1.0, 2.0))
    del one.at.session_state["figure"]
    one.run()
    assert one.moved == repr((Moved(0, 1.0, 2.0),))


def test_a_fold_does_not_change_the_version_and_sets_the_number() -> None:
    one = Page()
    version = one.version
    one.commit(1, (0, 1.0, 2.0), commits=True)
    assert (one.version, one.number, one.folded) == (version, 1, [1])
    one.run(commits=True)       # the same commit again is not folded in twice
    assert one.folded == [1]
    one.run(base="from elsewhere")
    assert (one.version != version, one.number) == (True, 1)


def test_a_commit_sent_before_the_answer_is_folded_in_too() -> None:
    one = Page()
    version = one.version
    one.commit(1, (0, 1.0, 2.0), commits=True)
    one.commit(2, (0, 1.0, 2.0), (1, 3.0, 4.0), version=version, commits=True)
    assert (one.version, one.number, one.folded) == (version, 2, [1, 2])


def test_a_run_interrupted_between_fold_and_answer_loses_no_commit() -> None:
    one = Page()
    version = one.version
    one.commit(1, (0, 1.0, 2.0), commits=True, interrupted=True)
    one.commit(2, (1, 3.0, 4.0), version=version, commits=True)
    assert (one.version, one.number, one.folded) == (version, 2, [1, 1])


def test_a_commit_with_another_version_is_dropped() -> None:
    one = Page()
    old = one.version
    one.run(base="second")
    one.commit(1, (0, 1.0, 2.0), version=old, commits=True)
    assert (one.moved, one.folded, one.number) == ("()", [], 0)


@pytest.mark.parametrize("foreign", [None, "edit", 7, [], {"edit": None}, {"edit": []}, {"edit": {"version": 1}},
                                     {"edit": {"number": 1, "moved": [[0, 0, 0]]}}])
def test_an_invalid_state_is_ignored(foreign: Any) -> None:
    one = Page()
    one.run(figure=foreign, commits=True)
    assert (one.moved, one.folded) == ("()", [])


def test_a_commit_is_read_field_by_field() -> None:
    found = edits.parse({
        "version": "v", "points": [[1, 2.00000000000049], [math.nan, 0], ["<script>", 1], [1e300, 1], [1], None],
        "moved": [[1, 0.5, 0.25], [2, 0, 0], [-1, 0, 0], [True, 0, 0], [0, math.inf, 0]], "frame": 2,
        "clicked": {"figure": 0, "trace": 0, "point": 1}, "z": [0.5, -1],
        "strokes": [[0, 1000], [5, 5, 6, 6]]}, markers=2, frames=3, traces=(1,))
    assert found == Edits((Moved(1, 0.5, 0.25),), ((1.0, 2.0),), Clicked(0, 0, 1), 2, (0.5, -1.0), None,
                          ((0, 1000), (5, 5, 6, 6)), "v")


@pytest.mark.parametrize("raw", [None, "ab", 7, [[]], [[1]], [[1, 2, 3]], [[1, 1001]], [[-1, 0]], [[True, 1]],
                                 [[0.5, 1]], [None], ["ab"], [[0, 0] * (edits.MAX_STROKES // 2 + 1)]])
def test_invalid_strokes_are_none(raw: Any) -> None:
    assert edits.parse({"strokes": raw}).strokes is None


@pytest.mark.parametrize("raw", [None, "ab", [], ["2"], [True], [math.inf], [0.0] * 21, {"at": "x"}, 7, [10**400]])
def test_an_invalid_z_is_none(raw: Any) -> None:
    assert edits.parse({"z": raw}).z is None


HUGE = st.sampled_from([10**400, -10**400])     # JSON's integers have no limit
JSON = st.recursive(st.none() | st.booleans() | st.integers() | HUGE | st.floats() | st.text(max_size=8),
                    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=8), part, max_size=4))


PARTS = ["version", "moved", "points", "clicked", "frame", "z", "image", "strokes"]


@given(st.dictionaries(st.sampled_from(PARTS), JSON))
def test_any_commit_gives_valid_edits(raw: dict[str, Any]) -> None:
    found = edits.parse(raw, frames=5, markers=2, max_points=2, traces=(2,))
    numbers = [value for point in (*(found.points or ()), *(one[1:] for one in found.moved)) for value in point]
    assert all(math.isfinite(value) for value in (*numbers, *(found.z or ())))
    assert len(found.points or ()) <= 2
    assert all(one.marker in {0, 1} for one in found.moved)
    assert found.frame in {None, 0, 1, 2, 3, 4}
    assert found.clicked is None or (found.clicked.figure == 0 and found.clicked.trace in {0, 1})


def test_points_above_the_limit_are_dropped() -> None:
    raw = {"points": [[i, i] for i in range(10)]}
    assert edits.parse(raw, max_points=4).points == ((0, 0), (1, 1), (2, 2), (3, 3))
