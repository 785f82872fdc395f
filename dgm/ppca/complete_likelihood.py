"""Complete and incomplete likelihood, and p(x) = integral p(x | z) p(z) dz by drawing z (slides "Latent variable
models" and "Incomplete likelihood")."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.ppca.covariance_spectrum import as_data
from dgm.ppca.model import Params, decode


class Estimate(NamedTuple):
    """A naive Monte Carlo estimate of log p(x), nats."""

    log_prob: float
    error: float       # standard error by the delta method; not to be trusted when few draws carry the sum
    effective: float   # draws that carry the sum, (sum w)^2 / sum w^2
    z: Tensor          # (S, q)  the draws
    log_terms: Tensor  # (S,)    log p(x | z_s)


def _isotropic(error: Tensor, sigma2: float) -> Tensor:
    """log N(error | 0, sigma^2 I) over the last axis."""
    return -0.5 * (error.shape[-1] * math.log(2 * math.pi * sigma2) + (error**2).sum(-1) / sigma2)


def complete_log_prob(x: Any, z: Any, theta: Params) -> Tensor:
    """log p(x, z) = log N(x | W z + mu, sigma^2 I) + log N(z | 0, I), (N,): what could be maximised if Z were known."""
    z = torch.as_tensor(z, dtype=torch.float64)
    return _isotropic(as_data(x) - decode(z, theta), float(theta.sigma2)) + _isotropic(z, 1.0)


def fit_complete(x: Any, z: Any) -> Params:
    """argmax of sum_i log p(x_i, z_i): plain least squares of x on z, no EM. ValueError with fewer rows than q + 2."""
    data, latent = as_data(x), as_data(z)
    n, q = latent.shape
    if n != len(data) or n < q + 2:
        raise ValueError(f"{n} rows of z for {len(data)} rows of x: give one z per x, and at least q + 2 = {q + 2}")
    design = torch.cat([latent, torch.ones(n, 1, dtype=torch.float64)], dim=1)
    weights = torch.linalg.lstsq(design, data).solution
    return Params(weights[q], weights[:q].T.contiguous(), ((data - design @ weights) ** 2).mean())


def monte_carlo(point: Any, theta: Params, samples: int = 1000, seed: int = 0) -> Estimate:
    """log of the average of p(x | z_s), z_s ~ N(0, I), at one point x (D,). ValueError: fewer than 2 samples."""
    if samples < 2:
        raise ValueError(f"{samples} samples give no standard error: draw at least 2")
    z = torch.randn(samples, theta.W.shape[1], generator=runtime.generator(seed), dtype=torch.float64)
    terms = _isotropic(torch.as_tensor(point, dtype=torch.float64) - decode(z, theta), float(theta.sigma2))
    weights = (terms - terms.max()).exp()
    mean = float(weights.mean())
    error = float(weights.std()) / math.sqrt(samples) / mean
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return Estimate(float(terms.max()) + math.log(mean), error, effective, z, terms)
