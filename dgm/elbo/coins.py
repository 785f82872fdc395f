"""Two coins: the smallest model with a latent variable, whose bound is a surface over two numbers.

z chooses a coin, 0 with probability `weight`; coin 0 shows heads with probability t, coin 1 with t / 2. One coin is
tossed `tosses` times; x is the number of heads in that one sequence.
    p(x | z = 0) = t^h (1 - t)^(n - h),   p(x | z = 1) = (t/2)^h (1 - t/2)^(n - h)
Two tosses, one head: p(x) = 3/4 t - 5/8 t^2, largest at t = 0.6.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number
from dgm.elbo.families import Categorical, as_category

MOST_TOSSES = 1000
SMALLEST = 1e-9      # distance of a probability from 0 and 1


@dataclass(frozen=True)
class TwoCoins:
    """p(x, z) of two coins; bias: t in (0, 1), weight: p(z = 0) in (0, 1), tosses: 1 to 1000; else ArgumentError.

    >>> from dgm import elbo
    >>> coins = elbo.TwoCoins(0.6)
    >>> round(coins.log_evidence(1), 6), [round(p, 4) for p in coins.posterior(1).probabilities]    # log 0.225
    (-1.491655, [0.5333, 0.4667])
    """

    bias: float = 0.6
    tosses: int = 2
    weight: float = 0.5

    def __post_init__(self) -> None:
        for name in ("bias", "weight"):
            object.__setattr__(self, name, as_number(getattr(self, name), name, SMALLEST, 1 - SMALLEST))
        object.__setattr__(self, "tosses", as_integer(self.tosses, "tosses", 1, MOST_TOSSES))

    def log_prior(self, z: Any) -> Tensor:
        """log p(z), nats, of the shape of z, which holds 0 and 1; else DataError."""
        return self._log_prior()[as_category(z, 2)]

    def log_likelihood(self, x: Any, z: Any) -> Tensor:
        """log p(x | z), nats, of the shape of z. x: heads, 0 to `tosses`, else ArgumentError; z as `log_prior`."""
        return self._log_likelihood(self._heads(x))[as_category(z, 2)]

    def log_joint(self, x: Any, z: Any) -> Tensor:
        """log p(x, z) = log p(x | z) + log p(z), nats, of the shape of z. Errors as `log_likelihood`."""
        return self.log_likelihood(x, z) + self.log_prior(z)

    def log_evidence(self, x: Any) -> float:
        """log p(x) = log sum_z p(x, z), nats. ArgumentError as `log_likelihood`."""
        return float((self._log_likelihood(self._heads(x)) + self._log_prior()).logsumexp(0))

    def posterior(self, x: Any) -> Categorical:
        """p(z | x). ArgumentError as `log_likelihood`."""
        joint = self._log_likelihood(self._heads(x)) + self._log_prior()
        return Categorical(tuple(torch.softmax(joint, 0).tolist()))

    def _heads(self, x: Any) -> int:
        return as_integer(x, "x", 0, self.tosses)

    def _log_prior(self) -> Tensor:
        return torch.tensor([math.log(self.weight), math.log1p(-self.weight)], dtype=torch.float64)

    def _log_likelihood(self, heads: int) -> Tensor:
        tails, t = self.tosses - heads, self.bias
        return torch.tensor([heads * math.log(b) + tails * math.log1p(-b) for b in (t, t / 2)], dtype=torch.float64)
