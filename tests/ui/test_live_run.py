"""ui.live_run: one run per page and session, which settings replace or continue."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from ui import live_run


@dataclass
class FakeRun:
    """The part of jobs.Run that live_run uses."""

    latest: Any = 0
    stops: int = 0
    progress: Any = field(default_factory=lambda: SimpleNamespace(state="running", step=0))

    def stop(self) -> None:
        self.stops += 1

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


def test_the_limits_are_named_when_they_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy:
        active = True

    class Place:
        objects: ClassVar[dict[str, object]] = {}

    run: Any = Busy()
    busy = [Busy() for _ in range(3)]
    monkeypatch.setattr(live_run.work, "current", lambda: Place)
    monkeypatch.setattr(live_run, "_known", busy)
    assert live_run.no_room(run) == ""
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 3)
    assert live_run.no_room(run).startswith("3 runs are training on this server, as many as it takes.")
    monkeypatch.setattr(live_run, "MOST_IN_ALL", 60)
    Place.objects = {str(i): live_run.SessionRun(run=one) for i, one in enumerate(busy[:2])}  # type: ignore[arg-type]
    assert live_run.no_room(run).startswith("2 runs of yours are training")
    assert live_run.no_room(busy[0]) == ""  # type: ignore[arg-type]  (one other)
