"""The largest evidence that the controls of a coin's prior can reach.

The evidence is linear in the prior, p(X) = integral p(X | theta) p(theta) d theta, so that of a weighted sum of priors
is largest where one of them has all the weight.
"""

import math
from collections.abc import Callable
from typing import Any

import scipy
import torch

from dgm import bayes
from dgm.bayes.summaries import Coin
from pages.bayes.state import COUNTS, FAIR, HEIGHTS, OTHER_COUNTS
from ui import cache

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
    found = scipy.optimize.minimize_scalar(lambda log_count: -value(math.exp(log_count)), method="bounded",
                                           bounds=[math.log(limit) for limit in limits], options={"xatol": 1e-8})
    return max(-float(found.fun), *map(value, limits))


__all__ = ["best_log_evidence"]
