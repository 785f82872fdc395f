"""A training run in a visitor's session: one `jobs.Run` that plays, pauses, steps, and stops when the tab closes."""

import hashlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakSet

import streamlit as st

from dgm import environment, jobs
from ui import cache, contents, controls, pacing, streamlit_internals
from ui.kept_work import work

REFRESH_SECONDS = 0.8   # between two refreshes of a page with an active run
FRESH_SHARE = 0.9       # of REFRESH_SECONDS: a checkpoint that was read more recently is shown again
MOST_IN_ALL = environment.whole("DGM_MAX_RUNS", 60, 1)
MOST_OF_ONE = 2
ACTIVE = ("queued", "running")
INACTIVE = {"idle": "not started", "paused": "paused", "done": "finished", "failed": "stopped"}

_KEY = "live run of {}"    # of a page's run among the objects of the tab
_known: WeakSet[jobs.Run] = WeakSet()    # the runs of all visitors that were started, for their number
_starting = threading.RLock()            # of _known, and so that the last place is given once


class Kept(NamedTuple):
    """A run that was set aside, with the settings under which it comes back."""

    run: jobs.Run
    made_for: Any
    tuned_to: Any


@dataclass
class SessionRun:
    """The run of one page in one session, and the settings that it was made with."""

    run: jobs.Run | None = None
    made_for: Any = None    # a new run is made when this changes
    tuned_to: Any = None    # the run continues with a changed checkpoint when only this changes
    checkpoint: Any = None  # what the page read last, and when
    read_at: float = -math.inf
    kept: list[Kept] = field(default_factory=list)    # set aside, the newest first
    plays: bool = False     # whether the next run begins at once
    session: str = ""       # the one that uses it
    saved: dict[str, Any] = field(default_factory=dict)    # checkpoints from a file, by their settings
    saved_step: int = 0     # of the newest one
    goes_on: bool = False   # it played when the line was cut
    lesson: str = ""       # the URL path of the page that it is on

    EMPTY = ()    # the version of one that has nothing to be written

    def stop(self) -> None:
        """Stop the run, if there is one."""
        if self.run is not None:
            self.run.stop()

    def interrupt(self) -> None:
        """Stop because the line was cut; the run goes on by itself when the visitor is back."""
        if self.run is not None:
            self.goes_on = active(self.run)
            self.run.stop()

    def version(self) -> tuple[Any, ...]:
        """Differs after each step, each change of settings and each pause; () while there is nothing to be written."""
        found = *((_settings(*kept[1:]), kept.run.peek().step) for kept in self._stepped()), *self.saved
        return (*found, self._rest()) if found else ()

    def to_saved(self) -> Any:
        """What is written to a file: the checkpoints with their settings, and whether the newest one plays."""
        runs = self._stepped()
        plays = self.goes_on or (self.run is not None and active(self.run))
        return [plays, [*((_settings(*kept[1:]), kept.run.peek()) for kept in runs), *self.saved.items()]]

    def from_saved(self, saved: Any) -> None:
        """Take what was read from a file: `ensure_run` goes on from there."""
        self.goes_on, runs = saved
        self.saved = dict(runs)
        self.saved_step = next((checkpoint.step for _, checkpoint in runs), 0)

    def described(self) -> str:
        """In a few words; "" while nothing was trained."""
        step = self.saved_step if self.run is None else self.run.peek().step
        if not step:
            return ""
        page = f"“{contents.entry(self.lesson).title}”" if self.lesson else ""
        about = ", ".join(filter(None, (page, self._rest())))
        return f"training at step {step:,}" + (f" ({about})" if about else "")

    def _rest(self) -> str:
        """How the run rests; "" for one that trains, or goes on by itself. Counts as no reading of the run."""
        if self.run is None or self.goes_on or self.run.active:
            return ""
        total = self.run.total
        return INACTIVE["paused" if total is None or self.run.peek().step < total else "done"]

    def _stepped(self) -> list["Kept"]:
        """The run and those set aside that have taken a step."""
        runs = [] if self.run is None else [Kept(self.run, self.made_for, self.tuned_to)]
        return [kept for kept in [*runs, *self.kept] if kept.run.peek().step]


def session_run(page: str) -> SessionRun:
    """This tab's run of a page, empty at first; it stops when the tab closes. page: a unique name.

    It survives a line that is cut, a reload and, from its file, a restart of the server: the visitor goes on from the
    newest checkpoint.
    """
    own = cache.of_session(_KEY.format(page), SessionRun)
    own.session, own.lesson = streamlit_internals.session_id(), controls.page()
    _connection(page, own.session).own = own    # another one after "Start afresh" and "Continue it here"
    return own


@dataclass
class _Connection:
    """A session, and the run of a page that it uses."""

    session: str
    own: SessionRun | None = None

    def end(self) -> None:
        """Stop the run, unless another session uses it by now."""
        if self.own is not None and self.own.session == self.session:
            self.own.interrupt()


@st.cache_resource(scope="session", on_release=_Connection.end, show_spinner=False)
def _connection(page: str, session: str) -> _Connection:
    """Streamlit releases what this returns when the connection ends. page: one entry for each."""
    return _Connection(session)


def _settings(made_for: Any, tuned_to: Any) -> str:
    """A short name of a run's settings, the same in each process."""
    try:
        return _name_of_settings(made_for, tuned_to)
    except TypeError:    # they cannot be hashed
        return _name_of_settings.__wrapped__(made_for, tuned_to)


@lru_cache(maxsize=512)
def _name_of_settings(made_for: Any, tuned_to: Any) -> str:
    # The text may have all pixels of a visitor's pictures, and is asked for several times a second.
    return hashlib.blake2b(repr((made_for, tuned_to)).encode(), digest_size=16).hexdigest()


def ensure_run(page: str, made_for: Any, tuned_to: Any, *, make: Callable[[], jobs.Run],
               tune: Callable[[Any], Any], keep: int = 0) -> jobs.Run:
    """The page's run: replaced when `made_for` changes, continued when only `tuned_to` changes.

    made_for, tuned_to: settings that can be compared with ==. make: gives a new run. tune: takes the run's latest
    checkpoint and returns the one to continue with. keep: how many replaced runs are kept, where they have taken a
    step; one comes back when its settings do.
    """
    own = session_run(page)
    if own.run is None or own.made_for != made_for:
        _set_aside(own, keep)
        back = next((kept for kept in own.kept if (kept.made_for, kept.tuned_to) == (made_for, tuned_to)), None)
        own.kept = [kept for kept in own.kept if kept is not back]
        own.run, own.made_for, own.tuned_to = make() if back is None else back.run, made_for, tuned_to
        own.read_at = -math.inf     # what was read belongs to another run
        _take_saved(own)
        if own.plays and own.run.progress.state not in ("done", "failed"):
            start(own.run, own.run.play)
        own.plays = False
    elif own.goes_on:
        start(own.run, own.run.play)
    own.goes_on = False
    if own.tuned_to != tuned_to:
        own.tuned_to = tuned_to
        own.run.swap(tune(own.run.latest))
    return own.run


def _take_saved(own: SessionRun) -> None:
    """Let a new run go on from the file's checkpoint with its settings, where there is one."""
    assert own.run is not None
    checkpoint = own.saved.pop(_settings(own.made_for, own.tuned_to), None)
    if checkpoint is not None and type(checkpoint) is type(own.run.peek()):
        own.run.swap(checkpoint)
        if own.goes_on:
            start(own.run, own.run.play)


def _set_aside(own: SessionRun, keep: int) -> None:
    """Stop the run, and keep it where it has taken a step."""
    own.stop()
    if keep and own.run is not None and own.run.progress.step:
        own.kept = [Kept(own.run, own.made_for, own.tuned_to), *own.kept][:keep]
    own.run = None


def discard_run(page: str, keep: int = 0, plays: bool = False) -> None:
    """Stop and remove the page's run: `ensure_run` makes a new one. keep: as there. plays: it begins at once."""
    own = session_run(page)
    _set_aside(own, keep)
    own.plays = plays


def kept_runs(page: str) -> list[Kept]:
    """The runs of the page that were set aside, the newest first."""
    return list(session_run(page).kept)


def latest(page: str, run: jobs.Run) -> Any:
    """The run's newest checkpoint; of an active run the one of the last refresh, while that is recent.

    So a control that changes between two refreshes shows the checkpoint whose results are cached.
    """
    own, now = session_run(page), time.monotonic()
    if own.run is not run or not active(run) or now - own.read_at > FRESH_SHARE * REFRESH_SECONDS:
        own.checkpoint, own.read_at = run.latest, now
    return own.checkpoint


def active(run: jobs.Run) -> bool:
    """Whether the run is computing or waits in the queue."""
    return run.progress.state in ACTIVE


def start(run: jobs.Run, action: Callable[[], None], then: Callable[[], None] | None = None) -> None:
    """Let a run begin or go on where there is room, else say why not. Every start of a run passes here.

    action: what starts it, e.g. `run.play`. then: called after it.
    """
    with _starting:
        full = no_room(run)
        if not full:
            _known.add(run)
            action()
    if full:
        st.toast(full)
    elif then:
        then()


def buttons(run: jobs.Run, key: str, *, steps: int, on_play: Callable[[], None] | None = None) -> None:
    """Buttons to play or pause, to take a few steps, and to start over.

    Draw them outside the fragment that refreshes itself, so that a refresh does not delay them.
    key: the page's name, as for `ensure_run`; prefix of the buttons' keys. steps: the steps of one press. on_play:
    called after play and step.
    """
    busy = active(run)
    full = "" if busy else no_room(run)
    ended = _ended(run)
    with st.container(horizontal=True):
        if busy:
            # Stopped, not paused: a chunk that came in later would move the run on under a page that rests.
            st.button("Pause", key=f"{key} pause", on_click=run.stop, icon=":material/pause:", type="primary")
        else:
            label = "Train" if run.progress.step == 0 else "Go on"
            st.button(label, key=f"{key} play", on_click=start, args=(run, run.play, on_play), type="primary",
                      icon=":material/play_arrow:", disabled=bool(ended or full), help=ended or None)
        st.button(f"{steps} step" + ("s" if steps > 1 else ""), key=f"{key} step", on_click=start,
                  args=(run, lambda: run.step(steps), on_play), disabled=busy or bool(ended or full),
                  icon=":material/skip_next:", help=ended or "Take this many steps, then pause.")
        again = st.button("Start over", key=f"{key} reset", on_click=run.reset, icon=":material/restart_alt:")
    if full:
        st.caption(full)
    if again and work.note_begun_anew(_KEY.format(key)):
        st.rerun()      # the line about what was restored stands outside the fragment of these buttons


def _ended(run: jobs.Run) -> str:
    """Why a finished run takes no further step, as a sentence; "" for any other run."""
    p = run.progress
    return f"All {p.total:,} steps are taken. Start over to train again." if p.state == "done" and p.total else ""


def no_room(run: jobs.Run) -> str:
    """Why this run cannot start at the moment, as a sentence; "" when it can.

    The limits: MOST_IN_ALL runs of all visitors (DGM_MAX_RUNS) and MOST_OF_ONE of a visitor train at the same time.
    """
    with _starting:
        known = [one for one in _known if one is not run]
    training = sum(one.active for one in known)
    if training >= MOST_IN_ALL:
        return f"{training} runs are training on this server, as many as it takes. Yours can start when one ends."
    mine = work.current()
    own = [kept.run for kept in (list(mine.objects.values()) if mine else ()) if isinstance(kept, SessionRun)]
    if sum(one.active for one in own if one is not None and one is not run) >= MOST_OF_ONE:
        return f"{MOST_OF_ONE} runs of yours are training, as many as one visitor may have. Pause one to start this."
    return ""


def progress_bar(run: jobs.Run, *, per_step: float, what: str = "images", device: str = "cpu",
                 name: str = "My run") -> None:
    """Draw the progress with speed and time left, or the position in the queue, or why a run ended.

    per_step: how many `what` one step processes. device: the name of the device. name: of the run, in words.
    """
    p = run.progress
    st.progress(min(1.0, p.step / p.total) if p.total else 0.0,
                text=" · ".join([*_progress_texts(run, per_step, what, name), f"on {device}"]))
    if p.reason:
        show = st.error if p.state == "failed" else st.info
        show(p.reason, icon=":material/info:")
    if run.may_compute_here:
        st.button("Train on this server meanwhile", key=f"here {id(run)}", on_click=run.compute_here)


def _progress_texts(run: jobs.Run, per_step: float, what: str, name: str) -> list[str]:
    p = run.progress
    texts = [f"{name}: step {p.step:,}" + (f" of {p.total:,}" if p.total else "")]
    if p.state not in ACTIVE:
        return [*texts, "ready to go on" if p.state == "idle" and p.step else INACTIVE[p.state]]
    if p.steps_per_second:
        texts.append(f"{p.steps_per_second * per_step:,.0f} {what} per second")
    if p.seconds_left is not None:
        texts.append(_time_left(p.seconds_left))
    if p.state == "queued" and not p.reason:
        texts.append(in_line(run.position + 1, run.seconds_to_wait))
    return texts


def in_line(place: int, seconds: float) -> str:
    """A place in the queue, and about how long it takes.

    >>> in_line(3, 21.4), in_line(1, 0.0)
    ('3rd in line, about 20 s', '1st in line')
    """
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    about = f", about {5 * round(seconds / 5) if seconds > 10 else max(1, round(seconds))} s" if seconds else ""
    return f"{place}{ending} in line{about}"


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"


def auto_refresh(run: jobs.Run, draw: Callable[[], None], key: str, every: float = REFRESH_SECONDS) -> None:
    """Call `draw` now and, while the run is active, every `every` seconds; rerun the page once when the run ends.

    key: of the fragment, unique on the page.
    """
    was_active = active(run)

    def body() -> None:
        with pacing.turn():
            draw()
        if was_active and not active(run):
            st.rerun()

    st.fragment(body, run_every=every if was_active else None, key=f"watch {key}")()
