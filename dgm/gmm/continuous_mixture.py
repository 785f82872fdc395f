"""A complex density from simple pieces (slide "Latent variable models"): p(x) = integral p(x | z) p(z) dz in 1-D.

z ~ N(0, 1), x | z ~ N(g(z), sigma^2), g(z) = slope z + swing sin(frequency z). Each z contributes one faint Gaussian;
the evidence is their sum. In one dimension a quadrature gives it to rounding, so the naive Monte Carlo estimate
(1/S) sum_s p(x | z_s), z_s ~ p(z), can be shown beside the truth.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_seed, as_tensor, as_vector, require_kind
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal
from dgm.monte_carlo import log_mean
from dgm.runtime import generator

REACH = 12.0            # standard deviations of z, at least
NEGLIGIBLE = 100.0      # -2 log of what the integrand may be at the ends, as a share of its maximum
MOST_NODES = 400_000
MOST_SAMPLES = 10**8
MOST_VALUES = 1 << 22   # of the integrand that are in memory together
ROUNDING = 1e-12        # nats: less of an excess of log E p(x|z)^2 over log p(x)^2 is none
LARGEST = 1e100         # of a curve's numbers and of x: their squares fit into float64


@dataclass(frozen=True)
class Curve:
    """theta: how a latent z becomes the mean of x. ArgumentError for a noise that is not positive, NaN or infinity.

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
        for name in ("slope", "swing", "frequency"):
            object.__setattr__(self, name, as_number(getattr(self, name), name, -LARGEST, LARGEST))
        object.__setattr__(self, "noise", as_number(self.noise, "noise", 1 / LARGEST, LARGEST))

    def mean(self, z: Tensor) -> Tensor:
        """g(z), of the shape of z. DataError for z that are no finite numbers."""
        return _mean(self, _checked(z, "z"))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), nats, of the common shape of x and z, which broadcast. DataError unless they do."""
        values, latents = _checked(x), _checked(z, "z")
        pairs = zip(reversed(values.shape), reversed(latents.shape), strict=False)
        if not all(one == other or 1 in (one, other) for one, other in pairs):
            raise DataError(f"x of shape {tuple(values.shape)} and z of shape {tuple(latents.shape)} have no common "
                            "shape: give both the same, or one number for one of them")
        return _log_likelihood(values, latents, self)


def _mean(curve: Curve, z: Tensor) -> Tensor:
    return curve.slope * z + curve.swing * torch.sin(curve.frequency * z)


def _log_likelihood(x: Tensor, z: Tensor, curve: Curve) -> Tensor:
    return log_normal(x, _mean(curve, z), curve.noise**2)


class Estimate(NamedTuple):
    """Naive Monte Carlo at each x."""

    latents: Tensor  # (S,)     z_s ~ p(z)
    pieces: Tensor   # (S, M)   p(x_m | z_s) / S: the faint Gaussians whose sum is the estimate
    value: Tensor    # (M,)     their sum
    error: Tensor    # (M,)     its standard error


def evidence(x: Tensor, curve: Curve) -> Tensor:
    """log p(x) = log integral p(x | z) p(z) dz, by the trapezoidal rule, exact to rounding on a smooth integrand.

    The rule converges exponentially for analytic integrands that vanish at both ends (Trefethen and Weideman 2014).

    x: (M,). Returns (M,), nats. DataError for x that are no finite numbers, ArgumentError where the noise is so small
    or x so far away that the rule would need more than `MOST_NODES` values of z.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> line = continuous_mixture.Curve(slope=3.0, swing=0.0, noise=4.0)     # so x ~ N(0, 25)
    >>> [round(value, 4) for value in continuous_mixture.evidence(torch.tensor([0.0, 5.0]), line).tolist()]
    [-2.5284, -3.0284]
    """
    _check_curve(curve)
    values = _vector(x)
    steepest = abs(curve.slope) + abs(curve.swing * curve.frequency)
    reach = _reach(float(values.abs().max()), curve)
    wanted = 2 * reach * max(8.0, 2.5 * steepest / curve.noise, 4 * abs(curve.frequency))
    if wanted > MOST_NODES:
        raise ArgumentError(f"the integral over z would need {wanted:.0e} values of z: choose a larger noise, a "
                            "smaller slope, swing or frequency, or x nearer to 0")
    nodes = math.ceil(wanted)
    z = torch.linspace(-reach, reach, nodes, dtype=torch.float64)
    log_prior, width = log_normal(z, 0.0, 1.0), math.log(2 * reach / (nodes - 1))
    parts = torch.split(values, max(MOST_VALUES // nodes, 1))
    return torch.cat([(_log_likelihood(part[:, None], z, curve) + log_prior).logsumexp(1) + width for part in parts])


def _reach(farthest: float, curve: Curve) -> float:
    """|z| beyond which the integrand is negligible for all |x| up to `farthest`.

    Its exponent is at most -z^2/2, and at least the larger of -(x/sigma)^2/2, at z = 0, and
    -((x/slope)^2 + (swing/sigma)^2)/2, at z = x/slope.
    """
    least = (farthest / curve.noise) ** 2
    if curve.slope:
        least = min(least, (farthest / curve.slope) ** 2 + (curve.swing / curve.noise) ** 2)
    return max(REACH, math.sqrt(least + NEGLIGIBLE))


def _checked(x: Tensor, name: str = "x") -> Tensor:
    """Numbers of any shape whose squares fit into float64."""
    values = as_tensor(x, name)
    if not values.numel():
        raise DataError(f"{name} holds no number: give at least one")
    if float(values.abs().max()) > LARGEST:
        raise DataError(f"{name} holds a number beyond {LARGEST:g}: choose {name} nearer to 0")
    return values


def _check_curve(curve: Curve) -> None:
    require_kind(curve, "curve", Curve, "a Curve")


def _vector(x: Tensor) -> Tensor:
    return as_vector(_checked(x))


def monte_carlo(x: Tensor, curve: Curve, samples: int, seed: int = 0) -> Estimate:
    """p(x) as the mean of p(x | z_s) over samples z_s from the prior: unbiased, with its standard error.

    p(x) ~ 1/S sum_s p(x | z_s)

    x: (M,). samples: S. Returns densities per unit of x: pieces (S, M), value (M,) and error (M,).
    DataError for x that are no finite numbers, ArgumentError for fewer than 2 samples.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> run = continuous_mixture.monte_carlo(torch.tensor([0.0, 1.0]), continuous_mixture.Curve(), samples=50)
    >>> tuple(run.pieces.shape), tuple(run.value.shape)
    ((50, 2), (2,))
    """
    _check_curve(curve)
    values, count = _vector(x), as_integer(samples, "samples", 2, MOST_SAMPLES)
    z = torch.randn(count, generator=generator(as_seed(seed)), dtype=torch.float64)
    log_likelihood = _log_likelihood(values, z[:, None], curve)
    average = log_mean(log_likelihood)
    value = average.value.exp()
    return Estimate(z, log_likelihood.exp() / count, value, value * average.error)


def log_relative_error(x: Tensor, curve: Curve, samples: int) -> Tensor:
    """The log of the exact standard error of `monte_carlo`'s value, divided by p(x).

    E p(x|z)^2 = integral N(x; g(z), sigma^2)^2 p(z) dz = p'(x) / (2 sigma sqrt(pi)), p' with the noise sigma / sqrt(2).

    x: (M,). samples: S. Returns (M,): a logarithm, because far from the curve p(x) is too small for a float; minus
    infinity where p(x | z) does not depend on z. Raises as `evidence` and `monte_carlo`.

    >>> import torch
    >>> from dgm.gmm import continuous_mixture
    >>> error = continuous_mixture.log_relative_error(torch.tensor([1.0]), continuous_mixture.Curve(), 30)
    >>> round(error.exp().item(), 2)
    0.41
    """
    _check_curve(curve)
    values, count = _vector(x), as_integer(samples, "samples", 2, MOST_SAMPLES)
    narrower = replace(curve, noise=curve.noise / math.sqrt(2))
    log_second = evidence(values, narrower) - math.log(2 * curve.noise * math.sqrt(math.pi))
    excess = log_second - 2 * evidence(values, curve)       # log of E p(x|z)^2 / p(x)^2
    error = 0.5 * (excess + torch.log(-torch.expm1(-excess)) - math.log(count))
    return torch.where(excess < ROUNDING, -math.inf, error)
