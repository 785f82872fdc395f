"""A mixture of conjugate priors is conjugate: each component is updated alone, and the evidences update the weights.

    p(theta) = sum_k w_k p_k(theta)  ->  p(theta | X) = sum_k w'_k p_k(theta | X),  w'_k proportional to w_k p_k(X)
Source: Dalal and Hall 1983. Slide "Bayes theorem".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import scipy
import torch
from torch import Tensor

from dgm.arguments import as_vector, require_kind
from dgm.bayes.base import Belief, NoMaximumError, as_levels, as_places
from dgm.bayes.discrete import AXES, BetaBernoulli, as_counts
from dgm.bayes.distributions import Mixture
from dgm.bayes.normal import NormalNormal
from dgm.errors import ArgumentError, DataError

Component = BetaBernoulli | NormalNormal


@dataclass(frozen=True)
class MixturePrior(Belief):
    """sum_k weights[k] components[k].

    weights: K numbers, not negative and not all 0, stored with sum 1. components: K of BetaBernoulli, or K of
    NormalNormal with the same noise variance. ArgumentError otherwise. Data and axes: those of the components.

    >>> from dgm import bayes
    >>> fair_or_not = bayes.MixturePrior((1, 1), (bayes.BetaBernoulli(50, 50), bayes.BetaBernoulli(1, 1)))
    >>> tuple(round(w, 2) for w in fair_or_not.posterior([1] * 8).weights)
    (0.04, 0.96)
    """

    weights: tuple[float, ...]
    components: tuple[Component, ...]

    def __post_init__(self) -> None:
        weights, components = as_vector(self.weights, "weights").tolist(), self.components
        if isinstance(components, list):
            components = tuple(components)
        require_kind(components, "components", tuple, "a tuple of beliefs")
        if not components or len(components) != len(weights):
            raise ArgumentError(f"{len(weights)} weights for {len(components)} components: "
                                "give each component one weight")
        for part in components:
            require_kind(part, "each component", Component, "a BetaBernoulli or NormalNormal")
        if len({(type(part), getattr(part, "noise_var", None)) for part in components}) > 1:
            raise ArgumentError("the components must be of one kind with one noise variance: "
                                "they describe the same data")
        if not all(w >= 0 for w in weights) or not any(weights):
            raise ArgumentError(f"weights must be not negative and not all 0, got {weights}: raise one of them")
        largest = max(weights)   # before the sum, which may overflow
        total = math.fsum(w / largest for w in weights)
        shares = tuple(w / largest / total for w in weights)
        object.__setattr__(self, "weights", shares)
        object.__setattr__(self, "components", components)
        object.__setattr__(self, "axes", components[0].axes)

    @property
    def log_weights(self) -> Tensor:
        """log w_k, (K,)."""
        return torch.tensor(self.weights, dtype=torch.float64).log()

    def _log_terms(self, log_values: Sequence[float]) -> Tensor:
        """log w_k + log_values[k], (K,)."""
        return self.log_weights + torch.tensor(log_values, dtype=torch.float64)

    def _is_empty(self, data: Any) -> bool:
        """Whether there are no observations, which change nothing: rounding would."""
        if isinstance(self.components[0], BetaBernoulli):
            return sum(as_counts(data)) == 0
        return len(as_vector(data, "data")) == 0

    def observations(self, data: Any) -> list[Any]:
        """As the components cut it: one by one."""
        return self.components[0].observations(data)

    def posterior(self, data: Any) -> "MixturePrior":
        """Each component's posterior, with weights proportional to w_k p_k(X)."""
        if self._is_empty(data):
            return self
        log_weights = self._log_terms([part.log_evidence(data) for part in self.components])
        if float(log_weights.max()) == -math.inf:
            raise DataError("each component gives the data probability 0: use components that reach the data")
        weights = tuple((log_weights - log_weights.logsumexp(0)).exp().tolist())
        return MixturePrior(weights, tuple(part.posterior(data) for part in self.components))

    def log_evidence(self, data: Any) -> float:
        """log sum_k w_k p_k(X), nats."""
        if self._is_empty(data):
            return 0.0
        return float(self._log_terms([part.log_evidence(data) for part in self.components]).logsumexp(0))

    def log_marginal(self, data: Any) -> float:
        """The same sum over the components' joint densities, nats; TooLargeError beyond their reach."""
        if self._is_empty(data):
            return 0.0
        return float(self._log_terms([part.log_marginal(data) for part in self.components]).logsumexp(0))

    def predictive(self) -> Mixture:
        """sum_k w_k p_k(x)."""
        return Mixture(self.log_weights, tuple(part.predictive() for part in self.components))

    def plug_in(self, theta: float) -> Any:
        """p(x | theta), the same for all components."""
        return self.components[0].plug_in(theta)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """log density over `axis` at the points theta, in their shape."""
        theta = as_places(theta)
        each = torch.stack([part.log_prob(theta, axis) for part in self.components])
        return (self.log_weights.reshape(-1, *[1] * (each.ndim - 1)) + each).logsumexp(0)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """log p(X | theta), nats, at the points theta, the same for all components."""
        return self.components[0].log_likelihood(theta, data)

    def map(self, axis: str | None = None) -> float:
        """The highest of the local maxima, to about 1e-7 of its width, as theta; an edge of infinite density wins.

        NoMaximumError when the density is flat, or infinite at both edges.
        """
        name = self.checked_axis(axis)
        active = [part for part, weight in zip(self.components, self.weights, strict=True) if weight > 0]
        if len(active) == 1:
            return active[0].map(name)
        levels = torch.linspace(1e-6, 1 - 1e-6, 201, dtype=torch.float64)
        knots = torch.cat([_edges(active), *(_over(part, name).quantile(levels) for part in active)]).sort().values
        height = self.log_prob(knots, name)
        if torch.isinf(height).any() and float(height.max()) == math.inf:
            return _infinite_edge(knots, height)
        if float(knots[-1]) > float(knots[0]) and float(height.max() - height.min()) < 1e-12:
            raise NoMaximumError(f"over {name} the density is flat: every value is a maximum; observe something")
        return self._refine(knots, int(height.argmax()), name)

    def _refine(self, knots: Tensor, best: int, name: str) -> float:
        low, high = (float(knots[at]) for at in (max(best - 1, 0), min(best + 1, len(knots) - 1)))
        found = scipy.optimize.minimize_scalar(
            lambda share: -float(self.log_prob(low + share * (high - low), name)), bounds=(0, 1), method="bounded",
            options={"xatol": 1e-12})
        at_knot = float(self.log_prob(knots[best], name))
        return low + float(found.x) * (high - low) if -found.fun > at_knot else float(knots[best])

    def mle(self, data: Any) -> float:
        """argmax of the likelihood, which is the same for all components; NoMaximumError without observations."""
        return self.components[0].mle(data)

    def knots(self, level: Any) -> Tensor:
        """The components' quantiles at the levels (n,), sorted: (K n,) points that lie dense where the mass is."""
        levels = as_levels(level)
        return torch.cat([part.quantile(levels) for part in self.components]).sort().values


def _edges(components: list[Component]) -> Tensor:
    """The ends of theta's range, where a density may be highest."""
    return torch.tensor([0.0, 1.0] if isinstance(components[0], BetaBernoulli) else [], dtype=torch.float64)


def _over(part: Component, name: str) -> Component:
    """The belief with its density over its own axis where this one has it over `name`, but for a factor."""
    if isinstance(part, BetaBernoulli):
        return BetaBernoulli(part.a + AXES[name], part.b + AXES[name])
    return NormalNormal(part.map(name), part.var, part.noise_var)


def _infinite_edge(knots: Tensor, height: Tensor) -> float:
    places = sorted(set(knots[height == math.inf].tolist()))
    if len(places) > 1:
        raise NoMaximumError("the density grows without bound at both edges: there is no maximum; raise a or b to 1, "
                             "or observe both outcomes")
    return float(places[0])
