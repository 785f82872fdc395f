"""A prior of any shape about a coin: a mass on each point of a grid, so that Bayes' theorem is one product and one sum.

    mass'(p) = p(X | p) mass(p) / sum over the grid of the same
No conjugacy is needed. For this prior every number is exact; as an approximation of a smooth prior its error is that of
the grid. Slide "Bayes theorem".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgm.bayes.base import NoMaximumError, float64_tensor
from dgm.bayes.discrete import AXES, CoinBelief, log_power
from dgm.bayes.distributions import Bernoulli
from dgm.errors import DataError

POINTS = 2000  # of the grid over p


@dataclass(frozen=True, eq=False)
class HistogramPrior(CoinBelief):
    """p(x = 1) = p on the grid `p` with log masses `log_mass`; `histogram_prior` builds one from a few heights.

    p: (G,) midpoints of equal cells of (0, 1). log_mass: (G,), logsumexp = 0; -inf where the prior has no mass.
    Data: 0/1 values (n,) or Counts. axes: p, logit p, angle.

    >>> import torch
    >>> from dgm import bayes
    >>> two = bayes.HistogramPrior(torch.tensor([0.25, 0.75]), torch.tensor([0.5, 0.5]).log())
    >>> [round(float(mass), 9) for mass in two.posterior([1]).log_mass.exp()]
    [0.25, 0.75]
    """

    p: Tensor
    log_mass: Tensor

    def posterior(self, data: Any) -> "HistogramPrior":
        """Mass times likelihood over the evidence; DataError when the prior gives the data probability 0."""
        joint = self.log_mass + self.log_likelihood(self.p, data)
        total = joint.logsumexp(0)
        if float(total) == -math.inf:
            raise DataError("this prior gives the data probability 0: give it some height where the data can happen")
        return HistogramPrior(self.p, joint - total)

    def log_evidence(self, data: Any) -> float:
        """ln sum over the grid of p(X | p) mass(p), nats; -inf when the prior rules the data out."""
        return float((self.log_mass + self.log_likelihood(self.p, data)).logsumexp(0))

    def log_marginal(self, data: Any) -> float:
        """The same sum added exactly (fsum) instead of by logsumexp, nats."""
        log_terms = self.log_mass + self.log_likelihood(self.p, data)
        top = float(log_terms.max())
        return top + math.log(math.fsum((log_terms - top).exp().tolist())) if top > -math.inf else top

    def predictive(self) -> Bernoulli:
        """p(x = 1) = sum of p mass(p)."""
        mass = self.log_mass.exp()
        return Bernoulli(float(mass @ self.p), float(mass @ (1 - self.p)))

    def map(self, axis: str | None = None) -> float:
        """The grid point of the highest density over `axis`, given as p; NoMaximumError when several tie."""
        density = self.log_prob(self.p, axis)
        best = (density >= density.max() - 1e-12).nonzero().reshape(-1)
        if int(best[-1] - best[0]) > 1:  # the two cells beside a symmetric peak are one maximum
            raise NoMaximumError("the density is flat at its top: there is no single maximum; observe something")
        return float(self.p[best].mean())

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over `axis` of the cells that hold the points theta = p, in their shape."""
        theta, size = float64_tensor(theta), len(self.p)
        cell = (theta * size).floor().clamp(0, size - 1).long()
        return self.log_mass[cell] + math.log(size) + log_power(AXES[self.checked_axis(axis)], theta * (1 - theta))


def histogram_prior(heights: Sequence[float], points: int = POINTS) -> HistogramPrior:
    """The density that joins `heights`, at equal steps from p = 0 to p = 1, by straight lines; its area is made 1.

    heights: two or more, on any scale, not negative; points: cells of the grid.
    ValueError for fewer heights, for one that is negative or not finite, and when all are 0.

    >>> from dgm import bayes
    >>> prior = bayes.histogram_prior([0, 1, 0])   # a triangle
    >>> round(float(prior.predictive().mean), 9), round(prior.posterior([1, 1, 0, 0]).map(), 3)
    (0.5, 0.5)
    """
    knots = np.asarray(heights, dtype=np.float64).reshape(-1)
    if len(knots) < 2:
        raise ValueError(f"a histogram prior needs heights at two or more points, got {len(knots)}")
    if not np.isfinite(knots).all() or (knots < 0).any():
        raise ValueError("the heights of a prior must be finite and not negative: a density has no negative parts")
    if knots.max() == 0:
        raise ValueError("the heights of the prior are 0 everywhere: raise one of them")
    p = (np.arange(points) + 0.5) / points
    mass = np.interp(p, np.linspace(0, 1, len(knots)), knots / knots.max())
    return HistogramPrior(torch.from_numpy(p), torch.from_numpy(mass / mass.sum()).log())
