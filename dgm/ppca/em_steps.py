"""EM for the PCA model on the D x D covariance S: no N in the step (Tipping and Bishop 1999, appendix B).

E-step: q(z) = p(z | x, theta), summarised by two averages over the data, E[(x - mu) z'] and E[z z'].
M-step: W and sigma^2 maximise L(q, theta). The expanded step also fits the prior's covariance and absorbs it
into W (Liu, Rubin and Wu 1998): the same maximum, thousands of steps fewer when the noise is small.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_flag, as_integer, as_number, as_seed, require_kind
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import (
    Scatter,
    as_complete,
    check_q,
    check_scatter,
    field,
    rounding_share,
    scatter,
    times,
)
from dgm.ppca.model import Params, check_params, power_of_two_above

FINE = 1e-5           # noise below this share of the variance per direction is no difference of variances: digits go
ROUNDING = 1e-14      # noise below this share of the variance per direction is rounding


class Moments(NamedTuple):
    """Sufficient statistics of the M-step: averages over the data of z's moments under q."""

    cross: Tensor    # (D, q)  E[(x - mu) z']
    second: Tensor   # (q, q)  E[z z']
    cov: Tensor      # (q, q)  covariance of q(z), the same for every x


class _Rows(NamedTuple):
    """Rows whose squares are S: where the noise is fine, their residuals keep digits that a difference of S loses."""

    centred: NDArray[np.float64]    # (R, D)  R'R = S
    z: NDArray[np.float64]          # (R, q)  E[z | x] of each row


class _EStep(NamedTuple):
    moments: Moments
    log_lik: float
    rows: _Rows | None     # where the noise is fine


class Step(NamedTuple):
    """One full EM step: theta that the E-step used and its results."""

    params: Params
    moments: Moments
    log_lik: float   # mean log p(x | theta), nats per point; equal to L(q, theta) after this E-step


def e_step(data: Scatter, theta: Params) -> tuple[Moments, float]:
    """q(z) = p(z | x, theta) for all x at once, and the mean log-likelihood of theta.

    Slide "EM algorithm"; Bishop, PRML, eqs. 12.54 and 12.55. theta with sigma2 > 0.
    Returns the averages that the M-step needs, and nats per point.
    ArgumentError when data is no `Scatter`, or theta's noise is rounding beside W; DataError when theta has other
    columns, or its noise is rounding beside the data.

    >>> from dgm import ppca
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> moments, log_lik = ppca.e_step(ppca.scatter(x), ppca.fit(x, 1))
    >>> round(log_lik, 4)
    -2.8379
    """
    data = check_scatter(data)
    theta = _checked(data, theta)
    check_noise(float(theta.sigma2), data.trace / len(data.mean), theta.W.shape[1], _share(data))
    found = _e_step(data, theta, _root(data, theta))
    return found.moments, found.log_lik


def _checked(data: Scatter, theta: Params) -> Params:
    """theta with a density for the columns of `data`, and with noise that W does not round away."""
    theta = check_params(theta, columns=len(data.mean), density=True)
    size = float(theta.W.abs().max()) if theta.W.numel() else 0.0
    if not float(theta.sigma2) ** 0.5 > 1e-8 * size:
        raise ArgumentError(f"sigma2 = {float(theta.sigma2):.3g} of theta is rounding beside W, whose largest entry is "
                            f"{size:.3g}: give more noise")
    return theta


def _root(data: Scatter, theta: Params) -> NDArray[np.float64] | None:
    """Rows (R, D) whose squares are S, R'R = S, where theta's noise is fine."""
    if float(theta.sigma2) >= FINE * data.trace / len(data.mean):
        return None
    if data.cov is None:
        assert data.centred is not None
        return data.centred / math.sqrt(data.n)
    values, vectors = np.linalg.eigh(data.cov)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def _e_step(data: Scatter, theta: Params, root: NDArray[np.float64] | None) -> _EStep:
    """`e_step` of arguments that are known to fit, in a unit near their scale: W'S W is the fourth power of it."""
    W, sigma2 = theta.W.numpy(), float(theta.sigma2)    # numpy: these matrices are so small that calls cost most
    dim, q = W.shape
    unit = power_of_two_above(max(math.sqrt(max(data.trace / dim, sigma2)), float(np.abs(W).max(initial=0.0))))
    sigma2 = sigma2 / unit / unit
    U, scale, Vh = _axes(W / unit)                 # in which M = W'W + sigma^2 I is diagonal, however ill-conditioned
    total = scale * scale + sigma2
    gain = scale / total                           # E[z_j | x] = gain_j u_j'(x - mu)
    SU = times(data, U) / unit / unit
    cross = SU * gain
    inside = U.T @ cross                           # U'S U, columns times gain
    second = gain[:, None] * inside
    second.flat[:: len(scale) + 1] += sigma2 / total
    cov = (Vh.T * (sigma2 / total)) @ Vh
    second = Vh.T @ second @ Vh
    if len(scale) < q:                             # along the latent axes that W has not, q(z) is the prior
        rest = np.eye(q) - Vh.T @ Vh
        cov, second = cov + rest, second + rest
    log_det = float(np.log(total).sum()) + (dim - len(scale)) * math.log(sigma2) + 2 * dim * math.log(unit)
    if root is None:
        rows, distance = None, (data.trace / unit / unit - float(scale @ inside.diagonal())) / sigma2    # tr(C^-1 S)
    else:
        along = root / unit @ U
        off = root / unit - along @ U.T
        rows, distance = _Rows(root, along * gain @ Vh), float((along**2 / total).sum() + (off**2).sum() / sigma2)
    tensors = (torch.from_numpy(value) for value in (cross @ Vh * unit, second, cov))
    return _EStep(Moments(*tensors), log_normal_from_distance(distance, log_det, dim), rows)


def _axes(W: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The singular value decomposition of W; of one column without LAPACK, whose call costs as much as the step."""
    if W.shape[1] != 1:
        return np.linalg.svd(W, full_matrices=False)
    size = math.sqrt(float(np.vdot(W, W)))
    return (W / size if size > 0 else np.eye(*W.shape)), np.array([size]), np.ones((1, 1))


def m_step(data: Scatter, moments: Moments, expanded: bool = False) -> Params:
    """theta = argmax L(q, theta): W = E[(x - mu) z'] E[z z']^-1, sigma^2 = the mean residual variance per direction.

    Slide "EM algorithm"; Bishop, PRML, eqs. 12.56 and 12.57. `expanded` = parameter-expanded (Liu et al. 1998).
    At the maximum theta does not change:

    >>> from dgm import ppca
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> data, theta = ppca.scatter(x), ppca.fit(x, 1)
    >>> round(float(ppca.m_step(data, ppca.e_step(data, theta)[0]).sigma2), 6), float(theta.sigma2)
    (0.5, 0.5)
    """
    data = check_scatter(data)
    theta = _m_step(data, _check_moments(data, moments), None, as_flag(expanded, "expanded"))
    if not 0 <= float(theta.sigma2) < math.inf:
        raise ArgumentError(f"the noise variance of these moments is {float(theta.sigma2):.3g}: use moments that "
                            "dgm.ppca.e_step returns for the same data, of a theta with more noise")
    return theta


def _check_moments(data: Scatter, moments: Any) -> Moments:
    """`moments` in float64, if their shapes belong to the columns of `data` and a distribution of z has them."""
    require_kind(moments, "moments", Moments, "what dgm.ppca.e_step returns")
    cross, second, cov = (field(part, f"{name} of moments")
                          for part, name in zip(moments, Moments._fields, strict=True))
    dim, q = len(data.mean), second.shape[-1] if second.ndim else -1
    if (cross.shape, second.shape, cov.shape) != ((dim, q), (q, q), (q, q)):
        shapes = ", ".join(str(tuple(part.shape)) for part in (cross, second, cov))
        raise ArgumentError(f"moments have the shapes {shapes}: use those that dgm.ppca.e_step returns for the same "
                            f"data, of {dim} columns")
    if any(int(torch.linalg.cholesky_ex(part).info) for part in (second, cov)):
        raise ArgumentError("no distribution of z has these moments: use those that dgm.ppca.e_step returns")
    return Moments(cross, second, cov)


def _m_step(data: Scatter, moments: Moments, rows: _Rows | None, expanded: bool) -> Params:
    cross, second = moments.cross.numpy(), moments.second.numpy()
    try:
        W = np.linalg.solve(second, cross.T).T
        if rows is None:
            sigma2 = (data.trace - float(np.vdot(cross, W))) / len(W)
        else:
            residual = np.square(rows.centred - rows.z @ W.T).sum()
            sigma2 = float(residual + np.vdot(W @ moments.cov.numpy(), W)) / len(W)
        if expanded:
            W = W @ np.linalg.cholesky(second)
    except np.linalg.LinAlgError:
        raise _no_noise(0.0, len(second)) from None
    return Params(data.mean, torch.from_numpy(W), torch.tensor(sigma2, dtype=torch.float64))


def bound(data: Scatter, moments: Moments, theta: Params) -> float:
    """L(q, theta) for the q that `moments` describe, nats per point: each half-step increases it.

    E_q log p(x | z, theta) - KL(q, p(z)), slide "Variational lower bound". theta with sigma2 > 0.
    ArgumentError for moments that belong to other data, DataError for a theta of other columns.

    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import bound
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> data, theta = ppca.scatter(x), ppca.fit(x, 1)
    >>> round(bound(data, ppca.e_step(data, theta)[0], theta), 4)
    -2.8379
    """
    data = check_scatter(data)
    theta, moments = _checked(data, theta), _check_moments(data, moments)
    dim, q = theta.W.shape
    if moments.second.shape != (q, q):
        raise ArgumentError(f"theta has {q} latent dimensions and moments have {len(moments.second)}: "
                            "use moments of a theta with as many")
    sigma2 = float(theta.sigma2)
    misfit = data.trace - 2 * (moments.cross * theta.W).sum() + (moments.second * (theta.W.T @ theta.W)).sum()
    kl = 0.5 * (moments.second.trace() - q - torch.logdet(moments.cov))
    return float(log_normal_from_distance(misfit / sigma2, dim * math.log(sigma2), dim) - kl)


def init(data: Scatter, q: int, seed: int = 0) -> Params:
    """A random start at the scale of the data: W Gaussian, half of the variance per direction as noise.

    q: 0 .. D. Returns theta with W (D, q).

    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import init
    >>> theta = init(ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]), 1)
    >>> tuple(theta.W.shape), float(theta.sigma2)
    ((2, 1), 0.625)
    """
    data = check_scatter(data)
    dim = len(data.mean)
    q, variance = as_integer(q, "q", 0, dim), data.trace / dim
    W = torch.randn(dim, q, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)
    return Params(data.mean, W * math.sqrt(variance / max(1, 2 * q)), torch.tensor(variance / 2, dtype=torch.float64))


def _share(data: Scatter) -> float:
    return rounding_share(data.n, len(data.mean))


def check_noise(sigma2: float, variance: float, q: int, share: float = ROUNDING) -> None:
    """DataError when the noise variance is no more than a `share` of the data's `variance` per direction: rounding.

    >>> from dgm.ppca.em_steps import check_noise
    >>> check_noise(1e-3, 1.0, q=1)
    """
    sigma2, variance = as_number(sigma2, "sigma2"), as_number(variance, "variance", 0)
    q, share = as_integer(q, "q", 0), as_number(share, "share", 0)
    if not sigma2 > share * variance:
        raise _no_noise(sigma2, q)


def _no_noise(sigma2: float, q: int) -> DataError:
    return DataError(f"the noise variance has fallen to rounding (sigma^2 = {sigma2:.1e}): apart from rounding the "
                     f"data vary in no more than q = {q} directions, where the likelihood grows without bound; choose "
                     "a smaller q, scale the columns alike, leave out a row far from all others, or give points that "
                     "differ")


def _or_zero(sigma2: float) -> float:
    """NaN, from a difference of numbers that are too large, as no noise."""
    return sigma2 if math.isfinite(sigma2) else 0.0


def iterate(data: Scatter, theta: Params, expanded: bool = False) -> Iterator[Step]:
    """Endless EM from `theta`: one `Step` per E-step.

    At once ArgumentError for what is no theta with a density, and DataError for one of other columns; during the run
    DataError when no noise is left: the data vary in no more than q directions.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import init, iterate
    >>> data = ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> [round(step.log_lik, 3) for step in islice(iterate(data, init(data, 1)), 40)][-1]
    -2.838
    """
    data = check_scatter(data)
    return _iterate(data, _checked(data, theta), as_flag(expanded, "expanded"))


def _iterate(data: Scatter, theta: Params, expanded: bool) -> Iterator[Step]:
    q, variance, share = theta.W.shape[1], data.trace / len(data.mean), _share(data)
    root: NDArray[np.float64] | None = None
    while True:
        if not float(theta.sigma2) > share * variance:
            check_noise(_or_zero(float(theta.sigma2)), variance, q, share)
        root = _root(data, theta) if root is None else root
        moments, log_lik, rows = _e_step(data, theta, root)
        yield Step(theta, moments, log_lik)
        theta = _m_step(data, moments, rows, expanded)


def em(x: Any, q: int, expanded: bool = False, seed: int = 0) -> Iterator[Step]:
    """Endless EM from a random start; stop it with `itertools.islice` or a test. `log_lik` never decreases.

    It is that of S, whose rounding it has: about 1e-16 tr S / sigma^2 nats per point.
    Slide "EM algorithm"; Tipping and Bishop 1999, appendix B. `expanded` = parameter-expanded EM.
    x: (N, D), read once: a step costs D x D x q (N x D x q when N < D). q: 0 .. D - 1.
    Raises as `dgm.ppca.fit`: at once for bad data or q, during the run when no noise is left.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> steps = list(islice(ppca.em([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]], 1), 40))
    >>> round(steps[-1].log_lik, 3)
    -2.838
    """
    table = as_complete(x)
    q, seed, expanded = check_q(q, table.shape[1]), as_seed(seed), as_flag(expanded, "expanded")
    data = scatter(table)
    return _iterate(data, init(data, q, seed), expanded)
