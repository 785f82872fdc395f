"""ui.live_run: one run per page and session, which settings replace or continue."""

import functools
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ui import live_run


@dataclass
class FakeRun:
    """The part of jobs.Run that live_run uses."""

    latest: Any = 0
    stops: int = 0
    plays: int = 0
    total: int | None = None
    progress: Any = field(default_factory=lambda: SimpleNamespace(state="running", step=0))

    def stop(self) -> None:
        self.stops += 1

    def play(self) -> None:
        self.plays += 1

    def peek(self) -> Any:
        return SimpleNamespace(step=self.progress.step)

    @property
    def active(self) -> bool:
        return self.plays > self.stops

    __hash__ = object.__hash__

    def swap(self, checkpoint: Any) -> None:
        self.latest = checkpoint


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> live_run.SessionRun:
    own = live_run.SessionRun()
    monkeypatch.setattr(live_run, "session_run", lambda page: own)
    return own


def ensure(made_for: Any, tuned_to: Any) -> Any:
    return live_run.ensure_run("page", made_for, tuned_to, make=FakeRun, tune=lambda latest: latest + 10)  # type: ignore[arg-type]


def test_settings_continue_tune_or_replace_the_run() -> None:
    run = ensure("a", 1)
    assert ensure("a", 1) is run
    assert (ensure("a", 2), run.latest, run.stops) == (run, 10, 0)
    other = ensure("b", 2)
    assert other is not run
    assert (run.stops, other.latest) == (1, 0)


def test_a_replaced_run_that_took_a_step_comes_back_with_its_settings() -> None:
    def keeping(made_for: Any, tuned_to: Any) -> Any:
        return live_run.ensure_run("page", made_for, tuned_to, make=FakeRun, tune=lambda latest: latest,  # type: ignore[arg-type]
                                   keep=2)

    idle = keeping("idle", 1)
    run = keeping("a", 1)
    assert not live_run.kept_runs("page"), "a run without a step is not worth keeping"
    run.progress.step = 7
    keeping("b", 1)
    assert [kept.run for kept in live_run.kept_runs("page")] == [run]
    assert run.stops == 1
    assert keeping("a", 2) is not run, "other settings are another run"
    live_run.discard_run("page", keep=2)
    assert keeping("a", 1) is run
    assert not live_run.kept_runs("page")
    assert keeping("idle", 1) is not idle
    for made_for in "cdef":
        keeping(made_for, 1).progress.step = 1
    assert len(live_run.kept_runs("page")) == 2


def test_a_run_that_begins_at_once_does_not_show_the_checkpoint_of_the_run_before() -> None:
    first = ensure("a", 1)
    first.latest = 5
    assert live_run.latest("page", first) == 5
    second = ensure("b", 1)
    assert live_run.latest("page", second) == 0


def test_a_discarded_run_is_stopped_and_replaced() -> None:
    run = ensure("a", 1)
    live_run.discard_run("page")
    assert run.stops == 1
    assert ensure("a", 1) is not run


def test_an_active_run_shows_the_checkpoint_of_the_last_refresh_and_a_paused_one_its_last(
        session: live_run.SessionRun) -> None:
    run = ensure("a", 1)
    assert live_run.latest("page", run) == 0
    run.latest = 5
    assert live_run.latest("page", run) == 0
    session.read_at -= 2 * live_run.REFRESH_SECONDS
    assert live_run.latest("page", run) == 5
    run.latest, run.progress.state = 6, "paused"
    assert live_run.latest("page", run) == 6


@pytest.mark.parametrize(("place", "seconds", "text"), [
    (1, 0.0, "1st in line"), (2, 0.3, "2nd in line, about 1 s"), (3, 21.4, "3rd in line, about 20 s"),
    (11, 7.6, "11th in line, about 8 s"), (22, 60, "22nd in line, about 60 s"), (113, 0, "113th in line")])
def test_a_place_in_the_queue_is_an_ordinal_with_its_time(place: int, seconds: float, text: str) -> None:
    assert live_run.in_line(place, seconds) == text


@pytest.mark.parametrize(("plays", "total", "goes_on", "rest"), [
    (1, 20, False, ""), (0, 20, True, ""), (0, 20, False, ", paused"), (0, None, False, ", paused"),
    (0, 7, False, ", finished")])
def test_what_was_trained_is_described_with_its_page_and_how_it_rests(
        plays: int, total: int | None, goes_on: bool, rest: str) -> None:
    run: Any = FakeRun(plays=plays, total=total)
    own = live_run.SessionRun(run=run, goes_on=goes_on, lesson="vae")
    assert (own.described(), own.version()) == ("", ())
    run.progress.step = 7
    assert own.described() == f"training at step 7 (“Variational autoencoder”{rest})"
    before = own.version()
    run.stops, own.goes_on, run.total = run.plays, False, 9
    assert (own.version() == before) == (rest == ", paused"), "a pause is written, so that nothing goes on by itself"


class Busy:
    active = True


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The objects of the visitor's tab; three runs of others train."""
    place = SimpleNamespace(objects={})
    monkeypatch.setattr(live_run.work, "current", lambda: place)
    monkeypatch.setattr(live_run, "_known", {Busy() for _ in range(3)})
    found: dict[str, Any] = place.objects
    return found


def test_the_limits_are_named_when_they_are_reached(
        monkeypatch: pytest.MonkeyPatch, objects: dict[str, Any]) -> None:
    run: Any = Busy()
    assert live_run.no_room(run) == ""
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 3)
    assert live_run.no_room(run).startswith("3 runs are training on this server, as many as it takes.")
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 60)
    busy: list[Any] = [Busy(), Busy()]
    objects.update((str(i), live_run.SessionRun(run=one)) for i, one in enumerate(busy))
    assert live_run.no_room(run).startswith("2 runs of yours are training")
    assert live_run.no_room(busy[0]) == ""      # one other


def test_the_last_place_is_given_once(monkeypatch: pytest.MonkeyPatch, objects: dict[str, Any]) -> None:
    said: list[str] = []
    monkeypatch.setattr(live_run.st, "toast", said.append)
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 4)
    runs: list[Any] = [FakeRun() for _ in range(8)]
    threads = [threading.Thread(target=live_run.start, args=(run, run.play)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(run.plays for run in runs) == 1
    assert len(said) == 7
    assert said[0].startswith("4 runs are training")
    first = next(run for run in runs if run.plays)
    live_run.start(first, first.play, lambda: said.append("then"))
    assert (first.plays, said[7:]) == (2, ["then"]), "one that trains has its place"


@pytest.mark.parametrize("begin", ["plays", "goes_on", "saved"])
def test_a_run_that_would_begin_by_itself_asks_for_room_too(
        monkeypatch: pytest.MonkeyPatch, session: live_run.SessionRun, objects: dict[str, Any], begin: str) -> None:
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 3)
    if begin == "goes_on":
        ensure("a", 1)
    if begin == "saved":
        session.saved = {live_run._settings("a", 1): SimpleNamespace(step=5)}
    session.plays, session.goes_on = begin == "plays", begin != "plays"
    assert ensure("a", 1).plays == 0
    live_run.discard_run("page")
    session.plays = True
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 60)
    assert ensure("a", 1).plays == 1


def test_every_start_on_a_page_asks_for_room() -> None:
    pages = Path(__file__).parents[2] / "pages"
    direct = [f"{path.name}: {line.strip()}" for path in pages.rglob("*.py")
              for line in path.read_text(encoding="utf-8").splitlines()
              if re.search(r"run\.(play|step)\b(?!s)", line) and "live_run.start" not in line]
    assert not direct, "start a run with live_run.start(run, action)"


def test_runs_are_counted_while_another_visitor_starts_one(
        monkeypatch: pytest.MonkeyPatch, objects: dict[str, Any]) -> None:
    threads: list[threading.Thread] = []

    class Interrupted(set[Any]):
        """While the runs are looked at, another visitor starts one."""

        def __iter__(self) -> Iterator[Any]:
            found = super().__iter__()
            yield next(found)
            if not threads:
                other: Any = FakeRun()
                threads.append(threading.Thread(target=live_run.start, args=(other, other.play)))
                threads[0].start()
                threads[0].join(0.2)
            yield from found

    monkeypatch.setattr(live_run, "_known", Interrupted(live_run._known))
    assert live_run.no_room(FakeRun()) == ""    # type: ignore[arg-type]
    threads[0].join()
    assert len(live_run._known) == 4


def test_the_run_of_a_session_stops_when_it_ends_also_after_start_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()      # the fixture's
    kept = live_run.SessionRun()
    connection = functools.cache(lambda page, session: live_run._Connection(session))
    monkeypatch.setattr(live_run, "_connection", connection)
    monkeypatch.setattr(live_run.cache, "of_session", lambda key, make: kept)
    monkeypatch.setattr(live_run.streamlit_internals, "session_id", lambda: "one")
    live_run.session_run("page")
    kept = live_run.SessionRun()    # "Start afresh"
    run: Any = FakeRun()
    live_run.session_run("page").run = run
    connection("page", "one").end()
    assert (run.stops, kept.goes_on) == (1, True)
    kept.session = "two"            # another tab has it
    connection("page", "one").end()
    assert run.stops == 1
