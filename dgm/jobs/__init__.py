"""Live runs: training as a chain of short pure chunks on an Executor that several runs share."""

from dgm.jobs.run import (
    Checkpoint,
    Progress,
    Run,
)
from dgm.jobs.workers import (
    executor,
    warm,
)

__all__ = [
    "Checkpoint",
    "Progress",
    "Run",
    "executor",
    "warm",
]


def __dir__() -> list[str]:
    return __all__
