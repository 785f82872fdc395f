"""The step of the visitor's run that the page shows: checkpoints are kept while it trains, to go back to."""

from weakref import WeakKeyDictionary

import streamlit as st

from dgm import jobs, vae
from dgm.vae.runs import checkpoint_history
from dgm.vae.runs.checkpoint_history import History

LIMIT = 24_000_000      # bytes of the kept checkpoints; with more, the one nearest to its neighbours is dropped
EMPTY = History(limit=2 * LIMIT, every=1)

_histories: WeakKeyDictionary[jobs.Run, History] = WeakKeyDictionary()


def remember(run: jobs.Run) -> None:
    """Keep the run's newest checkpoint, where it is a new one; a run that begins again has a new history."""
    newest: vae.Checkpoint = run.latest.checkpoint
    history = _histories.get(run, EMPTY)
    kept = checkpoint_history.steps(history)
    if kept and newest.step < kept[-1]:
        history, kept = EMPTY, ()
    if not kept or newest.step > kept[-1]:
        _histories[run] = _thinned(checkpoint_history.remember(history, newest))


def kept(run: jobs.Run) -> tuple[vae.Checkpoint, ...]:
    """The checkpoints of a run that are kept, in order of their steps."""
    return _histories.get(run, EMPTY).kept


def _thinned(history: History) -> History:
    """The history within LIMIT: the checkpoints come at whatever steps the page reads the run."""
    kept = list(history.kept)
    while len(kept) > 2 and len(kept) * checkpoint_history.bytes_of(kept[0]) > LIMIT:
        kept.pop(min(range(1, len(kept) - 1), key=lambda i: kept[i + 1].step - kept[i - 1].step))
    return history._replace(kept=tuple(kept))


def draw(run: jobs.Run) -> vae.Checkpoint | None:
    """A slider over the kept steps; returns the checkpoint of an earlier step, None at the newest one."""
    history = _histories.get(run, EMPTY)
    kept = checkpoint_history.steps(history)
    if len(kept) < 2:
        return None
    step = int(st.select_slider("Step of my run that the page shows", kept, kept[-1], format_func="{:,}".format,
                                key=f"scrub {kept[0]} {kept[-1]}", help="All pictures, numbers and curves are those "
                                "of this step. A link does not carry it: it has no weights."))
    return None if step == kept[-1] else checkpoint_history.at(history, step)
