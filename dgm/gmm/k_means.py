"""k-means: EM with hard responsibilities and one round covariance that shrinks to nothing."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.params import Points, as_points
from dgm.gmm.starts import nearest


class Partition(NamedTuple):
    """One state of Lloyd's algorithm."""

    means: Tensor    # (K, D)
    labels: Tensor   # (N,)  nearest of the means
    inertia: float   # mean squared distance to the nearest mean, in the data's units squared


def lloyd(x: Points, means: Points) -> Iterator[Partition]:
    """Endless k-means from `means` (K, D): nearest mean, then mean of the nearest. The inertia never rises.

    A mean that no point is nearest to stays where it is.
    """
    points, current = as_points(x), as_points(means)
    middle = points.mean(0)
    while True:
        labels = nearest((points - middle).T, (current - middle).T)
        yield Partition(current, labels, float((points - current[labels]).square().sum(1).mean()))
        sums = torch.zeros_like(current).index_add_(0, labels, points - middle)
        counts = torch.bincount(labels, minlength=len(current))[:, None]
        current = torch.where(counts > 0, middle + sums / counts.clamp(min=1), current)


def kmeans(x: Points, means: Points, max_steps: int = 300) -> Partition:
    """The fixed point of `lloyd`, reached when no label changes."""
    last: Partition | None = None
    for state, _ in zip(lloyd(x, means), range(max_steps + 1), strict=False):
        if last is not None and bool((state.labels == last.labels).all()):
            return state
        last = state
    assert last is not None
    return last


def agreement(one: Tensor, other: Tensor) -> float:
    """Adjusted Rand index of two labelings: 1 for the same groups under any names, 0 on average by chance."""
    table = torch.zeros(int(one.max()) + 1, int(other.max()) + 1, dtype=torch.float64)
    table.index_put_((one.cpu(), other.cpu()), torch.ones(len(one), dtype=torch.float64), accumulate=True)
    pairs, rows, columns, n = (_choose_two(part) for part in (table, table.sum(1), table.sum(0), table.sum()))
    chance, most = rows * columns / max(n, 1), (rows + columns) / 2
    return 1.0 if most == chance else (pairs - chance) / (most - chance)


def matching(one: Tensor, other: Tensor, k: int) -> Tensor:
    """(K,): what each group of `other` is called among those of `one`, greedily by the number of shared points."""
    table = torch.bincount(other * k + one, minlength=k * k).reshape(k, k)
    names = torch.empty(k, dtype=torch.long)
    for _ in range(k):
        row, column = divmod(int(table.argmax()), k)
        names[row] = column
        table[row], table[:, column] = -1, -1
    return names


def _choose_two(counts: Tensor) -> float:
    return float((counts * (counts - 1) / 2).sum())
