"""Maximum likelihood of the PCA model in closed form (Tipping and Bishop 1999; Bishop, PRML, section 12.2.1)."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_number, as_vector
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import LOG_2PI
from dgm.ppca.covariance_spectrum import (
    Spectrum,
    as_complete,
    as_data,
    check_q,
    check_spectrum,
    rounding_share,
    spectrum,
)
from dgm.ppca.model import Params, reconstruct


def noiseless(spec: Spectrum, q: int, remedy: str = "fix sigma2") -> str:
    """Why the likelihood of q latent dimensions has no maximum, and what to do, in a sentence; "" where it has one.

    >>> from dgm import ppca
    >>> from dgm.ppca.maximum_likelihood import noiseless
    >>> noiseless(ppca.spectrum([[0.0], [2.0]]), 0)
    ''
    >>> noiseless(ppca.spectrum([[1.0], [1.0]]), 0)
    'all points are equal, so nothing can be fitted: give points that differ, or fix sigma2'
    """
    if spec.noise(q) > rounding_share(spec.n, len(spec.values)) * float(spec.values.mean()):
        return ""
    if spec.n == 1:
        return f"one point has no spread: give at least two different points, or {remedy}"
    if spec.rank == 0:
        return f"all points are equal, so nothing can be fitted: give points that differ, or {remedy}"
    return (f"the data vary in {spec.rank} direction{'s' * (spec.rank != 1)} only (to rounding), so with q = {q} "
            "nothing is left for the noise and the likelihood grows without bound as sigma^2 goes to 0: "
            f"choose q below {spec.rank}, scale the columns alike, leave out a row far from all others, or {remedy}")


def largest_log_lik(values: Tensor, q: int, sigma2: Tensor) -> Tensor:
    """Mean log-likelihood at noise sigma2 (...,), maximised over W, from eigenvalues (D,) that are known to fit.

    The formula is that of `dgm.ppca.profile_likelihood.profile_log_lik`. Returns (...,), nats per point.

    >>> import torch
    >>> from dgm.ppca.maximum_likelihood import largest_log_lik
    >>> largest_log_lik(torch.tensor([2.0, 0.5]), 1, torch.tensor(0.5))
    tensor(-2.8379)
    """
    noise = sigma2[..., None]
    retained = (torch.arange(len(values)) < q) & (values > noise)
    inside = values.clamp_min(torch.finfo(torch.float64).tiny).log() + 1
    outside = torch.where(noise > 0, noise.log() + values / noise, math.inf)
    return -0.5 * (len(values) * LOG_2PI + torch.where(retained, inside, outside).sum(-1))


def closed_form(spec: Spectrum, q: int, sigma2: float | None = None) -> Params:
    """Maximum likelihood from the spectrum: W = U_q (Lambda_q - sigma^2 I)^(1/2), sigma^2 = mean of the rest.

    With `sigma2` given the noise is fixed there and W is the best one for it: directions with lambda_j <= sigma2
    get a column of zeros, and sigma2 = 0 is PCA. PRML, eqs. 12.45 and 12.46.

    q: 0 .. D - 1 (D with `sigma2`). Returns theta with W (D, q).
    ArgumentError: q out of range; a negative sigma2. DataError: no noise left, where the likelihood has no maximum.

    >>> from dgm import ppca
    >>> spec = ppca.spectrum([[-3.0, 0.0], [3.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 4.5 and 0.5
    >>> theta = ppca.closed_form(spec, 1)
    >>> round(float(theta.W[0]), 6), float(theta.sigma2)
    (2.0, 0.5)
    """
    spec = check_spectrum(spec)
    q = check_q(q, len(spec.mean), fixed_noise=sigma2 is not None)
    noise = spec.noise(q) if sigma2 is None else as_number(sigma2, "sigma2")
    if noise < 0:
        raise ArgumentError(f"sigma2 = {noise:g}: give a variance of 0 or more")
    if sigma2 is None and (why := noiseless(spec, q)):
        raise DataError(why)
    columns = min(q, spec.vectors.shape[1])
    W = torch.zeros(len(spec.mean), q, dtype=torch.float64)
    W[:, :columns] = spec.vectors[:, :columns] * (spec.values[:columns] - noise).clamp_min(0).sqrt()
    return Params(spec.mean, W, torch.tensor(noise, dtype=torch.float64))


def fit(x: Any, q: int, sigma2: float | None = None) -> Params:
    """Maximum likelihood in closed form, no iteration (slide "PCA model"; Bishop, PRML, eqs. 12.45 and 12.46).

    x: (N, D), also N < D. q: 0 .. D - 1 latent dimensions. sigma2: a fixed noise variance, 0 for PCA.
    Raises as `dgm.ppca.scatter` for bad data and as `closed_form`.

    >>> from dgm import ppca
    >>> theta = ppca.fit([[-3.0, 0.0], [3.0, 0.0], [0.0, -1.0], [0.0, 1.0]], 1)
    >>> round(float(theta.W[0]), 6), float(theta.sigma2)
    (2.0, 0.5)
    """
    data = as_complete(x)
    q = check_q(q, data.shape[1], fixed_noise=sigma2 is not None)
    return closed_form(spectrum(data), q, sigma2)


def reconstruction_errors(x: Any, spec: Spectrum, qs: Sequence[int]) -> list[tuple[int, Tensor, float]]:
    """For each q: the reconstructions of x by PCA's projection, and their mean squared error per value.

    x: (M, D). spec: of the training data. Returns (q, reconstructions (M, D), error) for each of `qs`.
    Raises as `closed_form`; DataError for data of other columns.

    >>> import torch
    >>> from dgm import ppca
    >>> x = torch.tensor([[-3.0, 0.0], [3.0, 0.0], [0.0, -1.0], [0.0, 1.0]], dtype=torch.float64)
    >>> [(q, round(error, 6)) for q, _, error in ppca.reconstruction_errors(x, ppca.spectrum(x), [0, 1])]
    [(0, 2.5), (1, 0.25)]
    """
    spec = check_spectrum(spec)
    data = as_data(x, columns=len(spec.mean))
    wanted = as_vector(qs, "qs").tolist()
    out = []
    for value in wanted:
        q = check_q(value, len(spec.mean))
        images = reconstruct(data, closed_form(spec, q), shrink=False)
        out.append((q, images, float(((images - data) ** 2).mean())))
    return out
