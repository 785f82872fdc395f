"""One latent number and one observed one, with the exact evidence and posterior (slide "Variational lower bound").

    z ~ sum_k w_k N(m_k, s_k^2),    x | z ~ N(g(z), noise^2),    g(z) = slope z + intercept + curvature z^2

curvature = 0: log p(x) and p(z | x) in closed form, a Gaussian or a mixture. Otherwise log p(x | z) is a polynomial
of degree 4 in z, whose roots say where the posterior's mass lies; there a Gauss-Legendre rule is exact to rounding.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.polynomial import Polynomial
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector, require_kind
from dgm.elbo.families import (
    MOST_SAMPLES,
    Floats,
    Gaussian,
    Line,
    Mixture,
    as_components,
    as_latent,
    log_mixture,
)
from dgm.elbo.panels import ascending, graded_edges, merged, nodes_on, singularities
from dgm.errors import ArgumentError
from dgm.gaussian import LOG_2PI, log_normal
from dgm.runtime import mix

FARTHEST_X = 100.0
LARGEST = 20.0                  # of a mean, a slope, an intercept, a curvature
NARROWEST, WIDEST = 0.05, 20.0  # a deviation of the prior, or the noise
FLATTEST = 0.01                 # a curvature that is not zero
MOST_COMPONENTS = 6
CUT = 45.0                      # nats below its maximum at which the posterior is cut: e^-45 is 3e-20
PANELS = 48                     # of one interval of the posterior
SAMPLED = 5                     # values of x whose posteriors decide the nodes for many
MOST_PAIRS = 1 << 21            # of x and z that are in memory together
MOST_VALUES = 5000              # of x in a curve


class Drawn(NamedTuple):
    """Pairs drawn from a model."""

    z: Tensor  # (n,)
    x: Tensor  # (n,)


@dataclass(frozen=True)
class NormalModel:
    """p(x, z): the prior's components (up to 6), the line or parabola g, and the noise; see the module.

    NormalModel() is the lecture's z ~ N(0, 1), x | z ~ N(z, 1).
    ArgumentError for a mean, slope, intercept or curvature beyond +-20, a curvature between 0 and 0.01 in size, a
    deviation or noise outside [0.05, 20], or weights that do not sum to one.

    >>> from dgm import elbo
    >>> model = elbo.NormalModel()
    >>> model.posterior(2.0)
    Gaussian(mean=1.0, sd=0.7071067811865476)
    >>> round(model.log_evidence(2.0), 6)      # N(2 | 0, 2)
    -2.265512
    """

    weights: Floats = (1.0,)
    means: Floats = (0.0,)
    sds: Floats = (1.0,)
    slope: float = 1.0
    intercept: float = 0.0
    curvature: float = 0.0
    noise: float = 1.0

    def __post_init__(self) -> None:
        found: dict[str, Any] = {name: as_number(getattr(self, name), name, -LARGEST, LARGEST)
                                 for name in ("slope", "intercept", "curvature")}
        if 0 < abs(found["curvature"]) < FLATTEST:
            raise ArgumentError(f"a curvature of {found['curvature']:g} is too small: give 0 for a line, or at least "
                                f"{FLATTEST:g} in size")
        found["noise"] = as_number(self.noise, "noise", NARROWEST, WIDEST)
        components = as_components(self.weights, self.means, self.sds, LARGEST, NARROWEST, WIDEST, MOST_COMPONENTS)
        found |= dict(zip(("weights", "means", "sds"), components, strict=True))
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def mean(self, z: Any) -> Tensor:
        """g(z), of the shape of z. DataError for z that are no numbers within +-1e6."""
        return self._mean(as_latent(z))

    def _mean(self, z: Tensor) -> Tensor:
        return self.slope * z + self.intercept + self.curvature * z.square()

    def log_prior(self, z: Any) -> Tensor:
        """log p(z), nats, of the shape of z. DataError as `mean`."""
        return log_mixture(as_latent(z), self.weights, self.means, self.sds)

    def log_likelihood(self, x: Any, z: Any) -> Tensor:
        """log p(x | z), nats, of the shape of z; x: one number within +-100, else ArgumentError."""
        return log_normal(self._mean(as_latent(z)), as_observation(x), self.noise**2)

    def log_joint(self, x: Any, z: Any) -> Tensor:
        """log p(x, z) = log p(x | z) + log p(z), nats, of the shape of z. Errors as `log_likelihood`."""
        return self.log_likelihood(x, z) + self.log_prior(z)

    def log_evidence(self, x: Any) -> float:
        """log p(x) = log integral p(x, z) dz, nats. Exact to rounding. ArgumentError for x beyond +-100."""
        value = as_observation(x)
        return _log_evidence(self, value)

    def posterior(self, x: Any) -> Line:
        """p(z | x): Gaussian or Mixture where curvature = 0, else Posterior. ArgumentError for x beyond +-100.

        >>> from dgm import elbo
        >>> elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (1.0, 1.0)).posterior(0.0).means
        (-1.0, 1.0)
        """
        value = as_observation(x)
        return Posterior(self, value) if self.curvature else _line_posterior(self, value)

    def sample(self, count: int, seed: int = 0) -> Drawn:
        """`count` pairs: z from the prior, x from p(x | z). ArgumentError unless count is 0 to 10^7."""
        count = as_integer(count, "count", 0, MOST_SAMPLES)
        z = Mixture(self.weights, self.means, self.sds).sample(count, seed)
        return Drawn(z, self._mean(z) + self.noise * Gaussian().sample(count, mix(seed, 3)))

    @property
    def kinks(self) -> Tensor:
        """Ends of the panels that integrals of log p(z) need besides those of q."""
        return graded_edges(self.singularities)

    @property
    def singularities(self) -> list[tuple[float, float]]:
        """(real part, distance from the real axis) of the places where log p(z) is not analytic."""
        return singularities(self.weights, self.means, self.sds)


@dataclass(frozen=True)
class Posterior(Line):
    """p(z | x) = p(x, z) / p(x) of a NormalModel with curvature: made by `NormalModel.posterior`.

    ArgumentError for a model without curvature, or x beyond +-100.

    >>> from dgm import elbo
    >>> posterior = elbo.NormalModel(slope=0.0, curvature=1.0, noise=0.5).posterior(4.0)
    >>> round(posterior.mean, 9) == 0, round(posterior.sd, 3)      # two humps, near -2 and 2
    (True, 1.96)
    """

    model: NormalModel
    x: float

    def __post_init__(self) -> None:
        require_kind(self.model, "model", NormalModel, "a NormalModel")
        if not self.model.curvature:
            raise ArgumentError("model has no curvature: its posterior is a Gaussian or a mixture, so ask the model")
        object.__setattr__(self, "x", as_observation(self.x))

    def log_prob(self, z: Any) -> Tensor:
        return self.model.log_joint(self.x, z) - _log_evidence(self.model, self.x)

    def sample(self, count: int, seed: int = 0) -> Tensor:
        """`count` values: the inverse of the distribution function, which is linear between 20 points of each panel."""
        count = as_integer(count, "count", 0, MOST_SAMPLES)
        edges = self.edges
        inside = torch.linspace(0, 1, 21, dtype=torch.float64)[:-1]
        z = torch.cat([(edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * inside).reshape(-1), edges[-1:]])
        density = self.log_prob(z).exp()
        rise = torch.cat([z.new_zeros(1), ((density[1:] + density[:-1]) / 2 * (z[1:] - z[:-1])).cumsum(0)])
        uniform = 0.5 * (1 + torch.erf(Gaussian().sample(count, seed) / math.sqrt(2)))
        return torch.from_numpy(np.interp((uniform * rise[-1]).numpy(), rise.numpy(), z.numpy()))

    @property
    def edges(self) -> Tensor:
        return _curved_edges(self.model, self.x)

    @property
    def mean(self) -> float:
        """E z."""
        return self._moment(1, 0.0)

    @property
    def sd(self) -> float:
        """The standard deviation of z."""
        return math.sqrt(self._moment(2, self.mean))

    def _moment(self, order: int, about: float) -> float:
        z, weights = nodes_on(self.edges)
        return float(weights @ (self.log_prob(z).exp() * (z - about) ** order))


def evidence_curve(model: NormalModel, xs: Any) -> Tensor:
    """log p(x) at each of xs (M,), M up to 5000, nats, (M,).

    ArgumentError for x beyond +-100, more of them, or another model.

    >>> from dgm import elbo
    >>> [round(value, 4) for value in elbo.evidence_curve(elbo.NormalModel(), [0.0, 2.0]).tolist()]
    [-1.2655, -2.2655]
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    values = as_observations(xs)
    return evidence_at(model, values)


def evidence_at(model: NormalModel, x: Tensor) -> Tensor:
    """log p(x) at x of any shape, not checked."""
    if not model.curvature:
        return _log_shares(model, x).logsumexp(-1)
    values = x.reshape(-1)
    z, weights = _nodes_for(model, values)
    if len(z) * len(values) > MOST_PAIRS:
        found = [_log_evidence(model, at) for at in values.tolist()]
        return torch.tensor(found, dtype=torch.float64).reshape(x.shape)
    fixed = log_mixture(z, model.weights, model.means, model.sds) + weights.log()
    away = (values[:, None] - model.mean(z)) / model.noise
    log_norm = math.log(model.noise) + 0.5 * LOG_2PI
    return ((fixed - 0.5 * away.square()).logsumexp(1) - log_norm).reshape(x.shape)


def _nodes_for(model: NormalModel, x: Tensor) -> tuple[Tensor, Tensor]:
    """Nodes that resolve the posteriors of all x: panels of three of the shortest of a few posteriors' panels."""
    some = torch.linspace(float(x.min()), float(x.max()), SAMPLED, dtype=torch.float64)
    edges = [_curved_edges(model, at) for at in set(some.tolist())]
    low, high = min(float(e[0]) for e in edges), max(float(e[-1]) for e in edges)
    width = 3 * min(float((e[1:] - e[:-1])[:PANELS].max()) for e in edges)
    panels = max(math.ceil((high - low) / width), 1)
    if panels * len(x) > MOST_PAIRS:
        panels = MOST_PAIRS
    return nodes_on(merged(torch.linspace(low, high, panels + 1, dtype=torch.float64), model.kinks))


def as_observation(x: Any) -> float:
    """x as a float within +-100, else ArgumentError."""
    return as_number(x, "x", -FARTHEST_X, FARTHEST_X)


def as_observations(xs: Any, name: str = "xs") -> Tensor:
    """(M,) numbers within +-100. ArgumentError or DataError for others."""
    values = as_vector(xs, name)
    if not 1 <= len(values) <= MOST_VALUES or float(values.abs().max()) > FARTHEST_X:
        raise ArgumentError(f"{name} has to hold 1 to {MOST_VALUES} numbers within +-{FARTHEST_X:g}")
    return values


def _log_shares(model: NormalModel, x: Tensor) -> Tensor:
    """(..., K): log w_k N(x | slope m_k + intercept, slope^2 s_k^2 + noise^2) of a model without curvature."""
    w, m, s = (torch.tensor(part, dtype=torch.float64) for part in (model.weights, model.means, model.sds))
    spread = (model.slope * s).square() + model.noise**2
    return w.log() + log_normal(x[..., None], model.slope * m + model.intercept, spread)


def _line_posterior(model: NormalModel, x: float) -> Line:
    """Each component by Bayes' rule for Gaussians (Bishop, PRML, eq. 2.116)."""
    means, sds = [], []
    for m, s in zip(model.means, model.sds, strict=True):
        precision = 1 / s**2 + (model.slope / model.noise) ** 2
        means.append((m / s**2 + model.slope * (x - model.intercept) / model.noise**2) / precision)
        sds.append(precision**-0.5)
    if len(means) == 1:
        return Gaussian(means[0], sds[0])
    shares = torch.softmax(_log_shares(model, torch.tensor(x, dtype=torch.float64)), 0)
    return Mixture(tuple(shares.tolist()), tuple(means), tuple(sds))


@lru_cache(maxsize=512)
def _log_evidence(model: NormalModel, x: float) -> float:
    if not model.curvature:
        return float(_log_shares(model, torch.tensor(x, dtype=torch.float64)).logsumexp(-1))
    z, weights = nodes_on(_curved_edges(model, x))
    return float((model.log_joint(x, z) + weights.log()).logsumexp(0))


@lru_cache(maxsize=128)
def _curved_edges(model: NormalModel, x: float) -> Tensor:
    """Panels where log p(x, z) of some component is within CUT nats of the largest."""
    joints = [_log_joint_polynomial(model, x, k) for k, weight in enumerate(model.weights) if weight > 0]
    peak = max(float(joint(z)) for joint in joints for z in _real(joint.deriv().roots()))
    ends = [_real((joint - (peak - CUT)).roots()) for joint in joints]
    with torch.inference_mode(False):
        parts = [torch.linspace(float(a), float(b), PANELS + 1, dtype=torch.float64)
                 for places in ends for a, b in _pairs(places)]
        return merged(ascending(torch.cat(parts)), model.kinks)


def _log_joint_polynomial(model: NormalModel, x: float, k: int) -> Polynomial:
    m, s, w = model.means[k], model.sds[k], model.weights[k]
    distance = Polynomial([x - model.intercept, -model.slope, -model.curvature]) / model.noise
    return -0.5 * (distance**2 + (Polynomial([-m, 1.0]) / s) ** 2) + math.log(w / s)


def _real(roots: Any) -> Any:
    """The real roots, ascending; of a polynomial of even degree there is an even number."""
    return np.sort(roots[np.abs(roots.imag) < 1e-7 * (1 + np.abs(roots.real))].real)


def _pairs(ends: Any) -> list[tuple[float, float]]:
    """The intervals between the ends where the polynomial, falling to -infinity on both sides, is positive."""
    if len(ends) % 2:
        return [(ends[0], ends[-1])]
    return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if b > a]
