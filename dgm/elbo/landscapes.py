"""L(q, theta) as a landscape over two numbers, and EM on it (slides "EM-algorithm", "Variational EM-algorithm").

    E-step: q = argmax L(q, theta);  M-step: theta = argmax L(q, theta): block-coordinate ascent, one axis at a time
    gradient form: phi <- phi + rate dL/dphi,  then theta <- theta + rate dL/dtheta

Two coins: q is the probability of coin 0 and theta the bias t; every q is on the axis, so that the E-step closes the
gap. A NormalModel: q is the mean of N(q, sd^2) at a fixed sd and theta the intercept; with the posterior's sd (a line,
one component) the E-step closes the gap too, otherwise a gap stays.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector, require_kind
from dgm.elbo import gaussian_terms
from dgm.elbo.coins import TwoCoins
from dgm.elbo.families import Gaussian
from dgm.elbo.fits import gaussian_fits
from dgm.elbo.gaussian_terms import expected_log_likelihood, expected_log_prior, sharpness, standard_rule
from dgm.elbo.lower_bound import ROUNDING, Model
from dgm.elbo.normal_model import NormalModel, as_observation, evidence_at
from dgm.errors import ArgumentError

FARTHEST = 50.0          # of a mean and an intercept
EDGE = 1e-9              # distance of a coin's probabilities from 0 and 1
MOST_AXIS = 2000
LARGEST_RATE = 100.0
SEARCHED = 193           # means among which the E-step begins
NEWTON_STEPS = 40


class Landscape(NamedTuple):
    """L(q, theta) on a grid, nats."""

    q: Tensor             # (A,)
    theta: Tensor         # (B,)
    bound: Tensor         # (B, A)  [b, a] at theta[b], q[a]
    ridge: Tensor         # (B,)    argmax of L over q at each theta: the E-step
    ridge_bound: Tensor   # (B,)    L there
    log_evidence: Tensor  # (B,)    log p(x) at each theta
    sd: float             # of q; 0 for the coins


class Move(NamedTuple):
    """One state of an ascent on the landscape, nats."""

    kind: str            # "start", "E" (q has moved) or "M" (theta has moved)
    step: int            # M-steps taken
    q: float
    theta: float
    bound: float         # L(q, theta)
    log_evidence: float  # log p(x) at theta
    gap: float           # KL(q, p(z | x)) = log p(x) - L


class _Coins(NamedTuple):
    """The coins' landscape at one observation."""

    model: TwoCoins
    heads: int
    sd: float = 0.0

    def bound(self, q: Tensor, theta: Tensor) -> Tensor:
        first, second = self._joints(theta)
        return q * first + (1 - q) * second - torch.xlogy(q, q) - torch.xlogy(1 - q, 1 - q)

    def log_evidence(self, theta: Tensor) -> Tensor:
        return torch.logaddexp(*self._joints(theta))

    def e_step(self, theta: Tensor) -> Tensor:
        first, second = self._joints(theta)
        return torch.sigmoid(first - second)

    def m_step(self, q: float) -> float:
        """The root in (0, 1) of n t^2 - (3 h + k (1 + q)) t + 2 h: where dL/dt = 0, k the number of tails."""
        h, n = self.heads, self.model.tosses
        half = (3 * h + (n - h) * (1 + q)) / 2
        return min(max(2 * h / (half + math.sqrt(max(half**2 - 2 * n * h, 0.0))), EDGE), 1 - EDGE)

    def q_gradient(self, q: float, theta: float) -> float:
        """dL / d logit q."""
        first, second = self._joints(torch.tensor(theta, dtype=torch.float64))
        return q * (1 - q) * (float(first - second) - math.log(q / (1 - q)))

    def theta_gradient(self, q: float, theta: float) -> float:
        """dL / d logit t."""
        h, k = self.heads, self.model.tosses - self.heads
        return h * (1 - theta) - q * k * theta - (1 - q) * k * theta * (1 - theta) / (2 - theta)

    def moved(self, value: float, step: float) -> float:
        """A probability after a step of its logit."""
        logit = math.log(value / (1 - value)) + step
        return min(max(1 / (1 + math.exp(-min(max(logit, -30.0), 30.0))), EDGE), 1 - EDGE)

    def _joints(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        h, k = self.heads, self.model.tosses - self.heads
        weight = self.model.weight
        return (h * theta.log() + k * torch.log1p(-theta) + math.log(weight),
                h * (theta / 2).log() + k * torch.log1p(-theta / 2) + math.log1p(-weight))


class _Line(NamedTuple):
    """A NormalModel's landscape at one observation; the model's own intercept is replaced by theta."""

    model: NormalModel    # of intercept 0
    x: float
    sd: float

    def bound(self, q: Tensor, theta: Tensor) -> Tensor:
        width = torch.tensor(self.sd, dtype=torch.float64)
        fixed = expected_log_prior(self.model, q, width) + gaussian_terms.entropy(width)
        return expected_log_likelihood(self.model, self.x - theta, q, width) + fixed

    def log_evidence(self, theta: Tensor) -> Tensor:
        return evidence_at(self.model, self.x - theta)

    def e_step(self, theta: Tensor) -> Tensor:
        """argmax over the mean at each theta: closed for a Gaussian posterior, else the best of many and Newton."""
        residual = self.x - theta
        if len(self.model.weights) == 1 and not self.model.curvature:
            m, s, slope, noise = self.model.means[0], self.model.sds[0], self.model.slope, self.model.noise
            return (m / s**2 + slope * residual / noise**2) / (1 / s**2 + (slope / noise) ** 2)
        places = self._searched()
        best = places[self.bound(places, theta[..., None]).argmax(-1)]
        found = self._refined(best.reshape(-1), residual.reshape(-1), float(places[1] - places[0]))
        return found.reshape(best.shape)

    def m_step(self, q: float) -> float:
        return min(max(self.x - self._expected_mean(q), -FARTHEST), FARTHEST)

    def q_gradient(self, q: float, theta: float) -> float:
        """dL / d mean."""
        slopes, _ = self._derivatives(torch.tensor([q]).double(), torch.tensor([self.x - theta]).double())
        return float(slopes[0])

    def theta_gradient(self, q: float, theta: float) -> float:
        """dL / d intercept."""
        return (self.x - theta - self._expected_mean(q)) / self.model.noise**2

    def moved(self, value: float, step: float) -> float:
        """The value after a step, within the largest mean."""
        return min(max(value + step, -FARTHEST), FARTHEST)

    def _expected_mean(self, q: float) -> float:
        return self.model.slope * q + self.model.curvature * (q**2 + self.sd**2)

    def _searched(self) -> Tensor:
        low = min(m - 6 * s for m, s in zip(self.model.means, self.model.sds, strict=True))
        high = max(m + 6 * s for m, s in zip(self.model.means, self.model.sds, strict=True))
        return torch.linspace(low, high, SEARCHED, dtype=torch.float64)

    def _refined(self, mean: Tensor, residual: Tensor, reach: float) -> Tensor:
        """The maxima within `reach` of each mean: Newton's method, and bisection where it leaves the interval."""
        low, high = mean - reach, mean + reach
        for _ in range(NEWTON_STEPS):
            slope, curvature = self._derivatives(mean, residual)
            low, high = torch.where(slope > 0, mean, low), torch.where(slope > 0, high, mean)
            new = mean + slope / curvature.abs().clamp(min=1e-9)
            new = torch.where((new >= low) & (new <= high), new, (low + high) / 2)
            done, mean = bool(((new - mean).abs() < 1e-9).all()), new
            if done:
                break
        return mean

    def _derivatives(self, mean: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """First and second derivative of L over the mean, (S,) both: expectations of Hermite polynomials."""
        e, weights = standard_rule(sharpness(self.model), self.sd)
        z = mean[:, None] + self.sd * e
        f = self.model.log_prior(z) - 0.5 * ((residual[:, None] - self.model.mean(z)) / self.model.noise).square()
        f = f - f[:, len(e) // 2, None]
        return f @ (e * weights) / self.sd, f @ ((e.square() - 1) * weights) / self.sd**2


_Surface: TypeAlias = _Coins | _Line


def landscape(model: Model, x: Any, q: Any, theta: Any, sd: Any = None) -> Landscape:
    """L(q, theta) at q (A,) and theta (B,), with the exact ridge of the E-step and log p(x) over theta.

    TwoCoins: q and theta in (0, 1). NormalModel: means q and intercepts theta within +-50; sd: of q, where None is the
    posterior's for a line with one component, and else that of the best Gaussian. A, B up to 2000.
    ArgumentError for others.

    >>> import torch
    >>> from dgm import elbo
    >>> axis = torch.linspace(0.05, 0.95, 19)
    >>> found = elbo.landscape(elbo.TwoCoins(), 1, axis, axis)
    >>> tuple(found.bound.shape), round(float(found.theta[found.ridge_bound.argmax()]), 2)
    ((19, 19), 0.6)
    """
    surface = _surface(model, x, sd)
    columns, rows = _as_axis(surface, q, "q"), _as_axis(surface, theta, "theta")
    ridge = surface.e_step(rows)
    bound = surface.bound(columns, rows[:, None])
    return Landscape(columns, rows, bound, ridge, surface.bound(ridge, rows), surface.log_evidence(rows), surface.sd)


def coordinate_ascent(model: Model, x: Any, q: float, theta: float, sd: Any = None) -> Iterator[Move]:
    """Endless exact EM on the landscape: start, E, M, E, M, ...; L never falls. Arguments as `landscape`.

    >>> from itertools import islice
    >>> from dgm import elbo
    >>> moves = list(islice(elbo.coordinate_ascent(elbo.TwoCoins(), 1, 0.9, 0.2), 60))
    >>> [move.kind for move in moves[:3]], round(moves[-1].theta, 9)
    (['start', 'E', 'M'], 0.6)
    """
    surface = _surface(model, x, sd)
    return _ascent(surface, _as_point(surface, q, "q"), _as_point(surface, theta, "theta"), None)


def gradient_ascent(model: Model, x: Any, q: float, theta: float, q_rate: float = 0.1, theta_rate: float = 0.1,
                    sd: Any = None) -> Iterator[Move]:
    """Endless variational EM: gradient steps in phi and theta in turn (slide "Variational EM-algorithm").

    phi is the mean of q, or the logit of a coin's q; the coin's bias moves by its logit too. q_rate, theta_rate: step
    sizes above 0, up to 100. With a large one L can fall. Other arguments as `landscape`.

    >>> from itertools import islice
    >>> from dgm import elbo
    >>> moves = list(islice(elbo.gradient_ascent(elbo.TwoCoins(), 1, 0.9, 0.2, 1.0, 1.0), 201))
    >>> moves[-1].bound > moves[0].bound, round(moves[-1].theta, 3)
    (True, 0.6)
    """
    surface = _surface(model, x, sd)
    rates = (as_number(q_rate, "q_rate", above=0, high=LARGEST_RATE),
             as_number(theta_rate, "theta_rate", above=0, high=LARGEST_RATE))
    return _ascent(surface, _as_point(surface, q, "q"), _as_point(surface, theta, "theta"), rates)


def _ascent(surface: _Surface, q: float, theta: float, rates: tuple[float, float] | None) -> Iterator[Move]:
    yield _move("start", 0, surface, q, theta)
    for step in itertools.count():
        q = _next_q(surface, q, theta, rates)
        yield _move("E", step, surface, q, theta)
        theta = _next_theta(surface, q, theta, rates)
        yield _move("M", step + 1, surface, q, theta)


def _next_q(surface: _Surface, q: float, theta: float, rates: tuple[float, float] | None) -> float:
    if rates:
        return surface.moved(q, rates[0] * surface.q_gradient(q, theta))
    best = float(surface.e_step(torch.tensor(theta, dtype=torch.float64)))
    return min(max(best, EDGE), 1 - EDGE) if isinstance(surface, _Coins) else best


def _next_theta(surface: _Surface, q: float, theta: float, rates: tuple[float, float] | None) -> float:
    return surface.moved(theta, rates[1] * surface.theta_gradient(q, theta)) if rates else surface.m_step(q)


def _move(kind: str, step: int, surface: _Surface, q: float, theta: float) -> Move:
    place, at = torch.tensor(q, dtype=torch.float64), torch.tensor(theta, dtype=torch.float64)
    bound, log_evidence = float(surface.bound(place, at)), float(surface.log_evidence(at))
    gap = log_evidence - bound
    return Move(kind, step, q, theta, bound, log_evidence, gap if gap > ROUNDING * max(abs(bound), 1.0) else 0.0)


def _surface(model: Any, x: Any, sd: Any) -> _Surface:
    require_kind(model, "model", NormalModel | TwoCoins, "a NormalModel or TwoCoins")
    if isinstance(model, TwoCoins):
        if sd is not None:
            raise ArgumentError("sd is the deviation of a Gaussian q, which the coins have not: leave it out")
        return _Coins(model, as_integer(x, "x", 0, model.tosses))
    value = as_observation(x)
    width = _best_sd(model, value) if sd is None else as_number(sd, "sd", 1e-3, 100.0)
    return _Line(replace(model, intercept=0.0), value, width)


def _best_sd(model: NormalModel, x: float) -> float:
    posterior = model.posterior(x)
    return posterior.sd if isinstance(posterior, Gaussian) else gaussian_fits(model, x).reverse[0].sd


def _as_axis(surface: _Surface, values: Any, name: str) -> Tensor:
    axis = as_vector(values, name)
    low, high = (EDGE, 1 - EDGE) if isinstance(surface, _Coins) else (-FARTHEST, FARTHEST)
    if not 1 <= len(axis) <= MOST_AXIS or not bool(((axis >= low) & (axis <= high)).all()):
        kind = "between 0 and 1" if isinstance(surface, _Coins) else f"within +-{FARTHEST:g}"
        raise ArgumentError(f"{name} has to hold 1 to {MOST_AXIS} numbers {kind}")
    return axis


def _as_point(surface: _Surface, value: Any, name: str) -> float:
    return float(_as_axis(surface, [as_number(value, name)], name)[0])
