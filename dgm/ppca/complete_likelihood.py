"""Complete and incomplete likelihood, and p(x) = integral p(x | z) p(z) dz by Monte Carlo.

Slides "Latent variable models" and "Incomplete likelihood"; with z known the maximum is least squares.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_seed, as_vector
from dgm.errors import DataError
from dgm.gaussian import log_isotropic_normal, log_standard_normal
from dgm.monte_carlo import log_mean
from dgm.ppca.covariance_spectrum import as_data, check_spread
from dgm.ppca.model import MOST_NUMBERS, Params, as_latents, check_params, decode


class Estimate(NamedTuple):
    """A naive Monte Carlo estimate of log p(x), nats."""

    log_prob: float
    error: float       # standard error by the delta method; unreliable when `effective` is small
    effective: float   # effective number of samples, (sum w)^2 / sum w^2
    z: Tensor          # (S, q)  the samples
    log_terms: Tensor  # (S,)    log p(x | z_s)


def complete_log_prob(x: Any, z: Any, theta: Params) -> Tensor:
    """log p(x, z) = log N(x | W z + mu, sigma^2 I) + log N(z | 0, I): the objective if z were observed.

    Slide "Incomplete likelihood". x: (N, D). z: (N, q). Returns (N,), nats.
    DataError unless there is one z of theta's q dimensions for each x; ArgumentError at sigma2 = 0.

    >>> from dgm import ppca
    >>> from dgm.ppca.complete_likelihood import complete_log_prob
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> [round(value, 4) for value in complete_log_prob([[0.0, 0.0], [1.0, 2.0]], [[0.0], [1.0]], theta).tolist()]
    [-2.7568, -5.2568]
    """
    theta = check_params(theta, density=True)
    data, z = as_data(x, columns=len(theta.mean)), as_latents(z, theta)
    if z.shape[:-1] != data.shape[:1]:
        raise DataError(f"z has the shape {tuple(z.shape)} for {len(data)} rows of x: give one z for each x")
    return log_isotropic_normal(data, decode(z, theta), float(theta.sigma2)) + log_standard_normal(z)


def fit_complete(x: Any, z: Any) -> Params:
    """argmax of sum_i log p(x_i, z_i) over theta: least squares of x on (z, 1), no EM.

    x: (N, D). z: (N, q), observed, in any unit. sigma2 is the mean squared residual.
    DataError unless there is one z per x and N >= q + 2.

    >>> from dgm.ppca.complete_likelihood import fit_complete
    >>> theta = fit_complete([[1.0], [3.0], [5.0]], [[0.0], [1.0], [2.0]])      # x = 2 z + 1
    >>> round(float(theta.W), 6), round(float(theta.mean), 6), round(float(theta.sigma2), 6)
    (2.0, 1.0, 0.0)
    """
    data, latent = as_data(x), as_data(z, "z")
    n, q = latent.shape
    if n != len(data) or n < q + 2:
        raise DataError(f"{n} rows of z for {len(data)} rows of x: give one z per x, and at least q + 2 = {q + 2}")
    # centred and with columns of one size, an offset or a unit costs no digits
    x_mean, z_mean = data.mean(0), latent.mean(0)
    outputs, inputs = data - x_mean, latent - z_mean
    variance = float((outputs**2).mean(0).max())
    if variance > 0 or not bool((data == data[0]).all()):
        check_spread(variance)
    sizes = inputs.abs().amax(0)
    sizes = torch.where(sizes > 0, sizes, 1.0)
    weights = torch.linalg.lstsq(inputs / sizes, outputs, driver="gelsd").solution
    residual = outputs - inputs / sizes @ weights
    W = (weights / sizes[:, None]).T.contiguous()
    return check_params(Params(x_mean - W @ z_mean, W, (residual**2).mean()))


def monte_carlo(point: Any, theta: Params, samples: int = 1000, seed: int = 0) -> Estimate:
    """log of the average of p(x | z_s), z_s ~ N(0, I), at one point x: the naive estimate of log p(x).

    Slide "Incomplete likelihood". point: (D,). Returns the estimate and its standard error, nats.
    ArgumentError with fewer than 2 samples, more than fit in memory, or sigma2 = 0.

    >>> from dgm import ppca
    >>> from dgm.ppca.complete_likelihood import monte_carlo
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> found = monte_carlo([0.5, 0.0], theta, samples=10_000)
    >>> abs(found.log_prob - float(ppca.log_prob([[0.5, 0.0]], theta))) < 4 * found.error
    True
    """
    theta = check_params(theta, density=True)
    dim, q = theta.W.shape
    at, samples = as_vector(point, "point", size=dim), as_integer(samples, "samples", 2, MOST_NUMBERS // max(dim, q))
    z = torch.randn(samples, q, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)
    terms = log_isotropic_normal(at, decode(z, theta), float(theta.sigma2))
    average = log_mean(terms)
    return Estimate(float(average.value), float(average.error), float(average.effective), z, terms)
