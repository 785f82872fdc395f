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

from dgm.arguments import as_integer, as_vector
from dgm.bayes.base import NoMaximumError, as_places
from dgm.bayes.discrete import AXES, CoinBelief, as_counts, inside, log_power
from dgm.bayes.distributions import Bernoulli
from dgm.errors import DataError

POINTS = 2000           # of the grid over p
MOST_POINTS = 1_000_000
TIE = 1e-12             # nats within which two cells are equally high
ROUNDING = 1e-12        # by which the logarithm of the total mass may miss 0
OFF_MIDDLE = 1e-3       # of a cell by which float32 may miss its middle
_NO_MASS = 1e300        # nats below which there is no mass


@dataclass(frozen=True, eq=False)
class HistogramPrior(CoinBelief):
    """p(x = 1) = p on the grid `p` with log masses `log_mass`; `histogram_prior` builds one from a few heights.

    p: (G,) midpoints of equal cells of (0, 1), (g + 1/2) / G but for rounding. log_mass: (G,), stored with
    logsumexp = 0; -inf where the prior has no mass. DataError for others. Between the midpoints the density runs in
    straight lines.
    Data: 0/1 values (n,) or Counts. axes: p, logit p, angle.

    >>> import torch
    >>> from dgm import bayes
    >>> two = bayes.HistogramPrior(torch.tensor([0.25, 0.75]), torch.tensor([0.5, 0.5]).log())
    >>> [round(float(mass), 9) for mass in two.posterior([1]).log_mass.exp()]
    [0.25, 0.75]
    """

    p: Tensor
    log_mass: Tensor

    def __post_init__(self) -> None:
        p, log_mass = as_vector(self.p, "p"), as_places(self.log_mass, "log_mass")
        if p.shape != log_mass.shape or len(p) == 0:
            raise DataError(f"p holds {len(p)} points and log_mass has the shape {tuple(log_mass.shape)}: "
                            "give one log mass per point")
        middles = midpoints(len(p))
        if float((p - middles).abs().max()) * len(p) > OFF_MIDDLE:
            raise DataError(f"p has to be the midpoints of {len(p)} equal cells from 0 to 1, in their order: "
                            f"give (g + 1/2) / {len(p)} for g = 0 to {len(p) - 1}")
        total = log_mass.logsumexp(0)
        if not math.isfinite(float(total)):
            raise DataError("log_mass has to be finite or -inf, and somewhere above -inf: a prior has a mass of 1")
        object.__setattr__(self, "p", middles)
        object.__setattr__(self, "log_mass", log_mass if abs(float(total)) < ROUNDING else log_mass - total)

    def posterior(self, data: Any) -> "HistogramPrior":
        """Mass times likelihood over the evidence."""
        if sum(as_counts(data)) == 0:
            return self
        joint = self.log_mass + self.log_likelihood(self.p, data)
        return HistogramPrior(self.p, joint - joint.logsumexp(0))

    def log_evidence(self, data: Any) -> float:
        """log sum over the grid of p(X | p) mass(p), nats."""
        if sum(as_counts(data)) == 0:
            return 0.0
        return float((self.log_mass + self.log_likelihood(self.p, data)).logsumexp(0))

    def log_marginal(self, data: Any) -> float:
        """The same sum added exactly (fsum) instead of by logsumexp, nats."""
        if sum(as_counts(data)) == 0:
            return 0.0
        log_terms = self.log_mass + self.log_likelihood(self.p, data)
        top = float(log_terms.max())
        return top + math.log(math.fsum((log_terms - top).exp().tolist()))

    def predictive(self) -> Bernoulli:
        """p(x = 1) = sum of p mass(p)."""
        mass = self.log_mass.exp()
        return Bernoulli(float(mass @ self.p), float(mass @ (1 - self.p)))

    def map(self, axis: str | None = None) -> float:
        """The grid point of the highest density over `axis`, given as p; NoMaximumError when several tie."""
        density = self.log_prob(self.p, axis)
        best = (density >= density.max() - TIE).nonzero().reshape(-1)
        if int(best[-1] - best[0]) > 1:  # the two cells beside a symmetric peak are one maximum
            raise NoMaximumError("the density is flat at its top: there is no single maximum; observe something")
        return float(self.p[best].mean())

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """log density over `axis` at the points theta = p, in their shape; -inf outside [0, 1].

        The density over p is that of the cells at their midpoints, on straight lines between and beyond them.
        """
        theta, name = as_places(theta), self.checked_axis(axis)
        log_density = self._log_density(theta.clamp(0, 1))
        jacobian = log_power(AXES[name], theta * (1 - theta))
        return inside(theta, (log_density + jacobian).masked_fill(log_density == -math.inf, -math.inf))

    def _log_density(self, p: Tensor) -> Tensor:
        """log density over p at points of [0, 1]."""
        size = len(self.p)
        if size == 1:
            return torch.zeros_like(p)
        left = (torch.searchsorted(self.p, p.contiguous()) - 1).clamp(0, size - 2)
        share = (p - self.p[left]) / (self.p[left + 1] - self.p[left])
        low, high = self.log_mass[left], self.log_mass[left + 1]
        top = torch.maximum(low, high).clamp(min=-_NO_MASS)
        line = (1 - share) * (low - top).exp() + share * (high - top).exp()
        return (top + line.clamp(min=0).log() + math.log(size)).masked_fill(line <= 0, -math.inf)


def midpoints(size: int) -> Tensor:
    """The midpoints of equal cells of (0, 1), (size,).

    >>> midpoints(2).tolist()
    [0.25, 0.75]
    """
    return (torch.arange(size, dtype=torch.float64) + 0.5) / size


def histogram_prior(heights: Sequence[float], points: int = POINTS) -> HistogramPrior:
    """The density that joins `heights`, at equal steps from p = 0 to p = 1, by straight lines; its area is made 1.

    heights: two or more, on any scale, not negative; points: cells of the grid, up to 1,000,000.
    DataError for fewer heights, for one that is negative or not finite, and when all are 0.

    >>> from dgm import bayes
    >>> prior = bayes.histogram_prior([0, 1, 0])   # a triangle
    >>> round(float(prior.predictive().mean), 9), round(prior.posterior([1, 1, 0, 0]).map(), 3)
    (0.5, 0.5)
    """
    knots, points = as_vector(heights, "heights").numpy(), as_integer(points, "points", 1, MOST_POINTS)
    if len(knots) < 2:
        raise DataError(f"a histogram prior needs heights at two or more points, got {len(knots)}: add one")
    if (knots < 0).any():
        raise DataError("the heights of a prior must not be negative: a density has no negative parts")
    if knots.max() == 0:
        raise DataError("the heights of the prior are 0 everywhere: raise one of them")
    p = midpoints(points)
    mass = np.interp(p.numpy(), np.linspace(0, 1, len(knots)), knots / knots.max())
    if mass.max() == 0:
        raise DataError(f"a grid of {points} points misses the heights that are not 0: raise points")
    return HistogramPrior(p, torch.from_numpy(mass / mass.sum()).log())
