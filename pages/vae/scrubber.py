"""The step of the visitor's run that the page shows: checkpoints are kept while it trains, to go back to.

A link carries the number of the step. Who opens it trains the run, which has the same settings, and the page goes to
the kept step that is nearest.
"""

import re
from weakref import WeakKeyDictionary

import streamlit as st

from dgm import jobs, vae
from dgm.vae.runs import checkpoint_history
from dgm.vae.runs.checkpoint_history import History
from ui import controls
from ui.control_types import Parameter, plain

NAME = "shown_step"     # of the control
LIMIT = 24_000_000      # bytes of the kept checkpoints; with more, the one nearest to its neighbours is dropped
EMPTY = History(limit=2 * LIMIT, every=1)

MOST = 10**9 - 1        # a step in a link

_histories: WeakKeyDictionary[jobs.Run, History] = WeakKeyDictionary()


def follow(run: jobs.Run) -> None:
    """Keep the run's newest checkpoint; the newest step is shown again where the run begins again."""
    if remember(run):
        controls.set_value(NAME, None)


def remember(run: jobs.Run) -> bool:
    """Keep the run's newest checkpoint, where it is a new one; whether the run begins again, with a new history."""
    newest: vae.Checkpoint = run.latest.checkpoint
    history = _histories.get(run, EMPTY)
    kept = checkpoint_history.steps(history)
    again = bool(kept) and newest.step < kept[-1]
    if again:
        history, kept = EMPTY, ()
    if not kept or newest.step > kept[-1]:
        _histories[run] = _thinned(checkpoint_history.remember(history, newest))
    return again


def kept(run: jobs.Run) -> tuple[vae.Checkpoint, ...]:
    """The checkpoints of a run that are kept, in order of their steps."""
    return _histories.get(run, EMPTY).kept


def _thinned(history: History) -> History:
    """The history within LIMIT: the checkpoints come at whatever steps the page reads the run."""
    kept = list(history.kept)
    while len(kept) > 2 and len(kept) * checkpoint_history.bytes_of(kept[0]) > LIMIT:
        kept.pop(min(range(1, len(kept) - 1), key=lambda i: kept[i + 1].step - kept[i - 1].step))
    return history._replace(kept=tuple(kept))


def parameter() -> Parameter:
    """The control: the step that the page shows, None for the newest one."""
    return Parameter(None, _read, within=True)


def _read(raw: str) -> tuple[int | None, str]:
    if re.fullmatch("[0-9]{1,9}", raw):
        return int(raw), ""
    return None, f"The link's step `{plain(raw)}` is not a whole number from 0 to {MOST:,}; the newest step is shown."


def draw(run: jobs.Run) -> vae.Checkpoint | None:
    """A slider over the kept steps; returns the checkpoint of an earlier step, None at the newest one."""
    history, wanted = _histories.get(run, EMPTY), controls.value(NAME)
    kept = checkpoint_history.steps(history)
    if wanted is not None and (not kept or wanted > kept[-1]):
        st.caption(f"The link shows a run at step {wanted:,}; this run has not reached it. Press Train: the same "
                   "settings give the same run.")
    if len(kept) < 2:
        return None
    step = _slider(kept, nearest(kept, wanted), _full(history))
    if step != nearest(kept, wanted):
        controls.set_value(NAME, None if step == kept[-1] else step)
    return None if step == kept[-1] else checkpoint_history.at(history, step)


def _full(history: History) -> str:
    """A sentence where another step would exceed LIMIT, "" before."""
    if (len(history.kept) + 1) * checkpoint_history.bytes_of(history.kept[-1]) <= LIMIT:
        return ""
    return (f" {len(history.kept)} steps are kept, as many as fit into {LIMIT / 1e6:g} MB: for each new one, one in "
            "between is dropped.")


def _slider(kept: tuple[int, ...], step: int, full: str) -> int:
    return int(st.select_slider("Step of my run that the page shows", kept, step, format_func="{:,}".format,
                                key=f"scrub {kept[0]} {kept[-1]}", help="All pictures, numbers and curves are those "
                                f"of this step. A link carries its number, not the weights.{full}"))


def nearest(kept: tuple[int, ...], wanted: int | None) -> int:
    """The kept step that is nearest to the wanted one; the newest without one.

    >>> nearest((0, 20, 50), 30), nearest((0, 20, 50), None)
    (20, 50)
    """
    return kept[-1] if wanted is None else min(kept, key=lambda step: abs(step - wanted))


def show_newest(run: jobs.Run) -> None:
    """Show the newest step again, unless the run has not yet reached the step of a link. A callback."""
    wanted = controls.value(NAME)
    if wanted is not None and wanted <= run.progress.step:
        controls.set_value(NAME, None)
