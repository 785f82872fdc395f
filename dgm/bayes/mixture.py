"""A mixture of conjugate priors is conjugate: each part learns alone, and the evidences re-weigh the parts.

    p(theta) = sum_k w_k p_k(theta)  ->  p(theta | X) = sum_k w'_k p_k(theta | X),  w'_k proportional to w_k p_k(X).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from dgm.bayes.base import Belief, NoMaximumError
from dgm.bayes.discrete import BetaBernoulli
from dgm.bayes.distributions import Mixed
from dgm.bayes.normal import NormalNormal

Part = BetaBernoulli | NormalNormal


@dataclass(frozen=True)
class MixturePrior(Belief):
    """sum_k weights[k] parts[k]; parts are all BetaBernoulli or all NormalNormal with the same noise."""

    weights: tuple[float, ...]  # (K,), any positive numbers; kept normalised
    parts: tuple[Part, ...]     # K of them

    def __post_init__(self) -> None:
        if not self.parts or len(self.parts) != len(self.weights):
            raise ValueError(f"{len(self.weights)} weights for {len(self.parts)} parts: give each part one weight")
        if len({(type(part), getattr(part, "noise_var", None)) for part in self.parts}) > 1:
            raise ValueError("the parts must be of one kind with one noise variance: they describe the same data")
        if not all(math.isfinite(w) and w >= 0 for w in self.weights) or not any(self.weights):
            raise ValueError(f"weights must be finite, not negative and not all 0, got {self.weights}")
        total = math.fsum(self.weights)
        object.__setattr__(self, "weights", tuple(w / total for w in self.weights))
        object.__setattr__(self, "axes", self.parts[0].axes)

    @property
    def log_weights(self) -> Tensor:
        return torch.tensor(self.weights, dtype=torch.float64).log()

    def _weighed(self, each: Sequence[float]) -> Tensor:
        return self.log_weights + torch.tensor(each, dtype=torch.float64)

    def posterior(self, data: Any) -> "MixturePrior":
        """Each part's posterior; weights times evidences."""
        log_weights = self._weighed([part.log_evidence(data) for part in self.parts])
        weights = tuple((log_weights - log_weights.logsumexp(0)).exp().tolist())
        return MixturePrior(weights, tuple(part.posterior(data) for part in self.parts))

    def log_evidence(self, data: Any) -> float:
        """ln sum_k w_k p_k(X)."""
        return float(self._weighed([part.log_evidence(data) for part in self.parts]).logsumexp(0))

    def log_marginal(self, data: Any) -> float:
        """The same sum over the parts' joint densities."""
        return float(self._weighed([part.log_marginal(data) for part in self.parts]).logsumexp(0))

    def predictive(self) -> Mixed:
        return Mixed(self.log_weights, tuple(part.predictive() for part in self.parts))

    def plug_in(self, theta: float) -> Any:
        return self.parts[0].plug_in(theta)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over `axis`, at the points theta."""
        each = torch.stack([part.log_prob(theta, axis) for part in self.parts])
        return (self.log_weights.reshape(-1, *[1] * (each.ndim - 1)) + each).logsumexp(0)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        return self.parts[0].log_likelihood(theta, data)

    def map(self, axis: str | None = None) -> float:
        """The highest of the local maxima, to about 1e-8; an unbounded edge wins."""
        name = self.axis(axis)
        alive = [part for part, weight in zip(self.parts, self.weights, strict=True) if weight > 0]
        if len(alive) == 1:
            return alive[0].map(name)
        knots = torch.cat([part.quantile(torch.linspace(1e-6, 1 - 1e-6, 201)) for part in alive]).sort().values
        knots = torch.cat([_edges(alive), knots]).sort().values
        height = self.log_prob(knots, name)
        if torch.isinf(height).any() and float(height.max()) == math.inf:
            return _unbounded(knots, height)
        if float(knots[-1]) > float(knots[0]) and float(height.max() - height.min()) < 1e-12:
            raise NoMaximumError(f"over {name} the density is flat: every value is a maximum; observe something")
        return self._refine(knots, int(height.argmax()), name)

    def _refine(self, knots: Tensor, best: int, name: str) -> float:
        low, high = knots[max(best - 1, 0)], knots[min(best + 1, len(knots) - 1)]
        found = minimize_scalar(lambda t: -float(self.log_prob(t, name)), bounds=(float(low), float(high)),
                                method="bounded", options={"xatol": 1e-12})
        at_knot = float(self.log_prob(knots[best], name))
        return float(found.x) if -found.fun > at_knot else float(knots[best])

    def mle(self, data: Any) -> float:
        return self.parts[0].mle(data)

    def quantile(self, level: Any) -> Tensor:
        """Points spread over the parts' quantiles: a grid for drawing, not the mixture's own quantile."""
        return torch.cat([part.quantile(level) for part in self.parts]).sort().values


def _edges(parts: list[Part]) -> Tensor:
    """The ends of theta's range, where a density may be highest."""
    return torch.tensor([0.0, 1.0] if isinstance(parts[0], BetaBernoulli) else [], dtype=torch.float64)


def _unbounded(knots: Tensor, height: Tensor) -> float:
    places = sorted(set(knots[height == math.inf].tolist()))
    if len(places) > 1:
        raise NoMaximumError("the density grows without bound at both edges: there is no maximum; raise a or b to 1, "
                        "or observe both outcomes")
    return float(places[0])
