"""k-means (Lloyd 1982; Bishop, PRML, section 9.1): EM with hard responsibilities and a round, vanishing covariance."""

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
    """Endless k-means from `means`: nearest mean, then mean of the nearest (PRML eq. 9.2 and 9.4).

    x: (N, D) points. means: (K, D), in the units of the points. A mean that no point is nearest to does not move.
    Yields one Partition per step; the inertia never rises. DataError for points or means that are no finite table.

    >>> from itertools import islice
    >>> from dgm import gmm
    >>> [round(state.inertia, 3) for state in islice(gmm.lloyd([[0.0], [2.0], [10.0]], [[0.0], [2.0]]), 3)]
    [21.333, 6.667, 0.667]
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
    """The fixed point of `lloyd`, reached when no label changes, or the state after `max_steps`.

    x: (N, D) points. means: (K, D), where it starts. DataError as `lloyd`.

    >>> from dgm import gmm
    >>> groups = gmm.kmeans([[0.0], [2.0], [8.0]], [[0.0], [2.0]])
    >>> groups.means.tolist(), groups.labels.tolist()
    ([[1.0], [8.0]], [0, 0, 1])
    """
    last: Partition | None = None
    for state, _ in zip(lloyd(x, means), range(max_steps + 1), strict=False):
        if last is not None and bool((state.labels == last.labels).all()):
            return state
        last = state
    assert last is not None
    return last


def match_groups(one: Tensor, other: Tensor, k: int) -> Tensor:
    """New numbers for the groups of `other`, such that as many points as possible have the same number in both.

    one, other: (N,) group numbers from 0 to K - 1 of the same points. An assignment problem (Kuhn 1955).
    Returns (K,): `match_groups(one, other, k)[other]` are the labels of `other` in the numbers of `one`.

    >>> import torch
    >>> from dgm import gmm
    >>> gmm.match_groups(torch.tensor([0, 0, 1, 2]), torch.tensor([2, 2, 0, 1]), 3).tolist()
    [1, 2, 0]
    """
    from scipy.optimize import linear_sum_assignment  # half a second: only the first use pays for it

    shared = torch.bincount(other * k + one, minlength=k * k).reshape(k, k)
    _, numbers = linear_sum_assignment(shared.cpu().numpy(), maximize=True)
    return torch.from_numpy(numbers)
