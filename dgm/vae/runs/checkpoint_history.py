"""The checkpoints of a run that are kept to look back at, within a limit of bytes.

They are taken at multiples of `every` steps, and of the newest step. With more bytes than the limit every second one is
dropped and `every` doubles, so that they stay spread evenly over the run. The optimizer's state is not kept.
"""

from typing import NamedTuple

from dgm.arguments import as_integer, require_kind
from dgm.errors import ArgumentError
from dgm.vae.model import MAX_STEP, Checkpoint, as_checkpoint

LIMIT = 24_000_000      # bytes


class History(NamedTuple):
    """The kept checkpoints of one run, steps ascending."""

    kept: tuple[Checkpoint, ...] = ()
    limit: int = LIMIT       # bytes of all kept parameters; the first and the newest are kept in any case
    every: int = 10          # steps between two that are kept


def bytes_of(checkpoint: Checkpoint) -> int:
    """Bytes of a checkpoint's parameters.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.runs import checkpoint_history
    >>> checkpoint_history.bytes_of(vae.init(vae.Config(hidden=0), torch.eye(4)))    # 12 + 20 numbers of 4 bytes
    128
    """
    return sum(value.numel() * value.element_size() for value in as_checkpoint(checkpoint).params.values())


def remember(history: History, checkpoint: Checkpoint) -> History:
    """The history with one more checkpoint, a later one than all kept; pure.

    A checkpoint of an earlier or the same step begins or changes nothing: the history is returned as it is.
    ArgumentError when it is of another model.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.runs import checkpoint_history
    >>> run, history = vae.init(vae.Config(hidden=0), torch.eye(4)), checkpoint_history.History(limit=600)
    >>> for _ in range(8):
    ...     history = checkpoint_history.remember(history, run)
    ...     run = vae.advance(run, torch.eye(4), 10)
    >>> checkpoint_history.steps(history)
    (0, 40, 70)
    """
    history, checkpoint = _as_history(history), as_checkpoint(checkpoint)
    kept = history.kept
    if kept and checkpoint.step <= kept[-1].step:
        return history
    if kept and _shapes(as_checkpoint(kept[-1])) != _shapes(checkpoint):
        raise ArgumentError("the checkpoint is of another model than those in the history: begin a new history")
    if len(kept) > 1 and kept[-1].step % history.every:
        kept = kept[:-1]     # it was there as the newest
    return _thinned(history._replace(kept=(*kept, checkpoint._replace(moments={}, losses=checkpoint.losses[:0]))))


def _thinned(history: History) -> History:
    size = bytes_of(history.kept[0])
    while len(history.kept) > 2 and len(history.kept) * size > history.limit:
        every = 2 * history.every
        inner = tuple(each for each in history.kept[1:-1] if each.step % every == 0)
        history = history._replace(kept=(history.kept[0], *inner, history.kept[-1]), every=every)
    return history


def _shapes(checkpoint: Checkpoint) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in checkpoint.params.items()}


def _as_history(history: History) -> History:
    """The history; its checkpoints were checked when they were remembered, which for all again takes long."""
    require_kind(history, "history", History, "a checkpoint_history.History")
    if not isinstance(history.kept, tuple):
        raise ArgumentError("the history has to hold a tuple of checkpoints as remember gives it")
    for each in history.kept:
        require_kind(each, "each entry of the history", Checkpoint, "a vae.Checkpoint")
    return History(history.kept, as_integer(history.limit, "the limit of the history", 1),
                   as_integer(history.every, "the every of the history", 1, MAX_STEP))


def steps(history: History) -> tuple[int, ...]:
    """The steps of the kept checkpoints, ascending.

    >>> from dgm.vae.runs import checkpoint_history
    >>> checkpoint_history.steps(checkpoint_history.History())
    ()
    """
    return tuple(each.step for each in _as_history(history).kept)


def at(history: History, step: int) -> Checkpoint:
    """The last kept checkpoint that is not after `step`, or the first one. ArgumentError when none is kept.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.runs import checkpoint_history
    >>> run = vae.init(vae.Config(hidden=0), torch.eye(4))
    >>> checkpoint_history.at(checkpoint_history.History((run,)), 25).step
    0
    """
    history, step = _as_history(history), as_integer(step, "step", 0)
    if not history.kept:
        raise ArgumentError("the history is empty: remember a checkpoint first")
    before = [each for each in history.kept if each.step <= step]
    return as_checkpoint(before[-1] if before else history.kept[0])
