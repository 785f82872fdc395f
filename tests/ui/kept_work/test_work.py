"""ui.kept_work: who finds which work, and what is in it."""

import os

import pytest

from tests.ui.kept_work.place import Place, mine, table
from ui import contents
from ui.kept_work import files, keeper, notice, work
from ui.kept_work.stored import Stored


def test_without_keys_an_object_lasts_as_long_as_the_session(place: Place) -> None:
    table().put("rows")
    assert (table().value, work.current(), work.works()) == ("rows", None, [])


def test_a_reload_finds_the_work_and_a_copied_tab_does_not(place: Place) -> None:
    place.be("tab", "one")
    table().put("rows", "a table")
    place.be("tab", "copy")     # while "one" is connected
    assert table().value is None
    assert work.other_tab(mine()) == "tab"
    place.connected.clear()
    place.be("tab", "two")
    assert (table().value, mine().restored_at, work.described(mine())) == ("rows", place.clock, ["a table"])


def test_only_a_tab_of_the_same_browser_can_take_work_over(place: Place) -> None:
    place.be("tab", "one")
    table().put("rows", "a table")
    place.be("foreign", "two", browser="c")
    work.take_over("tab")
    assert (table().value, work.other_tab(mine())) == (None, None)
    place.be("second", "three")
    work.take_over("tab")
    assert table().value == "rows"
    place.be("tab", "one")
    assert table().value is None


def test_what_has_changed_is_written_and_found_by_another_server(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put(("a.csv", b"1;2"), "a table")
    keep.round()
    stamp = files.written("tab", "table")
    keep.round()
    assert files.written("tab", "table") == stamp is not None
    work._works.clear()         # the server was killed
    place.be("tab", "two")
    assert work.described(mine()) == ["a table"]    # before any page has asked for it
    assert (table().value, mine().restored_at) == (("a.csv", b"1;2"), place.clock)
    work.start_afresh()
    assert (table().value, list(files.folder().iterdir())) == (None, [])


def test_what_another_server_wrote_meanwhile_is_newer(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("old")
    keep.round()
    place.connected.clear()
    files.write("tab", "table", ["new", "", "name"])
    os.utime(files._path("tab", "table"), ns=(1, 1))
    place.be("tab", "two")
    assert table().value == "new"


def test_a_file_of_another_form_is_as_none(place: Place) -> None:
    files.write("tab", "table", ["rows", ""])
    files.write("tab", work.INDEX, ["a table"])
    place.be("tab", "one")
    assert (work.described(mine()), table().value, mine().restored_at) == ([], None, None)


def test_a_sheet_is_sent_what_another_session_has_drawn_and_no_more(place: Place) -> None:
    place.be("tab", "one")
    assert table().begun() is None
    table().put("first")
    assert table().begun() is None      # this session's browser has it
    name = table().name
    place.connected.clear()
    place.be("tab", "two")
    assert (table().begun(), table().name) == ("first", name)
    work.start_afresh()
    assert (table().begun(), table().name == name) == (None, False)


def test_work_beyond_a_tabs_limit_is_not_written_and_that_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_OF_TAB", 20_000)
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("x" * 9_000, "a table")
    work.keep("picture", Stored).put("y" * 12_000, "a picture")
    keep.round()
    assert work.index(mine()) == ({"table": "a table"}, {"picture": "a picture"})
    assert files.read("tab", "picture") is None
    work._works.clear()         # the server was killed
    place.be("tab", "two")
    assert notice.restored(mine()) == (
        "Restored: a table. Not restored, as a tab keeps at most 0.02 MB: a picture.")
    work.keep("picture", Stored).put("y", "a picture")     # a smaller one fits
    place.clock += 1
    keep.round()
    assert files.read("tab", "picture") is not None
    assert work.index(mine()) == ({"table": "a table", "picture": "a picture"}, {})


def test_each_thing_of_this_page_is_said_once(place: Place) -> None:
    place.be("tab", "one")
    for key, what, stem in (("a", "your table *a*.csv", "gmm"), ("b", "your table *a*.csv", "gmm"),
                            ("c", "your 50 pictures", "vae"), ("d", "your table b.csv", "ppca")):
        work.keep(key, Stored).put("rows", contents.of_page(what, stem))
    place.connected.clear()
    place.be("tab", "two")
    assert notice.restored(mine(), "gmm") == (
        "Restored: your table *a*.csv (“Mixture of Gaussians and EM”).")
    assert notice.restored(mine(), "bayes") == ""


def test_what_has_begun_anew_is_called_restored_no_longer(place: Place) -> None:
    place.be("tab", "one")
    table().put("rows", "a table")
    work.keep("picture", Stored).put("y", "a picture")
    place.connected.clear()
    place.be("tab", "two")
    assert notice.restored(mine()) == "Restored: a table, a picture."
    table().put("more rows", "another table")       # what was restored stays what it was
    assert notice.restored(mine()) == "Restored: a table, a picture."
    assert [work.note_begun_anew("table") for _ in range(2)] == [True, False]
    assert notice.restored(mine()) == "Restored: a picture."
    work.start_afresh()
    assert notice.restored(mine()) == ""


def test_a_tab_that_takes_work_over_goes_where_it_was_made(place: Place) -> None:
    place.be("tab", "one")
    table().put("rows", "a table")
    work.remember_place("vae", {"model": "my run"})
    place.be("second", "two")
    work.remember_place("gmm", {})
    work.take_over("tab")
    work.remember_place("gmm", {})      # what is left of this run
    assert (mine().at, mine().goes_there) == (("vae", {"model": "my run"}), True)


def test_what_is_only_in_a_file_that_was_removed_is_not_offered(place: Place) -> None:
    keep = keeper.Keeper()
    place.be("tab", "one")
    table().put("rows", "a table")
    keep.round()
    place.connected.clear()
    place.clock += work.AWAY_SECONDS + 1
    keep.round()
    files.remove("tab")
    place.be("tab", "two")
    assert work.described(mine()) == []
