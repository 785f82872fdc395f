"""The largest evidence that the controls of a coin's prior can reach.

The evidence is linear in the prior, p(X) = integral p(X | theta) p(theta) d theta, so that of a weighted sum of priors
is largest where one of them has all the weight.
"""

import math
from collections.abc import Callable
from typing import Any

import torch

from dgm import bayes
from dgm.bayes.summaries import Coin
from pages.bayes.state import COUNTS, FAIR, HEIGHTS, OTHER_COUNTS
from ui import cache

STEPS = 80      # of the search: the interval of log count shrinks to 1e-13 of its length
Limits = tuple[float, float]


@cache.copied()
def best_log_evidence(kind: type[Coin], data: Any) -> float:
    """The largest log p(X) of a prior of this kind within the limits of its controls, nats."""
    if kind is bayes.BetaBernoulli:
        return _of_a_beta(data, COUNTS)
    if kind is bayes.MixturePrior:
        return max(_of_a_beta(data, OTHER_COUNTS), bayes.BetaBernoulli(FAIR, FAIR).log_evidence(data))
    peaks = torch.eye(HEIGHTS).tolist()
    return max(bayes.histogram_prior(peak).log_evidence(data) for peak in peaks)


def _of_a_beta(data: Any, limits: Limits) -> float:
    """With more prior counts the Beta is narrower, so one of its two counts is the largest allowed."""
    most = limits[1]
    return max(_highest(lambda count: bayes.BetaBernoulli(most, count).log_evidence(data), limits),
               _highest(lambda count: bayes.BetaBernoulli(count, most).log_evidence(data), limits))


def _highest(value: Callable[[float], float], limits: Limits) -> float:
    """The maximum of a function of a count that rises and then falls."""
    low, high = (math.log(limit) for limit in limits)

    def at(log_count: float) -> float:
        return value(min(max(math.exp(log_count), limits[0]), limits[1]))

    for _ in range(STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if at(left) >= at(right) else (left, high)
    return max(at(low), value(limits[0]), value(limits[1]))


__all__ = ["best_log_evidence"]
