"""A complex density from simple pieces (slide "Latent variable models"): p(x) = integral p(x | z) p(z) dz in 1-D.

z ~ N(0, 1), x | z ~ N(g(z), sigma^2), g(z) = slope z + swing sin(frequency z). Each z contributes one faint Gaussian;
the evidence is their sum. In one dimension a quadrature gives it to rounding, so the naive Monte Carlo estimate
(1/S) sum_s p(x | z_s), z_s ~ p(z), can be shown beside the truth.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.runtime import generator

REACH = 12.0    # deviations of z: far enough for x eight deviations out


@dataclass(frozen=True)
class Curve:
    """theta: how a latent z becomes the mean of x."""

    slope: float = 1.0
    swing: float = 1.5
    frequency: float = 2.0
    noise: float = 0.3     # sigma

    def __post_init__(self) -> None:
        if not self.noise > 0:
            raise ValueError(f"the noise must be positive, not {self.noise}")

    def mean(self, z: Tensor) -> Tensor:
        """g(z)."""
        return self.slope * z + self.swing * torch.sin(self.frequency * z)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), nats, for broadcasting x and z."""
        scaled = (x - self.mean(z)) / self.noise
        return -scaled.square() / 2 - math.log(self.noise) - math.log(2 * math.pi) / 2


class Estimate(NamedTuple):
    """Naive Monte Carlo at each x."""

    latents: Tensor  # (S,)     z_s ~ p(z)
    pieces: Tensor   # (S, M)   p(x_m | z_s) / S: the faint Gaussians whose sum is the estimate
    value: Tensor    # (M,)     their sum
    error: Tensor    # (M,)     its standard error


def evidence(x: Tensor, curve: Curve) -> Tensor:
    """(M,): log p(x), nats, by the trapezoidal rule, which on a smooth integrand is exact to rounding."""
    steepest = abs(curve.slope) + abs(curve.swing * curve.frequency)
    nodes = math.ceil(2 * REACH * max(8.0, 2.5 * steepest / curve.noise, 4 * abs(curve.frequency)))
    z = torch.linspace(-REACH, REACH, nodes, dtype=torch.float64)
    log_prior = -z.square() / 2 - math.log(2 * math.pi) / 2
    values = torch.as_tensor(x, dtype=torch.float64)
    joint = curve.log_likelihood(values[:, None], z) + log_prior
    return joint.logsumexp(1) + math.log(2 * REACH / (nodes - 1))


def monte_carlo(x: Tensor, curve: Curve, samples: int, seed: int = 0) -> Estimate:
    """p(x) as the mean of p(x | z_s) over draws from the prior: unbiased, with its standard error."""
    if samples < 2:
        raise ValueError(f"an error bar needs at least 2 samples, not {samples}")
    z = torch.randn(samples, generator=generator(seed), dtype=torch.float64)
    likelihood = curve.log_likelihood(torch.as_tensor(x, dtype=torch.float64), z[:, None]).exp()
    return Estimate(z, likelihood / samples, likelihood.mean(0), likelihood.std(0) / math.sqrt(samples))


def draw(curve: Curve, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """n pairs (z, x): z ~ p(z), then x ~ p(x | z)."""
    rng = generator(seed, 1)
    z, eps = torch.randn(2, n, generator=rng, dtype=torch.float64)
    return z, curve.mean(z) + curve.noise * eps
