"""What the gradient lab samples: single gradients, and means of ever more of them, cached."""

import numpy as np

from dgm import gradients
from dgm.gradients import ESTIMATORS
from pages.gradients import lab as gradients_lab
from pages.gradients.lab import Lab
from pages.gradients.state import LEFT
from ui import cache

REPEATS, PATH = 10, 2_000      # running means: repeats, and samples of each


@cache.copied(entries=32)
def singles(lab: Lab, names: tuple[str, ...], samples: int, seed: int) -> dict[str, np.ndarray]:
    """Single-sample gradients of every estimator from the same noise."""
    return _drawn(lab, names, samples, seed)


def _drawn(lab: Lab, names: tuple[str, ...], samples: int, seed: int) -> dict[str, np.ndarray]:
    eps = gradients.noise(samples, seed, lab.dims if lab.dims > 1 else 0)
    return {name: ESTIMATORS[name](lab.cost, lab.q, eps)[:, lab.column].numpy() for name in names}


@cache.copied(entries=16)
def paths(lab: Lab, names: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    """|running mean - exact gradient| of REPEATS paths of PATH samples."""
    count, truth = np.arange(1, length(lab) + 1), gradients_lab.mean(lab, LEFT[0])
    drawn = [_drawn(lab, names, length(lab), seed * 1000 + 1 + repeat) for repeat in range(REPEATS)]
    return {name: np.abs(np.cumsum(np.stack([rows[name] for rows in drawn]), 1) / count - truth) for name in names}


def length(lab: Lab) -> int:
    """Samples of a running mean: fewer where each has many coordinates."""
    return max(200, PATH // lab.dims)
