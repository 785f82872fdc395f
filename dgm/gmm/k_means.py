"""k-means (Lloyd 1982; Bishop, PRML, section 9.1): EM with hard responsibilities and a round, vanishing covariance."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import scipy
import torch
from torch import Tensor

from dgm.arguments import as_integer, as_vector
from dgm.errors import ArgumentError, DataError
from dgm.gmm.params import Points, as_points
from dgm.gmm.scaling import power_of_two_within
from dgm.gmm.starts import nearest

SAMPLED = 1000        # points that tell the order of magnitude of the distances
MOST_GROUPS = 5000    # whose table of shared points has 25 million entries


class Partition(NamedTuple):
    """One state of Lloyd's algorithm."""

    means: Tensor    # (K, D)
    labels: Tensor   # (N,)  nearest of the means, the first of equally near ones
    inertia: float   # mean squared distance to the nearest mean, in the data's units squared


def lloyd(x: Points, means: Points) -> Iterator[Partition]:
    """Endless k-means from `means`: nearest mean, then mean of the nearest (PRML eq. 9.2 and 9.4).

    x: (N, D) points. means: (K, D), in the units of the points. A mean that no point is nearest to does not move.
    Yields one Partition per step; the inertia never rises. DataError for points or means that are no finite table, have
    different columns, or whose squared distances leave float64.

    >>> from itertools import islice
    >>> from dgm import gmm
    >>> [round(state.inertia, 3) for state in islice(gmm.lloyd([[0.0], [2.0], [10.0]], [[0.0], [2.0]]), 3)]
    [21.333, 6.667, 0.667]
    """
    points = as_points(x)
    return _states(points, as_points(means, "means", columns=points.shape[1]).to(points.device))


def _states(points: Tensor, current: Tensor) -> Iterator[Partition]:
    """The states, computed in units in which most distances are near one, so that the data's unit does not matter."""
    scale = _typical(points)
    z, means = (points / scale).T.contiguous(), (current / scale).T.contiguous()
    while True:
        labels = nearest(z, means)
        away = z - means[:, labels]
        yield Partition((means * scale).T.contiguous(), labels, _inertia(away, scale))
        counts = torch.bincount(labels, minlength=means.shape[1])
        shift = torch.zeros_like(means).index_add_(1, labels, away) / counts.clamp(min=1)   # 0 where no point is
        means = means + shift


def _typical(points: Tensor) -> Tensor:
    """A power of two near the median distance from the median, of the points that are not there."""
    for rows in (points[::max(len(points) // SAMPLED, 1)], points):
        halves = rows / 2                   # differences of halves do not overflow
        distance = (halves - halves.median(0).values).abs_().amax(1)
        moved = distance[distance > 0]
        if len(moved):
            return power_of_two_within(moved.median())
    return torch.ones_like(points[0, 0])


def _inertia(away: Tensor, scale: Tensor) -> float:
    """Mean squared distance from (D, N) distances in units of `scale`. DataError where float64 cannot represent it."""
    mean = away.square().sum(0).mean()
    value = float(mean * scale * scale)
    if value == float("inf") or (value == 0 and bool(away.any())):
        unit = f"{float(away.abs().max()) * float(scale):.0e}"
        raise DataError(f"the squared distances leave float64: divide the points and the means by {unit} first")
    return value


def kmeans(x: Points, means: Points, max_steps: int = 300) -> Partition:
    """The fixed point of `lloyd`, reached when no label changes, or the state after `max_steps`.

    x: (N, D) points. means: (K, D), where it starts. Errors as `lloyd`; ArgumentError unless max_steps is a whole
    number from 0 on.

    >>> from dgm import gmm
    >>> groups = gmm.kmeans([[0.0], [2.0], [8.0]], [[0.0], [2.0]])
    >>> groups.means.tolist(), groups.labels.tolist()
    ([[1.0], [8.0]], [0, 0, 1])
    """
    steps, states = as_integer(max_steps, "max_steps", low=0), lloyd(x, means)
    last = next(states)
    for state, _ in zip(states, range(steps), strict=False):
        if bool((state.labels == last.labels).all()):
            return state
        last = state
    return last


def match_groups(one: Tensor, other: Tensor, k: int) -> Tensor:
    """New numbers for the groups of `other`, such that as many points as possible have the same number in both.

    one, other: (N,) group numbers from 0 to K - 1 of the same points. An assignment problem (Kuhn 1955).
    Returns (K,): `match_groups(one, other, k)[other]` are the labels of `other` in the numbers of `one`.
    ArgumentError for group numbers that are not whole or not below K.

    >>> import torch
    >>> from dgm import gmm
    >>> gmm.match_groups(torch.tensor([0, 0, 1, 2]), torch.tensor([2, 2, 0, 1]), 3).tolist()
    [1, 2, 0]
    """
    count = as_integer(k, "k", low=1, high=MOST_GROUPS)
    first = _groups(one, "one", count)
    second = _groups(other, "other", count, len(first))
    shared = torch.bincount(second * count + first, minlength=count * count).reshape(count, count)
    _, numbers = scipy.optimize.linear_sum_assignment(shared.numpy(), maximize=True)
    return torch.from_numpy(numbers)


def _groups(numbers: Any, name: str, k: int, size: int | None = None) -> Tensor:
    values = as_vector(numbers, name, size=size)
    if not bool(((values >= 0) & (values < k) & (values == values.floor())).all()):
        raise ArgumentError(f"{name} has to hold whole numbers from 0 to {k - 1}, one for each point")
    return values.long()
