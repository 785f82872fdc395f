"""The PCA model: one import for the lesson, and its maximum likelihood in closed form.

`fit` is Tipping and Bishop's closed form; `em` reaches the same maximum step by step. The model itself
(density, posterior, samples) is in `ppca_model`, the covariance and its eigenvalues are in `ppca_spectrum`.
"""

import math
from typing import Any

import torch

from dgm.ppca.covariance_spectrum import Spectrum, as_data, check_q, spectrum
from dgm.ppca.em_steps import Step, em
from dgm.ppca.model import (
    Draw,
    Params,
    Posterior,
    decode,
    log_likelihood,
    log_prob,
    params,
    posterior,
    reconstruct,
    rotate,
    rotation,
    sample,
    shrinkage,
    uncertainty,
)

__all__ = [
    "Draw", "Params", "Posterior", "Step", "closed_form", "decode", "em", "fit", "log_likelihood", "log_prob", "params",
    "posterior", "reconstruct", "rotate", "rotation", "sample", "shrinkage", "uncertainty",
]


def _noiseless(spec: Spectrum, q: int) -> ValueError:
    """Why the likelihood has no maximum, and what to do."""
    if spec.n == 1:
        return ValueError("one point has no spread: give at least two different points, or fix sigma2")
    if spec.rank == 0:
        return ValueError("all points are equal, so nothing can be fitted: give points that differ, or fix sigma2")
    return ValueError(f"the data vary in {spec.rank} directions only (to rounding), so with q = {q} nothing is left "
                      "for the noise and the likelihood grows without bound as sigma^2 goes to 0: "
                      f"choose q below {spec.rank}, scale the columns alike, or fix sigma2")


def closed_form(spec: Spectrum, q: int, sigma2: float | None = None) -> Params:
    """Maximum likelihood from the spectrum: W = U_q (Lambda_q - sigma^2 I)^(1/2), sigma^2 = mean of the rest.

    With `sigma2` given the noise is held there and W is the best one for it: directions with
    lambda_j <= sigma2 get a column of zeros (they are switched off), and sigma2 = 0 is PCA.
    ValueError: q out of range; a negative sigma2; or no noise left, where the likelihood has no maximum.
    """
    check_q(q, len(spec.mean) - (sigma2 is None))
    noise = spec.noise(q) if sigma2 is None else float(sigma2)
    if not 0 <= noise < math.inf:
        raise ValueError(f"sigma2 = {noise:g}: give a variance of 0 or more")
    if sigma2 is None and noise == 0:
        raise _noiseless(spec, q)
    kept = min(q, spec.vectors.shape[1])
    W = torch.zeros(len(spec.mean), q, dtype=torch.float64)
    W[:, :kept] = spec.vectors[:, :kept] * (spec.values[:kept] - noise).clamp_min(0).sqrt()
    return Params(spec.mean, W, torch.tensor(noise, dtype=torch.float64))


def fit(x: Any, q: int, sigma2: float | None = None) -> Params:
    """Maximum likelihood in closed form, no iteration. Tipping and Bishop 1999, eqs. 15 and 16.

    x: (N, D), also N < D. Raises ValueError as `dgm.ppca_spectrum.scatter` and `closed_form`.
    """
    data = as_data(x)
    check_q(q, data.shape[1] - (sigma2 is None))
    return closed_form(spectrum(data), q, sigma2)
