"""A live run in a visitor's session: one `jobs.Run` that plays, pauses, steps, and stops when the tab closes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dgm import jobs

REFRESH_SECONDS = 0.8   # between two refreshes of what a page shows of a moving run
FRESH_SHARE = 0.9       # of REFRESH_SECONDS: a checkpoint that was read less long ago is shown again
ACTIVE = ("queued", "running")
AT_REST = {"idle": "not started", "paused": "paused", "done": "finished", "failed": "stopped"}


@dataclass
class SessionRun:
    """The run of one page in one session, and the settings that it was made with."""

    run: jobs.Run | None = None
    made_for: Any = None    # a new run is made when this changes
    tuned_to: Any = None    # the run continues with a changed checkpoint when only this changes
    checkpoint: Any = None  # what the page read last, and when
    read_at: float = -math.inf

    def stop(self) -> None:
        """Leave nothing running."""
        if self.run is not None:
            self.run.stop()


@st.cache_resource(scope="session", on_release=SessionRun.stop, max_entries=8, show_spinner=False)
def session_run(page: str) -> SessionRun:
    """This session's run of a page (empty at first). Streamlit releases it, and so stops it, when the session ends.

    page: a name of its own for each page.
    """
    return SessionRun()


def ensure_run(page: str, made_for: Any, tuned_to: Any, *, make: Callable[[], jobs.Run],
               tune: Callable[[Any], Any]) -> jobs.Run:
    """The page's run: made anew when `made_for` changes, continued when only `tuned_to` changes.

    made_for, tuned_to: settings that can be compared with ==. make: gives a new run. tune: takes the run's latest
    checkpoint and returns the one to continue with.
    """
    mine = session_run(page)
    if mine.run is None or mine.made_for != made_for:
        mine.stop()
        mine.run, mine.made_for, mine.tuned_to = make(), made_for, tuned_to
    elif mine.tuned_to != tuned_to:
        mine.tuned_to = tuned_to
        mine.run.swap(tune(mine.run.latest))
    return mine.run


def discard_run(page: str) -> None:
    """Stop and drop the page's run: the next `ensure_run` makes a new one."""
    mine = session_run(page)
    mine.stop()
    mine.run = None


def latest(page: str, run: jobs.Run) -> Any:
    """The run's newest checkpoint; of a moving run the one of the last refresh, while that is fresh.

    So a control that is moved between two refreshes shows the checkpoint whose results are cached already.
    """
    mine, now = session_run(page), time.monotonic()
    if mine.run is not run or not active(run) or now - mine.read_at > FRESH_SHARE * REFRESH_SECONDS:
        mine.checkpoint, mine.read_at = run.latest, now
    return mine.checkpoint


def active(run: jobs.Run) -> bool:
    """Whether the run is moving or waits in the queue."""
    return run.progress.state in ACTIVE


def buttons(run: jobs.Run, key: str, *, steps: int, on_play: Callable[[], None] | None = None) -> None:
    """Buttons to play or pause, to take a few steps, and to start over.

    They stand outside the fragment that refreshes itself, so that they always answer.
    key: prefix of the buttons' keys. steps: how many one press takes. on_play: called after play and step.
    """

    def then(action: Callable[[], None]) -> None:
        action()
        if on_play:
            on_play()

    moving = active(run)
    with st.container(horizontal=True):
        if moving:
            st.button("Pause", key=f"{key} pause", on_click=run.pause, icon=":material/pause:", type="primary")
        else:
            label = "Train" if run.progress.step == 0 else "Go on"
            st.button(label, key=f"{key} play", on_click=then, args=(run.play,), icon=":material/play_arrow:",
                      type="primary", disabled=run.progress.state == "done")
        st.button(f"{steps} step" + ("s" if steps > 1 else ""), key=f"{key} step", on_click=then,
                  args=(lambda: run.step(steps),), disabled=moving, icon=":material/skip_next:",
                  help="Take this many steps, then pause.")
        st.button("Start over", key=f"{key} reset", on_click=run.reset, icon=":material/restart_alt:")


def progress_bar(run: jobs.Run, *, per_step: float, what: str = "images", device: str = "cpu") -> None:
    """Progress with speed and time left, or the place in the queue, or why a run stopped by itself.

    per_step: how many `what` one step works on. device: where it runs, as text.
    """
    p = run.progress
    st.progress(min(1.0, p.step / p.total) if p.total else 0.0,
                text=" · ".join([*_progress_words(run, per_step, what), f"on {device}"]))
    if p.reason:
        show = st.error if p.state == "failed" else st.info
        show(p.reason, icon=":material/info:")


def _progress_words(run: jobs.Run, per_step: float, what: str) -> list[str]:
    p = run.progress
    words = [f"My run: step {p.step:,}" + (f" of {p.total:,}" if p.total else "")]
    if p.state not in ACTIVE:
        return [*words, AT_REST[p.state]]
    if p.steps_per_second:
        words.append(f"{p.steps_per_second * per_step:,.0f} {what} per second")
    if p.seconds_left is not None:
        words.append(_time_left(p.seconds_left))
    if p.state == "queued":
        words.append(f"{run.position} before you in the queue")
    return words


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"


def auto_refresh(run: jobs.Run, draw: Callable[[], None], key: str, every: float = REFRESH_SECONDS) -> None:
    """Call `draw` now and, while the run moves, every `every` seconds; rerun the page once when the run comes to rest.

    key: of the fragment, one for each place that refreshes itself.
    """
    moving = active(run)

    def body() -> None:
        draw()
        if moving and not active(run):
            st.rerun()

    st.fragment(body, run_every=every if moving else None, key=f"watch {key}")()
