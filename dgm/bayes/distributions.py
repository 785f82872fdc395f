"""Distributions of the next observation: what `predictive()` and `plug_in()` return.

They differ from torch.distributions where the lesson needs it: a probability of exactly 0 has log-probability -inf
(torch clamps it to about -36), and both tails of a coin keep their digits at 1e9 counts. Logarithms are nats.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.bayes.base import Distribution
from dgm.bayes.log_gamma import log_rising

_LOG_TAU = math.log(2 * math.pi)


def tensor(x: Any) -> Tensor:
    return torch.as_tensor(x, dtype=torch.float64)


class Bernoulli(NamedTuple):
    """p(x = 1) = p; q = p(x = 0) is kept beside it because 1 - p forgets small q."""

    p: float
    q: float

    def log_prob(self, x: Any) -> Tensor:
        """ln p(x) for x in {0, 1}; -inf for anything else."""
        x = tensor(x)
        known = torch.where(x == 1, tensor(self.p).log(), tensor(self.q).log())
        return known.masked_fill((x != 0) & (x != 1), -math.inf)

    @property
    def mean(self) -> Tensor:
        return tensor(self.p)

    @property
    def variance(self) -> Tensor:
        return tensor(self.p * self.q)


class Categorical(NamedTuple):
    """p(x = k) = probs[k], k = 0 .. K-1. Mean and variance are those of the one-hot vector, (K,)."""

    probs: Tensor  # (K,)

    def log_prob(self, x: Any) -> Tensor:
        """ln p(x); -inf for a class that is not there."""
        x = tensor(x)
        there = (x == x.floor()) & (x >= 0) & (x < len(self.probs))
        return self.probs.log()[torch.where(there, x, 0.0).long()].masked_fill(~there, -math.inf)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)


class Normal(NamedTuple):
    """N(mean, variance), elementwise."""

    mean: Tensor
    variance: Tensor

    def log_prob(self, x: Any) -> Tensor:
        z = (tensor(x) - self.mean) / self.variance.sqrt()
        return -0.5 * (z * z + self.variance.log() + _LOG_TAU)


class StudentT(NamedTuple):
    """Student's t with `df` degrees of freedom around `loc`; scale2 is the squared scale."""

    df: float
    loc: float
    scale2: float

    def log_prob(self, x: Any) -> Tensor:
        u = (tensor(x) - self.loc) / math.sqrt(self.scale2) / math.sqrt(self.df)
        # log1p keeps small u, 2 ln|u| keeps u whose square would overflow
        bend = torch.where(u.abs() < 1e100, torch.log1p(u.clamp(-1e100, 1e100) ** 2), 2 * u.abs().log())
        norm = log_rising(self.df / 2, 0.5) - 0.5 * math.log(math.pi * self.df) - 0.5 * math.log(self.scale2)
        return norm - 0.5 * (self.df + 1) * bend

    @property
    def mean(self) -> Tensor:
        """The centre; ValueError for df <= 1, where the tails are too heavy for a mean."""
        if self.df <= 1:
            raise ValueError(f"Student's t with {self.df:g} degrees of freedom has no mean: use loc, or observe more")
        return tensor(self.loc)

    @property
    def variance(self) -> Tensor:
        """Infinite for df <= 2."""
        return tensor(self.scale2 * self.df / (self.df - 2) if self.df > 2 else math.inf)


class Mixed(NamedTuple):
    """sum_k w_k p_k(x): the predictive of a mixture of priors."""

    log_weights: Tensor              # (K,)
    parts: tuple[Distribution, ...]  # K of them

    def log_prob(self, x: Any) -> Tensor:
        x = tensor(x)
        each = torch.stack([part.log_prob(x) for part in self.parts])  # (K, ...)
        return (self.log_weights.reshape(-1, *[1] * x.ndim) + each).logsumexp(0)

    @property
    def mean(self) -> Tensor:
        return self._average(torch.stack([part.mean for part in self.parts]))

    @property
    def variance(self) -> Tensor:
        means = torch.stack([part.mean for part in self.parts])
        inside = torch.stack([part.variance for part in self.parts])
        return self._average(inside + (means - self.mean) ** 2)

    def _average(self, each: Tensor) -> Tensor:
        return torch.tensordot(self.log_weights.exp(), each, dims=1)
