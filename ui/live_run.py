"""A live run in a visitor's session: one `jobs.Run` that plays, pauses, steps, and stops when the tab closes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dgm import jobs

TICK = 0.8  # seconds between two looks of a page at a playing run
FRESH = 0.9  # of a tick
ACTIVE = ("queued", "running")


@dataclass
class Held:
    """The run of one page in one session, and what it was made for."""

    run: jobs.Run | None = None
    made_for: Any = None  # a new one is made when this changes
    tuned_to: Any = None  # the run goes on with another checkpoint when only this changes
    shown: Any = None     # what the page last looked at, and when: a click between two ticks looks at the same
    looked: float = -math.inf

    def stop(self) -> None:
        """Leave nothing running."""
        if self.run is not None:
            self.run.stop()


@st.cache_resource(scope="session", on_release=Held.stop, max_entries=8, show_spinner=False)
def held(page: str) -> Held:
    """This session's run of a page; released, and so stopped, when the session ends."""
    return Held()


def follow(page: str, made_for: Any, tuned_to: Any, *, make: Callable[[], jobs.Run],
           tune: Callable[[Any], Any]) -> jobs.Run:
    """The page's run: made anew when `made_for` changes, carried on by `tune(latest)` when only `tuned_to` does."""
    mine = held(page)
    if mine.run is None or mine.made_for != made_for:
        mine.stop()
        mine.run, mine.made_for, mine.tuned_to = make(), made_for, tuned_to
    elif mine.tuned_to != tuned_to:
        mine.tuned_to = tuned_to
        mine.run.swap(tune(mine.run.latest))
    return mine.run


def forget(page: str) -> None:
    """Drop the page's run, whatever became of it: the next look makes a fresh one."""
    mine = held(page)
    mine.stop()
    mine.run = None


def latest(page: str, run: jobs.Run) -> Any:
    """The run's newest checkpoint, or the one of the last tick while that is fresh: what is shown of it is still known.

    A run that rests shows its last one at once.
    """
    mine, now = held(page), time.monotonic()
    if mine.run is not run or not active(run) or now - mine.looked > FRESH * TICK:
        mine.shown, mine.looked = run.latest, now
    return mine.shown


def active(run: jobs.Run) -> bool:
    """Whether the run is moving or waiting for its turn."""
    return run.progress.state in ACTIVE


def buttons(run: jobs.Run, key: str, *, steps: int, on_play: Callable[[], None] | None = None) -> None:
    """Play or pause, a few steps, and back to the start. Outside any polling fragment, so that it always answers."""

    def play() -> None:
        run.play()
        if on_play:
            on_play()

    def step() -> None:
        run.step(steps)
        if on_play:
            on_play()

    moving = active(run)
    with st.container(horizontal=True):
        if moving:
            st.button("Pause", key=f"{key} pause", on_click=run.pause, icon=":material/pause:", type="primary")
        else:
            label = "Train" if run.progress.step == 0 else "Go on"
            st.button(label, key=f"{key} play", on_click=play, icon=":material/play_arrow:", type="primary",
                      disabled=run.progress.state == "done")
        st.button(f"{steps} step" + ("s" if steps > 1 else ""), key=f"{key} step", on_click=step, disabled=moving,
                  icon=":material/skip_next:", help="Take this many steps, then pause.")
        st.button("Start over", key=f"{key} reset", on_click=run.reset, icon=":material/restart_alt:")


def meter(run: jobs.Run, *, per_step: float, what: str = "images", device: str = "cpu") -> None:
    """Progress bar with speed and time left, the place in the queue, and why a run stopped by itself."""
    p = run.progress
    share = 0.0 if not p.total else min(1.0, p.step / p.total)
    parts = [f"My run: step {p.step:,}" + (f" of {p.total:,}" if p.total else "")]
    if p.steps_per_second and p.state in ACTIVE:
        parts.append(f"{p.steps_per_second * per_step:,.0f} {what} per second")
    if p.seconds_left is not None and p.state in ACTIVE:
        parts.append(_left(p.seconds_left))
    if p.state == "queued":
        parts.append(f"{run.position} before you in the queue")
    elif p.state not in ACTIVE:
        parts.append({"idle": "not started", "paused": "paused", "done": "finished", "failed": "stopped"}[p.state])
    parts.append(f"on {device}")
    st.progress(share, text=" · ".join(parts))
    if p.reason:
        show = st.error if p.state == "failed" else st.info
        show(p.reason, icon=":material/info:")


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"


def watch(run: jobs.Run, draw: Callable[[], None], key: str, every: float = TICK) -> None:
    """Call `draw` now and, while the run moves, again `every` so many seconds; when it rests, rerun the page once."""
    moving = active(run)

    def body() -> None:
        draw()
        if moving and not active(run):
            st.rerun()

    st.fragment(body, run_every=every if moving else None, key=f"watch {key}")()
