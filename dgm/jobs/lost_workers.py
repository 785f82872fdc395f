"""What becomes of a run whose worker process was lost: its chunk runs again, and after a few losses in a row it fails.

A chunk is a pure function of its checkpoint, so running it again gives the same bits.
"""

from concurrent.futures import BrokenExecutor

MAX_LOSSES = 3   # in a row: more are not bad luck, the chunk itself ends its worker


class WorkerLost(BrokenExecutor):
    """A worker ended without an answer. losses: how many that makes, where the cluster has tried again by itself."""

    def __init__(self, message: str, losses: int = 1) -> None:
        super().__init__(message)
        self.losses = losses


class SchedulerLost(WorkerLost):
    """The cluster does not answer: no fault of the chunk, so it counts as no loss."""

    def __init__(self, message: str) -> None:
        super().__init__(message, losses=0)


def is_loss(outcome: object) -> bool:
    """Whether the outcome of a chunk says that its worker process ended without an answer.

    >>> is_loss(BrokenExecutor("a worker was killed")), is_loss(ValueError("wrong shape"))
    (True, False)
    """
    return isinstance(outcome, BrokenExecutor)


def losses(error: BaseException) -> int:
    """How many losses an error stands for.

    >>> losses(BrokenExecutor("a worker was killed")), losses(SchedulerLost("no answer"))
    (1, 0)
    """
    return error.losses if isinstance(error, WorkerLost) else 1


def reason_to_stop(losses: int, error: BaseException) -> str:
    """Why a run with so many losses in a row has to stop, empty while its chunk may run again.

    >>> reason_to_stop(1, BrokenExecutor("killed"))
    ''
    """
    if losses < MAX_LOSSES:
        return ""
    cause = str(error).partition(".")[0].strip()
    return f"the worker was lost {MAX_LOSSES} times in a row ({cause}); make the model or the batch smaller."


def cause(error: BaseException) -> str:
    """What a chunk's error says to a person.

    >>> cause(MemoryError()), cause(ValueError("the loss is not finite"))
    ('the model or the batch needs more memory than a worker has; make it smaller.', 'the loss is not finite')
    """
    text = str(error)
    if isinstance(error, MemoryError) or "allocate memory" in text or "out of memory" in text:
        return "the model or the batch needs more memory than a worker has; make it smaller."
    return text or type(error).__name__


__all__ = ["MAX_LOSSES", "SchedulerLost", "WorkerLost", "cause", "is_loss", "losses", "reason_to_stop"]
