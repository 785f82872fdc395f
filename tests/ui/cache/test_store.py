"""ui.cache.store: the bytes of all results stay within the limit; what was unused for longest is dropped first."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.cache import store
from ui.cache.store import Store

KILO = 1000
SIZE = sys.getsizeof(bytes(KILO))


def test_what_was_unused_for_longest_is_dropped_first() -> None:
    kept = Store(3 * SIZE)
    for name in "abc":
        kept.put(name, bytes(KILO))
    assert kept.get("a") is not None
    kept.put("d", bytes(KILO))
    assert [name for name in "abcd" if kept.get(name) is not None] == ["a", "c", "d"]
    assert kept.size == 3 * SIZE


def test_one_large_result_takes_the_place_of_several() -> None:
    kept = Store(4 * SIZE)
    for name in "abcd":
        kept.put(name, bytes(KILO))
    kept.put("e", bytes(3 * KILO))
    assert [name for name in "abcde" if kept.get(name) is not None] == ["d", "e"]


def test_a_result_larger_than_the_limit_is_given_but_not_kept() -> None:
    kept = Store(SIZE)
    kept.put("a", bytes(10))
    assert len(kept.result("b", lambda: bytes(2 * KILO))) == 2 * KILO
    assert kept.get("b") is None
    assert kept.get("a") is not None


def test_none_is_a_result() -> None:
    kept, calls = Store(SIZE), []
    for _ in range(2):
        assert kept.result("a", lambda: calls.append(1)) is None
    assert calls == [1]


def test_what_was_unused_for_a_time_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(store.time, "monotonic", lambda: now[0])
    kept = Store(9 * SIZE)
    for name in "abc":
        now[0] += 10
        kept.put(name, bytes(KILO))
    kept.get("a")
    now[0] += 15
    assert kept.drop_unused(20) == SIZE
    assert [name for name in "abc" if kept.get(name) is not None] == ["a", "c"]
    assert kept.drop_unused(0) == 2 * SIZE
    assert (len(kept), kept.size) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pgc"), st.integers(0, 5), st.integers(0, 400)), max_size=40))
def test_the_size_is_that_of_the_results_and_within_the_limit(actions: list[tuple[str, int, int]]) -> None:
    kept, own = Store(600), dict[int, bytes]()
    for action, key, size in actions:
        if action == "p":
            own[key] = bytes(size)
            kept.put(key, own[key])
        elif action == "g":
            assert kept.get(key) in (None, own.get(key))
        elif size > 390:
            kept.drop()
        found = [kept.get(key) for key in range(6)]
        assert kept.size == sum(sys.getsizeof(value) for value in found if value is not None) <= 600


def names(kept: Store, owner: str | None = None) -> str:
    return "".join(name for name in "abcdefgh" if kept.get(name, owner=owner) is not None)


def test_what_has_an_owner_gives_way_to_the_same_owners_alone() -> None:
    kept = Store(6 * SIZE, 2 * SIZE)
    for name in "abcdef":
        kept.put(name, bytes(KILO))
    for name in "abc":
        kept.put(name, bytes(KILO), "one")
    assert (names(kept), names(kept, "one")) == ("cdef", "bc")     # a share of two
    for name in "ab":
        kept.put(name, bytes(KILO), "two")
    assert (names(kept), names(kept, "one"), names(kept, "two")) == ("def", "bc", "b")     # half of the limit for all
    for name in "abcdefgh":
        kept.put(name, bytes(KILO))
    assert (names(kept), names(kept, "one"), names(kept, "two")) == ("fgh", "bc", "b")
    assert kept.size == 6 * SIZE


def test_owners_that_have_half_of_the_limit_leave_no_room_for_another() -> None:
    kept = Store(4 * SIZE, 2 * SIZE)
    for name in "ab":
        kept.put(name, bytes(KILO), "one")
    assert kept.result("a", lambda: bytes(KILO), "two") == bytes(KILO)
    assert (names(kept, "one"), names(kept, "two")) == ("ab", "")
    kept.put("a", bytes(3 * KILO))
    assert (names(kept), kept.size) == ("", 2 * SIZE)
    kept.drop("one")
    assert (len(kept), kept.size) == (0, 0)


def test_what_has_an_owner_is_dropped_when_it_is_unused() -> None:
    kept = Store(4 * SIZE, 2 * SIZE)
    kept.put("a", bytes(KILO), "one")
    assert kept.drop_unused(0) == SIZE
    assert (names(kept, "one"), len(kept), kept.size) == ("", 0, 0)
