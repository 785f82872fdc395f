"""A prior drawn by hand: a mass on each point of a grid, so Bayes' theorem is one multiplication and one sum.

No conjugacy is needed. For this prior every number here is exact; as a stand-in for a smooth prior it is as good as
its grid is fine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from dgm.bayes.base import Belief, NoMaximumError
from dgm.bayes.discrete import AXES, counts, log_power
from dgm.bayes.distributions import Bernoulli, tensor
from dgm.errors import DataError

POINTS = 2000  # of the grid over p


@dataclass(frozen=True, eq=False)
class DrawnPrior(Belief):
    """p(x = 1) = p on the grid `p` with log masses `log_mass`. Data: 0/1 values or Counts."""

    p: Tensor         # (G,) in (0, 1)
    log_mass: Tensor  # (G,), logsumexp = 0; -inf where the hand drew nothing
    axes: ClassVar[tuple[str, ...]] = tuple(AXES)

    def posterior(self, data: Any) -> "DrawnPrior":
        """Mass times likelihood, divided by the evidence; DataError when the prior rules the data out."""
        joint = self.log_mass + self.log_likelihood(self.p, data)
        total = joint.logsumexp(0)
        if float(total) == -math.inf:
            raise DataError("this prior gives the data probability 0: draw some height where the data can happen")
        return DrawnPrior(self.p, joint - total)

    def log_evidence(self, data: Any) -> float:
        """ln sum over the grid of p(X | p) mass(p)."""
        return float((self.log_mass + self.log_likelihood(self.p, data)).logsumexp(0))

    def log_marginal(self, data: Any) -> float:
        """The same sum in the other order: each probability as it is, added exactly, no logarithms of sums."""
        log_terms = self.log_mass + self.log_likelihood(self.p, data)
        top = float(log_terms.max())
        return top + math.log(math.fsum((log_terms - top).exp().tolist())) if top > -math.inf else top

    def predictive(self) -> Bernoulli:
        """p(x = 1) = sum of p mass(p)."""
        mass = self.log_mass.exp()
        return Bernoulli(float(mass @ self.p), float(mass @ (1 - self.p)))

    def plug_in(self, theta: float) -> Bernoulli:
        return Bernoulli(float(theta), 1 - float(theta))

    def map(self, axis: str | None = None) -> float:
        """The grid point of the highest density over `axis`; NoMaximumError when two or more tie."""
        density = self.log_prob(self.p, axis)
        best = (density >= density.max() - 1e-12).nonzero().reshape(-1)
        if int(best[-1] - best[0]) > 1:  # the two cells beside a symmetric peak are one maximum
            raise NoMaximumError("the drawn density is level at its top: there is no single maximum; observe something")
        return float(self.p[best].mean())

    def mle(self, data: Any) -> float:
        """heads / n."""
        heads, tails = counts(data)
        if heads + tails == 0:
            raise NoMaximumError("no observations: every p is as likely as any other; add an observation")
        return heads / (heads + tails)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over `axis` at the grid point nearest to theta."""
        theta, size = tensor(theta), len(self.p)
        place = (theta * size).floor().clamp(0, size - 1).long()
        return self.log_mass[place] + math.log(size) + log_power(AXES[self.axis(axis)], theta * (1 - theta))

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | theta) = h ln p + t ln(1 - p), nats."""
        p, (heads, tails) = tensor(theta), counts(data)
        return log_power(heads, p) + log_power(tails, 1 - p)


def drawn(heights: Sequence[float], points: int = POINTS) -> DrawnPrior:
    """The density that joins `heights`, at equal steps from p = 0 to p = 1, by straight lines; its area is made 1."""
    knots = np.asarray(heights, dtype=np.float64).reshape(-1)
    if len(knots) < 2:
        raise ValueError(f"a drawn prior needs heights at two or more points, got {len(knots)}")
    if not np.isfinite(knots).all() or (knots < 0).any():
        raise ValueError("the heights of a prior must be finite and not negative: a density has no negative parts")
    if knots.max() == 0:
        raise ValueError("the drawn prior is 0 everywhere: give it some height")
    p = (np.arange(points) + 0.5) / points
    mass = np.interp(p, np.linspace(0, 1, len(knots)), knots / knots.max())
    return DrawnPrior(torch.from_numpy(p), torch.from_numpy(mass / mass.sum()).log())
