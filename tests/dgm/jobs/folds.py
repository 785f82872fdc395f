"""Functions that runs fold: their results show each step. Without torch: workers import this module at once."""

import threading
import time
from typing import NamedTuple

SOON = 120.0  # seconds; a generous end to waiting, not a measure of speed


class Count(NamedTuple):
    """A fold whose value shows every step and the data: value <- 3 value + data + step, modulo a prime."""

    step: int = 0
    value: int = 1
    pause: float = 0.0


class Numbers(list):
    """Data that take a weak reference, as tensors do."""


def count(checkpoint: Count, data: list[int], steps: int) -> Count:
    step, value, pause = checkpoint
    for at in range(step, step + steps):
        value = (3 * value + data[at % len(data)] + at) % 1_000_003
        time.sleep(pause)
    return Count(step + steps, value, pause)


DATA = Numbers([5, 7, 11])


class Gate:
    """An advance that waits for the test before each chunk, so that the test knows what is in flight."""

    def __init__(self) -> None:
        self.arrived, self.release = threading.Semaphore(0), threading.Semaphore(0)
        self.calls: list[tuple[int, int]] = []

    def __call__(self, checkpoint: Count, data: list[int], steps: int) -> Count:
        self.calls.append((checkpoint.step, steps))
        self.arrived.release()
        assert self.release.acquire(timeout=SOON)
        return count(checkpoint, data, steps)

    def wait_for_chunk(self) -> None:
        assert self.arrived.acquire(timeout=SOON), "no chunk was submitted"
