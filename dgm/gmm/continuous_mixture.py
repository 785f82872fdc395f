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

from dgm.gaussian import log_normal
from dgm.monte_carlo import log_mean
from dgm.runtime import generator

REACH = 12.0    # standard deviations of z: enough for x eight deviations from its mean


@dataclass(frozen=True)
class Curve:
    """theta: how a latent z becomes the mean of x. ValueError for a noise that is not positive.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> continuous_mixture.Curve(slope=2.0, swing=0.0).mean(torch.tensor([0.0, 1.5])).tolist()
    [0.0, 3.0]
    """

    slope: float = 1.0
    swing: float = 1.5
    frequency: float = 2.0
    noise: float = 0.3     # sigma

    def __post_init__(self) -> None:
        if not self.noise > 0:
            raise ValueError(f"the noise must be positive, not {self.noise}")

    def mean(self, z: Tensor) -> Tensor:
        """g(z), of the shape of z."""
        return self.slope * z + self.swing * torch.sin(self.frequency * z)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), nats, of the common shape of x and z, which broadcast."""
        return log_normal(x, self.mean(z), self.noise**2)


class Estimate(NamedTuple):
    """Naive Monte Carlo at each x."""

    latents: Tensor  # (S,)     z_s ~ p(z)
    pieces: Tensor   # (S, M)   p(x_m | z_s) / S: the faint Gaussians whose sum is the estimate
    value: Tensor    # (M,)     their sum
    error: Tensor    # (M,)     its standard error


def evidence(x: Tensor, curve: Curve) -> Tensor:
    """log p(x) = log integral p(x | z) p(z) dz, by the trapezoidal rule, exact to rounding on a smooth integrand.

    The rule converges exponentially for analytic integrands that vanish at both ends (Trefethen and Weideman 2014).

    x: (M,). Returns (M,), nats.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> line = continuous_mixture.Curve(slope=3.0, swing=0.0, noise=4.0)     # so x ~ N(0, 25)
    >>> [round(value, 4) for value in continuous_mixture.evidence(torch.tensor([0.0, 5.0]), line).tolist()]
    [-2.5284, -3.0284]
    """
    steepest = abs(curve.slope) + abs(curve.swing * curve.frequency)
    nodes = math.ceil(2 * REACH * max(8.0, 2.5 * steepest / curve.noise, 4 * abs(curve.frequency)))
    z = torch.linspace(-REACH, REACH, nodes, dtype=torch.float64)
    log_prior = log_normal(z, 0.0, 1.0)
    values = torch.as_tensor(x, dtype=torch.float64)
    joint = curve.log_likelihood(values[:, None], z) + log_prior
    return joint.logsumexp(1) + math.log(2 * REACH / (nodes - 1))


def monte_carlo(x: Tensor, curve: Curve, samples: int, seed: int = 0) -> Estimate:
    """p(x) as the mean of p(x | z_s) over samples z_s from the prior: unbiased, with its standard error.

    p(x) ~ 1/S sum_s p(x | z_s)

    x: (M,). samples: S. Returns densities per unit of x: pieces (S, M), value (M,) and error (M,).
    ValueError for fewer than 2 samples.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> run = continuous_mixture.monte_carlo(torch.tensor([0.0, 1.0]), continuous_mixture.Curve(), samples=50)
    >>> tuple(run.pieces.shape), tuple(run.value.shape)
    ((50, 2), (2,))
    """
    z = torch.randn(samples, generator=generator(seed), dtype=torch.float64)
    log_likelihood = curve.log_likelihood(torch.as_tensor(x, dtype=torch.float64), z[:, None])
    average = log_mean(log_likelihood)
    value = average.value.exp()
    return Estimate(z, log_likelihood.exp() / samples, value, value * average.error)
