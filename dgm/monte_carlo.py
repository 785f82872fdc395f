"""Averages of likelihoods over samples of a prior: the naive Monte Carlo estimate of log p(x).

p(x) = E_p(z) p(x | z) ~ 1/S sum_s p(x | z_s), z_s ~ p(z)      (slide "Incomplete likelihood")
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_tensor
from dgm.errors import ArgumentError, DataError


class LogMean(NamedTuple):
    """The logarithm of an average of S positive terms."""

    value: Tensor      # (...)  log of the average
    error: Tensor      # (...)  its standard error: that of the average, divided by the average
    effective: Tensor  # (...)  how many equal terms would vary as little, 1 to S; 0 where every term is 0


def log_mean(log_terms: Tensor) -> LogMean:
    """log 1/S sum_s exp(log_terms[s]) along the first axis, without underflow, with its standard error.

    log_terms: (S, ...) logarithms, S at least 2; -inf is the logarithm of 0. Returns value, error and effective, each
    (...), nats. Where every term is 0 the value is -inf, the error inf and no term is effective.
    ArgumentError for fewer than 2 terms, since one gives no standard error; DataError for NaN.
    Source: the delta method; Kong, Liu and Wong 1994 for the effective number of terms.

    >>> import torch
    >>> from dgm.monte_carlo import log_mean
    >>> found = log_mean(torch.tensor([1.0, 3.0], dtype=torch.float64).log())
    >>> round(float(found.value.exp()), 6), round(float(found.error), 6), round(float(found.effective), 6)
    (2.0, 0.5, 1.6)
    """
    terms = as_tensor(log_terms, "log_terms", finite=False)
    count = len(terms) if terms.ndim else 1
    if count < 2:
        raise ArgumentError(f"{count} samples give no standard error: draw at least 2")
    if bool((terms.isnan() | (terms == math.inf)).any()):
        raise DataError("log_terms holds NaN or inf, which is the logarithm of no number: correct the terms")
    peak = terms.amax(0)
    weights = (terms - torch.where(peak.isfinite(), peak, 0.0)).exp()
    mean = weights.mean(0)
    error = weights.std(0) / math.sqrt(count) / mean
    effective = weights.sum(0) ** 2 / (weights**2).sum(0)
    nothing = peak == -math.inf
    return LogMean(torch.where(peak.isfinite(), peak, 0.0) + mean.log(), torch.where(nothing, math.inf, error),
                   torch.where(nothing, 0.0, effective))


__all__ = ["LogMean", "log_mean"]
