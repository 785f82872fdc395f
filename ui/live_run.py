"""A training run in a visitor's session: one `jobs.Run` that plays, pauses, steps, and stops when the tab closes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import streamlit as st

from dgm import jobs
from ui import cache

REFRESH_SECONDS = 0.8   # between two refreshes of a page with an active run
FRESH_SHARE = 0.9       # of REFRESH_SECONDS: a checkpoint that was read more recently is shown again
ACTIVE = ("queued", "running")
INACTIVE = {"idle": "not started", "paused": "paused", "done": "finished", "failed": "stopped"}


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

    def stop(self) -> None:
        """Stop the run, if there is one."""
        if self.run is not None:
            self.run.stop()


def session_run(page: str) -> SessionRun:
    """This session's run of a page, empty at first; it stops when the tab closes. page: a unique name.

    It survives a line that is cut for a moment, as a resource of the session does not: the visitor goes on from the
    newest checkpoint.
    """
    own = cache.of_session(f"live run of {page}", SessionRun)
    _stopped_with_connection(page, own)
    return own


@st.cache_resource(scope="session", on_release=SessionRun.stop, show_spinner=False)
def _stopped_with_connection(page: str, _own: SessionRun) -> SessionRun:
    """Streamlit releases what this returns when the connection ends. page: one entry for each."""
    return _own


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
        if own.plays and own.run.progress.state not in ("done", "failed"):
            own.run.play()
        own.plays = False
    elif own.tuned_to != tuned_to:
        own.tuned_to = tuned_to
        own.run.swap(tune(own.run.latest))
    return own.run


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


def buttons(run: jobs.Run, key: str, *, steps: int, on_play: Callable[[], None] | None = None) -> None:
    """Buttons to play or pause, to take a few steps, and to start over.

    Draw them outside the fragment that refreshes itself, so that a refresh does not delay them.
    key: prefix of the buttons' keys. steps: the steps of one press. on_play: called after play and step.
    """

    def then(action: Callable[[], None]) -> None:
        action()
        if on_play:
            on_play()

    busy = active(run)
    with st.container(horizontal=True):
        if busy:
            # Stopped, not paused: a chunk that came in later would move the run on under a page that rests.
            st.button("Pause", key=f"{key} pause", on_click=run.stop, icon=":material/pause:", type="primary")
        else:
            label = "Train" if run.progress.step == 0 else "Go on"
            st.button(label, key=f"{key} play", on_click=then, args=(run.play,), icon=":material/play_arrow:",
                      type="primary", disabled=run.progress.state == "done")
        st.button(f"{steps} step" + ("s" if steps > 1 else ""), key=f"{key} step", on_click=then,
                  args=(lambda: run.step(steps),), disabled=busy, icon=":material/skip_next:",
                  help="Take this many steps, then pause.")
        st.button("Start over", key=f"{key} reset", on_click=run.reset, icon=":material/restart_alt:")


def progress_bar(run: jobs.Run, *, per_step: float, what: str = "images", device: str = "cpu") -> None:
    """Draw the progress with speed and time left, or the position in the queue, or why a run ended.

    per_step: how many `what` one step processes. device: the name of the device.
    """
    p = run.progress
    st.progress(min(1.0, p.step / p.total) if p.total else 0.0,
                text=" · ".join([*_progress_texts(run, per_step, what), f"on {device}"]))
    if p.reason:
        show = st.error if p.state == "failed" else st.info
        show(p.reason, icon=":material/info:")
    if run.may_compute_here:
        st.button("Train on this server meanwhile", key=f"here {id(run)}", on_click=run.compute_here)


def _progress_texts(run: jobs.Run, per_step: float, what: str) -> list[str]:
    p = run.progress
    texts = [f"My run: step {p.step:,}" + (f" of {p.total:,}" if p.total else "")]
    if p.state not in ACTIVE:
        return [*texts, "ready to go on" if p.state == "idle" and p.step else INACTIVE[p.state]]
    if p.steps_per_second:
        texts.append(f"{p.steps_per_second * per_step:,.0f} {what} per second")
    if p.seconds_left is not None:
        texts.append(_time_left(p.seconds_left))
    if p.state == "queued" and not p.reason:
        texts.append(f"{run.position} before you in the queue")
    return texts


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"


def auto_refresh(run: jobs.Run, draw: Callable[[], None], key: str, every: float = REFRESH_SECONDS) -> None:
    """Call `draw` now and, while the run is active, every `every` seconds; rerun the page once when the run ends.

    key: of the fragment, unique on the page.
    """
    was_active = active(run)

    def body() -> None:
        draw()
        if was_active and not active(run):
            st.rerun()

    st.fragment(body, run_every=every if was_active else None, key=f"watch {key}")()
