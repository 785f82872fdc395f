"""Distributions of the next observation: what `predictive()` and `plug_in()` return.

They differ from torch.distributions where exactness matters: a probability of exactly 0 has log-probability -inf
(torch clamps it to about -36), and both probabilities of a coin are exact at 1e9 counts. Logarithms are nats.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_number, as_probabilities, as_tensor, shown
from dgm.bayes.base import Distribution, as_places, float64_tensor
from dgm.bayes.log_gamma import log_rising
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal

_SQUARE_OVERFLOWS = 1e100  # from here on 1 + u^2 is u^2, long before u^2 overflows


def as_variances(x: Any, name: str) -> Tensor:
    """Variances of any shape; ArgumentError for one that is not positive.

    >>> as_variances(4, "variance").tolist()
    4.0
    """
    variances = as_tensor(x, name)
    if bool((variances <= 0).any()):
        raise ArgumentError(f"{name} has to be greater than 0 everywhere: raise it")
    return variances


def _stacked(each: list[Tensor]) -> Tensor:
    """One tensor of each component, (K, ...)."""
    if len({part.shape for part in each}) > 1:
        raise ArgumentError("the components have different shapes: mix distributions of the same kind of observation")
    return torch.stack(each)


class Bernoulli(NamedTuple):
    """p(x = 1) = p and p(x = 0) = q. Both are stored, because 1 - p loses the digits of a small q.

    >>> from dgm import bayes
    >>> float(bayes.Bernoulli(1.0, 0.0).log_prob(0))
    -inf
    """

    p: float
    q: float

    def log_prob(self, x: Any) -> Tensor:
        """log p(x), nats, in the shape of x; -inf for a value that is neither 0 nor 1."""
        x, (p, q) = as_places(x, "x"), self._checked()
        return torch.where(x == 1, p.log(), q.log()).masked_fill((x != 0) & (x != 1), -math.inf)

    @property
    def mean(self) -> Tensor:
        """E[x] = p, ()."""
        return self._checked()[0]

    @property
    def variance(self) -> Tensor:
        """p q, ()."""
        p, q = self._checked()
        return p * q

    def _checked(self) -> tuple[Tensor, Tensor]:
        """p and q; ArgumentError for what is no probability."""
        return float64_tensor(as_number(self.p, "p", 0, 1)), float64_tensor(as_number(self.q, "q", 0, 1))


class Categorical(NamedTuple):
    """p(x = k) = probs[k], k = 0 .. K-1. Mean and variance are those of the one-hot vector, (K,).

    >>> import torch
    >>> from dgm import bayes
    >>> bayes.Categorical(torch.tensor([0.5, 0.5], dtype=torch.float64)).log_prob([1, 7]).exp().tolist()
    [0.5, 0.0]
    """

    probs: Tensor  # (K,)

    def log_prob(self, x: Any) -> Tensor:
        """log p(x), nats, in the shape of x; -inf for a value that is no class."""
        x, probs = as_places(x, "x"), self.mean
        known = (x == x.floor()) & (x >= 0) & (x < len(probs))
        return probs.log()[torch.where(known, x, 0.0).long()].masked_fill(~known, -math.inf)

    @property
    def mean(self) -> Tensor:
        """The probabilities, (K,)."""
        return as_probabilities(self.probs, "probs")

    @property
    def variance(self) -> Tensor:
        """probs (1 - probs), (K,)."""
        return self.mean * (1 - self.mean)


class Normal(NamedTuple):
    """N(mean, variance), elementwise.

    >>> import torch
    >>> from dgm import bayes
    >>> round(float(bayes.Normal(torch.tensor(1.0), torch.tensor(4.0)).log_prob(3.0)), 4)
    -2.1121
    """

    mean: Tensor
    variance: Tensor

    def log_prob(self, x: Any) -> Tensor:
        """log p(x), nats; x broadcasts with mean and variance, else ArgumentError; -inf at overflow."""
        return log_normal(as_places(x, "x"), as_tensor(self.mean, "mean"), as_variances(self.variance, "variance"))


class StudentT(NamedTuple):
    """Student's t with `dof` degrees of freedom (PRML, eq. 2.159, lambda = 1 / scale^2).

    log p(x) = log Gamma((dof + 1)/2) / Gamma(dof/2) - 1/2 log(pi dof scale^2)
               - (dof + 1)/2 log(1 + (x - location)^2 / (dof scale^2))

    >>> from dgm import bayes
    >>> round(float(bayes.StudentT(0.0, 1.0, 1.0).log_prob(0.0).exp()), 4)   # Cauchy: 1 / pi
    0.3183
    """

    location: float
    scale: float
    dof: float

    def log_prob(self, x: Any) -> Tensor:
        """log p(x), nats, in the shape of x; finite also where the squared distance overflows."""
        dof, location, scale = self._checked()
        u = (as_places(x, "x") - location) / scale / math.sqrt(dof)
        inside = u.clamp(-_SQUARE_OVERFLOWS, _SQUARE_OVERFLOWS)
        tail = torch.where(u.abs() < _SQUARE_OVERFLOWS, torch.log1p(inside**2), 2 * u.abs().log())
        norm = log_rising(dof / 2, 0.5) - 0.5 * (math.log(math.pi) + math.log(dof)) - math.log(scale)
        return norm - 0.5 * (dof + 1) * tail

    @property
    def mean(self) -> Tensor:
        """location, (); ArgumentError for dof <= 1, where the tails are too heavy for a mean."""
        dof, location, _ = self._checked()
        if dof <= 1:
            raise ArgumentError(f"Student's t with {dof:g} degrees of freedom has no mean: use location, or observe "
                                "more")
        return float64_tensor(location)

    @property
    def variance(self) -> Tensor:
        """scale^2 dof / (dof - 2), (); infinite for dof <= 2."""
        dof, _, scale = self._checked()
        return float64_tensor(scale * scale * dof / (dof - 2) if dof > 2 else math.inf)

    def _checked(self) -> tuple[float, float, float]:
        """The three numbers; ArgumentError for others."""
        return (as_number(self.dof, "dof", above=0), as_number(self.location, "location"),
                as_number(self.scale, "scale", above=0))


class Mixture(NamedTuple):
    """sum_k w_k p_k(x): the predictive of a mixture of priors.

    >>> import torch
    >>> from dgm import bayes
    >>> half = torch.tensor([0.5, 0.5], dtype=torch.float64).log()
    >>> round(float(bayes.Mixture(half, (bayes.Bernoulli(0.2, 0.8), bayes.Bernoulli(0.6, 0.4))).mean), 12)
    0.4
    """

    log_weights: Tensor                   # (K,), logsumexp = 0
    components: tuple[Distribution, ...]  # K of them

    def log_prob(self, x: Any) -> Tensor:
        """log p(x), nats, in the shape of x; DataError for weights that do not fit the components."""
        x, log_weights = as_places(x, "x"), self._checked_log_weights()
        each = _stacked([component.log_prob(x) for component in self.components])
        return (log_weights.reshape(-1, *[1] * (each.ndim - 1)) + each).logsumexp(0)    # (K, ...)

    @property
    def mean(self) -> Tensor:
        """sum_k w_k mean_k."""
        return self._average(self._each("mean"))

    @property
    def variance(self) -> Tensor:
        """sum_k w_k (variance_k + (mean_k - mean)^2)."""
        return self._average(self._each("variance") + (self._each("mean") - self.mean) ** 2)

    def _each(self, name: str) -> Tensor:
        """The means or the variances of all components, (K, ...)."""
        self._checked_log_weights()
        return _stacked([as_tensor(getattr(component, name), name, finite=False) for component in self.components])

    def _average(self, each: Tensor) -> Tensor:
        return torch.tensordot(self._checked_log_weights().exp(), each, dims=1)

    def _checked_log_weights(self) -> Tensor:
        """The logarithms of K weights with sum 1; also the components are looked at, before they are asked."""
        parts = self.components
        if not isinstance(parts, tuple | list) or not parts or not all(hasattr(part, "log_prob") for part in parts):
            raise ArgumentError(f"components has to be distributions such as Normal(0, 1), not {shown(parts)}")
        log_weights = as_places(self.log_weights, "log_weights").reshape(-1)
        if len(log_weights) != len(parts):
            raise DataError(f"log_weights holds {len(log_weights)} numbers for {len(parts)} components: "
                            "give one for each")
        as_probabilities(log_weights.exp(), "the weights")
        return log_weights
