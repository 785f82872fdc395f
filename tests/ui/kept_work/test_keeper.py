"""ui.kept_work.keeper: what is written when, what leaves memory and disk, and what a disk, an error or a race costs."""

import contextlib
import os
import resource
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.ui.kept_work.place import Place, mine, table
from ui.kept_work import files, keeper, work
from ui.kept_work.stored import Stored


def test_writing_takes_a_twentieth_of_the_time_at_most(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, started = keeper.Keeper(), list[float]()

    def save(*_: Any) -> bool:
        started.append(place.clock)
        place.clock += 0.5      # seconds that a file and its list take
        return True

    monkeypatch.setattr(files, "write", save)
    place.be("tab", "one")
    for number in range(400):
        table().put(number)
        keep.round()
        place.clock += keeper.ROUND_SECONDS
    begins = started[::2]       # the list is written after each file
    assert len(begins) > 3
    assert all(second - first >= 20 * 1.0 for first, second in pairwise(begins))


def test_the_disk_is_not_asked_in_each_round_for_what_has_not_changed(place: Place,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    keep, asked, written = keeper.Keeper(), list[str](), files.written
    place.be("tab", "one")
    table().put("rows")
    work.keep("empty", Stored)
    keep.round()
    monkeypatch.setattr(files, "written", lambda tab, key: asked.append(key) or written(tab, key))
    for _ in range(50):
        place.clock += keeper.ROUND_SECONDS
        keep.round()
    assert asked == []
    table().put("more rows")
    place.clock += 60
    keep.round()
    assert files.read("tab", "table")[0] == "more rows"


def test_work_leaves_memory_when_its_visitor_is_away_and_comes_back_from_its_file(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("rows", "a table")
    keep.round()
    place.connected.clear()
    keep.round()
    assert "table" in work.works()[0].objects
    place.clock += work.AWAY_SECONDS + 1
    keep.round()
    assert work.works()[0].objects == {}
    place.be("tab", "two")
    assert table().value == "rows"
    place.connected.clear()
    place.clock += work.KEEP_SECONDS + 1
    keep.round()
    keep.round()
    assert work.works() == []


@contextlib.contextmanager
def while_written(monkeypatch: pytest.MonkeyPatch, then: Callable[[], Any]) -> Iterator[None]:
    """What a visitor does in the moment in which the table's file is there, and its time stamp is not noted."""
    look, threads = files.written, list[threading.Thread]()

    def written(tab: str, key: str) -> int | None:
        if threading.current_thread() is threading.main_thread() and not threads:
            threads.append(threading.Thread(target=then))
            threads[0].start()
            threads[0].join(0.2)
        return look(tab, key)

    write = files.write

    def write_and_look(*given: Any) -> bool:
        done = write(*given)
        monkeypatch.setattr(files, "written", written)
        return done

    monkeypatch.setattr(files, "write", write_and_look)
    yield
    threads[0].join()


def test_a_visitor_who_comes_back_while_the_file_is_written_goes_on_with_what_is_in_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, found = keeper.Keeper(), list[Any]()
    place.be("tab", "one")
    table().put("old")
    keep.round()
    place.clock += 100
    kept = table()
    kept.put("new")

    def returns() -> None:
        kept.put("newest")
        place.connected.clear()
        place.be("tab", "two")
        found.append(table().value)

    with while_written(monkeypatch, returns):
        keep.round()
    assert found == ["newest"]


def test_work_that_is_dropped_while_it_is_written_does_not_come_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.be("tab", "one")
    table().put("old")
    with while_written(monkeypatch, work.start_afresh):
        keeper.Keeper().round()
    assert (table().value, list(files.folder().iterdir())) == (None, [])


def test_work_that_another_tab_takes_while_it_is_written_is_not_left_behind(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.be("tab", "one")
    table().put("rows", "a table")

    def takes() -> None:
        place.be("second", "two")
        work.take_over("tab")

    keep = keeper.Keeper()
    with while_written(monkeypatch, takes):
        keep.round()
    assert table().value == "rows"
    keep.round()
    place.be("tab", "one")
    assert table().value is None
    assert files.read("second", "table")[0] == "rows"


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """A disk that takes no file of more than 1,000 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def no_folder() -> Iterator[None]:
    """A cache folder that is a file."""
    files.folder().parent.mkdir(exist_ok=True)
    files.folder().write_text("")
    yield
    files.folder().unlink()


@pytest.mark.parametrize("trouble", [full_disk, no_folder])
def test_a_disk_that_takes_no_file_loses_nothing_while_the_server_lives(place: Place, trouble: Any) -> None:
    keep, rows = keeper.Keeper(), b"1;2" * 1000
    with trouble():
        place.be("tab", "one")
        table().put(rows, "a table")
        keep.round()
        place.connected.clear()
        place.clock += work.AWAY_SECONDS + 1
        keep.round()
    place.be("tab", "two")
    assert table().value == rows
    place.clock += keeper.RETRY_SECONDS + 1
    keep.round()
    assert files.read("tab", "table")[0] == rows


def test_an_object_that_fails_stops_no_other_ones_file(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Stored):
        def version(self) -> tuple[int]:
            raise RuntimeError("none")

    keep = keeper.Keeper()
    place.be("tab", "one")
    work.keep("a", Failing)
    table().put("rows", "a table")
    keep.round()
    keep.round()
    assert files.read("tab", "table") is not None
    assert caplog.text.count("RuntimeError: none") == 1


def test_the_rounds_outlive_an_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class EndError(BaseException):
        """Ends the loop."""

    rounds = iter([ValueError("first"), ValueError("second"), EndError()])

    def fail(_: keeper.Keeper) -> None:
        raise next(rounds)

    monkeypatch.setattr(keeper.Keeper, "round", fail)
    monkeypatch.setattr(keeper, "ROUND_SECONDS", 0.0)
    with pytest.raises(EndError):
        keeper._rounds()
    assert "second" in caplog.text


def test_a_sweep_keeps_what_a_page_adds_meanwhile(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.be("tab", "one")
    mine().written.update(a=1, b=2)
    look = files.written

    def written(tab: str, key: str) -> int | None:
        mine().written.setdefault("new", 3)
        return look(tab, key)

    monkeypatch.setattr(files, "written", written)
    keeper.sweep()
    assert mine().written == {"a": None, "b": None, "new": 3}


def test_work_stays_in_memory_while_its_file_is_gone_and_is_written_again(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("rows", "a table")
    keep.round()
    files.remove("tab")
    place.connected.clear()
    place.clock += work.AWAY_SECONDS + 1
    keep._due = {("tab", "table"): place.clock + 1}
    keep.round()
    assert "table" in work.works()[0].objects
    place.clock += 2
    keep.round()
    assert work.works()[0].objects == {}
    place.be("tab", "two")
    assert table().value == "rows"


def test_what_is_put_after_start_afresh_is_written_although_it_is_as_new_as_what_went(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("old")
    keep.round()
    work.start_afresh()
    table().put("new")
    files.write("tab", "table", ["from another place", "", ""])    # a file is there
    place.clock += 1
    keep.round()
    assert files.read("tab", "table")[0] == "new"


def test_the_oldest_folders_beyond_the_limit_are_removed(place: Place) -> None:
    for number in range(4):
        files.write(f"tab {number}", "table", ["x" * 10_000, ""])
        os.utime(files._path(f"tab {number}", "table"), ns=(number + 1, number + 1))
    assert files.remove_old(1e9, most=25_000) == 2
    assert [files.read(f"tab {number}", "table") is not None for number in range(4)] == [False, False, True, True]


def test_visitors_who_are_here_keep_their_folders_beyond_the_limit(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = keeper.Keeper()
    for number in range(3):
        place.be(f"tab {number}", f"session {number}")
        table().put("x" * 10_000)
        keep.round()
    place.connected.discard("session 2")
    monkeypatch.setattr(files.remove_old, "__defaults__", (15_000, ()))
    keeper.sweep()
    assert [files.read(f"tab {number}", "table") is not None for number in range(3)] == [True, True, False]


def test_a_clock_that_is_set_removes_nothing(place: Place) -> None:
    files.write("tab", "table", ["rows", ""])
    os.utime(files._path("tab", "table"), ns=(1, 1))    # 1970
    assert files.remove_old(60) == 0
    place.clock += 59
    assert files.remove_old(60) == 0
    place.clock += 2
    assert files.remove_old(60) == 1


def test_the_files_of_visitors_who_are_here_stay(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("rows")
    keep.round()
    keeper.sweep()
    place.clock += work.KEEP_SECONDS + 1
    os.utime(files._path("tab", "table"), ns=(1, 1))
    keeper.sweep()
    assert files.read("tab", "table") == ["rows", "", table().name]
