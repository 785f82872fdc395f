"""The PCA model (lecture slide "PCA model"): z ~ N(0, I), x = W z + mu + noise, noise ~ N(0, sigma^2 I).

Hence p(x) = N(mu, C) with C = W W' + sigma^2 I, and the posterior of z is Gaussian (Tipping and Bishop 1999).
Shapes: N points, D dimensions, q latent dimensions. Log-likelihoods in nats.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import as_data


class Params(NamedTuple):
    """theta of the PCA model. sigma2 = 0 is PCA: a plane without a density."""

    mean: Tensor     # (D,)    mu
    W: Tensor        # (D, q)  columns span the plane
    sigma2: Tensor   # ()      variance of the noise in every direction


class Posterior(NamedTuple):
    """p(z | x) = N(mean, cov); the covariance is the same for every x."""

    mean: Tensor     # (N, q)
    cov: Tensor      # (q, q)


class Draw(NamedTuple):
    """An ancestral sample: z from the prior, decoded onto the plane, plus noise."""

    z: Tensor        # (n, q)
    decoded: Tensor  # (n, D)  W z + mu
    x: Tensor        # (n, D)


def params(mean: Any, W: Any, sigma2: Any) -> Params:
    """`Params` from arrays or lists, as float64.

    mean: (D,). W: (D, q). sigma2: one number. ValueError for shapes that do not fit or a negative variance.

    >>> from dgm import ppca
    >>> tuple(ppca.params([0.0, 0.0, 0.0], [[1.0], [0.0], [0.0]], 0.5).W.shape)
    (3, 1)
    """
    theta = Params(*(torch.as_tensor(value, dtype=torch.float64) for value in (mean, W, sigma2)))
    if theta.mean.ndim != 1 or theta.W.ndim != 2 or len(theta.W) != len(theta.mean) or theta.sigma2.ndim:
        raise ValueError(f"mean {tuple(theta.mean.shape)}, W {tuple(theta.W.shape)}, sigma2 "
                         f"{tuple(theta.sigma2.shape)} do not fit: give (D,), (D, q) and one number")
    if not float(theta.sigma2) >= 0:
        raise ValueError(f"sigma2 is {float(theta.sigma2):g}: a variance is 0 or more")
    return theta


class Axes(NamedTuple):
    """W = U diag(scale) V': axes of the plane, standard deviations along them, axes of the latent space."""

    U: Tensor        # (D, r)  r = min(D, q)
    scale: Tensor    # (r,)
    V: Tensor        # (q, r)


def principal_axes(theta: Params) -> Axes:
    """The singular value decomposition of W: no digits are lost, while W'W would lose half of them.

    >>> from dgm import ppca
    >>> from dgm.ppca.model import principal_axes
    >>> principal_axes(ppca.params([0.0, 0.0], [[0.0, 3.0], [1.0, 0.0]], 0.5)).scale.tolist()
    [3.0, 1.0]
    """
    U, scale, Vh = torch.linalg.svd(torch.as_tensor(theta.W, dtype=torch.float64), full_matrices=False)
    return Axes(U, scale, Vh.T)


def log_prob(x: Any, theta: Params) -> Tensor:
    """log p(x | theta) = log N(x | mu, W W' + sigma^2 I) of every row (slide "PCA model"; Bishop, PRML, eq. 12.35).

    x: (N, D). Returns (N,), nats, at the cost of N x D x q.
    ValueError when x is no table, and at sigma2 = 0: a plane has no density off itself.

    >>> from dgm import ppca
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> [round(value, 4) for value in ppca.log_prob([[0.0, 0.0], [2.0, 1.0]], theta).tolist()]
    [-2.1845, -3.6845]
    """
    data, sigma2 = as_data(x), float(theta.sigma2)
    if sigma2 <= 0:
        raise ValueError("sigma2 = 0 is PCA: it puts all probability on a plane and has no density; give sigma2 > 0")
    axes = principal_axes(theta)
    in_plane = axes.scale**2 + sigma2                                    # eigenvalues of C in the plane
    centred = data - theta.mean
    along = centred @ axes.U
    off = centred - along @ axes.U.T
    distance = (along**2 / in_plane).sum(1) + (off**2).sum(1) / sigma2
    dim = data.shape[1]
    log_det = float(in_plane.log().sum()) + (dim - len(in_plane)) * math.log(sigma2)
    return log_normal_from_distance(distance, log_det, dim)


def log_likelihood(x: Any, theta: Params) -> float:
    """log p(X | theta) = sum_i log p(x_i | theta), nats for the whole data set (slide "Incomplete likelihood").

    x: (N, D). Raises as `log_prob`.

    >>> from dgm import ppca
    >>> round(ppca.log_likelihood([[0.0, 0.0], [2.0, 1.0]], ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)), 4)
    -5.8689
    """
    return float(log_prob(x, theta).sum())


def shrinkage(theta: Params) -> Tensor:
    """s_j^2 / (s_j^2 + sigma^2): the posterior mean of z as a share of PCA's orthogonal projection, along each axis.

    s: singular values of W. Returns (min(D, q),), in 0..1.

    >>> from dgm import ppca
    >>> ppca.shrinkage(ppca.params([0.0, 0.0], [[3.0], [0.0]], 1.0)).tolist()
    [0.9]
    """
    signal = principal_axes(theta).scale ** 2
    total = signal + float(theta.sigma2)
    return torch.where(total > 0, signal / total.clamp_min(torch.finfo(torch.float64).tiny), 0.0)


def uncertainty(theta: Params) -> Tensor:
    """sigma^2 / (s_j^2 + sigma^2): the posterior variance of z along each axis; the prior's is 1.

    s: singular values of W. Returns (min(D, q),), 1 - `shrinkage`.

    >>> from dgm import ppca
    >>> ppca.uncertainty(ppca.params([0.0, 0.0], [[3.0], [0.0]], 1.0)).tolist()
    [0.1]
    """
    total = principal_axes(theta).scale ** 2 + float(theta.sigma2)
    return torch.where(total > 0, float(theta.sigma2) / total.clamp_min(torch.finfo(torch.float64).tiny), 1.0)


def posterior(x: Any, theta: Params) -> Posterior:
    """p(z | x): mean M^-1 W'(x - mu), covariance sigma^2 M^-1, M = W'W + sigma^2 I (Bishop, PRML, eq. 12.42).

    Where a column of W is zero the posterior is the prior, N(0, 1); at sigma2 = 0 the mean is least squares.
    x: (N, D). Returns mean (N, q) and cov (q, q). ValueError when x is no table.

    >>> from dgm import ppca
    >>> found = ppca.posterior([[2.0, 5.0]], ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0))
    >>> round(float(found.mean), 6), round(float(found.cov), 6)
    (1.0, 0.5)
    """
    axes = principal_axes(theta)
    gain = torch.where(axes.scale > 0, shrinkage(theta) / axes.scale.clamp_min(torch.finfo(torch.float64).tiny), 0.0)
    mean = ((as_data(x) - theta.mean) @ axes.U * gain) @ axes.V.T
    return Posterior(mean, (axes.V * uncertainty(theta)) @ axes.V.T)


def decode(z: Any, theta: Params) -> Tensor:
    """W z + mu: the point of the plane with the coordinates z. z: (n, q). Returns (n, D).

    >>> from dgm import ppca
    >>> ppca.decode([[2.0]], ppca.params([1.0, 1.0], [[1.0], [0.0]], 0.5)).tolist()
    [[3.0, 1.0]]
    """
    return torch.as_tensor(z, dtype=torch.float64) @ theta.W.T + theta.mean


def reconstruct(x: Any, theta: Params, shrink: bool = True) -> Tensor:
    """W E[z | x] + mu: the decoded posterior mean, nearer to mu the larger the noise.

    `shrink=False` gives PCA's orthogonal projection, the limit sigma^2 -> 0 (Bishop, PRML, section 12.2.1).
    x: (N, D). Returns (N, D). ValueError when x is no table.

    >>> from dgm import ppca
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> [[round(v, 6) for v in ppca.reconstruct([[2.0, 5.0]], theta, shrink)[0].tolist()] for shrink in (True, False)]
    [[1.0, 0.0], [2.0, 0.0]]
    """
    if shrink:
        return decode(posterior(x, theta).mean, theta)
    axes = principal_axes(theta)
    U = axes.U[:, axes.scale > axes.scale.amax() * 1e-14] if len(axes.scale) else axes.U
    return theta.mean + (as_data(x) - theta.mean) @ U @ U.T


def sample(theta: Params, n: int, seed: int = 0) -> Draw:
    """n ancestral samples: z ~ N(0, I), decoded, plus noise (slide "PCA model").

    Returns z (n, q), decoded (n, D) and x (n, D). ValueError for a negative n.

    >>> from dgm import ppca
    >>> tuple(ppca.sample(ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0), 5, seed=1).x.shape)
    (5, 2)
    """
    if n < 0:
        raise ValueError(f"n = {n} samples: give 0 or more")
    rng = runtime.generator(seed)
    dim, q = theta.W.shape
    z = torch.randn(n, q, generator=rng, dtype=torch.float64)
    decoded = decode(z, theta)
    noise = torch.randn(n, dim, generator=rng, dtype=torch.float64)
    return Draw(z, decoded, decoded + noise * math.sqrt(float(theta.sigma2)))


def rotation(angle: float, q: int = 2, plane: tuple[int, int] = (0, 1)) -> Tensor:
    """The (q, q) rotation by `angle` (radians) in one plane of the latent space.

    plane: the two latent axes. ValueError unless they are two different axes from 0 to q - 1.

    >>> import math
    >>> from dgm import ppca
    >>> ppca.rotation(math.pi / 2).round().int().tolist()
    [[0, -1], [1, 0]]
    """
    R = torch.eye(q, dtype=torch.float64)
    i, j = plane
    if not (0 <= i < q and 0 <= j < q and i != j):
        raise ValueError(f"plane {plane} of a latent space with q = {q}: name two different axes from 0 to {q - 1}")
    R[i, i] = R[j, j] = math.cos(angle)
    R[i, j], R[j, i] = -math.sin(angle), math.sin(angle)
    return R


def rotate(theta: Params, R: Any) -> Params:
    """W R instead of W: the same p(x), other coordinates z (Bishop, PRML, eq. 12.39).

    ValueError unless R is orthogonal, (q, q).

    >>> from dgm import ppca
    >>> x, theta = [[1.0, 2.0]], ppca.params([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]], 0.5)
    >>> bool((ppca.log_prob(x, ppca.rotate(theta, ppca.rotation(0.3))) - ppca.log_prob(x, theta)).abs() < 1e-12)
    True
    """
    R = torch.as_tensor(R, dtype=torch.float64)
    q = theta.W.shape[1]
    if R.shape != (q, q) or not torch.allclose(R @ R.T, torch.eye(q, dtype=torch.float64), atol=1e-9):
        raise ValueError(f"a rotation of q = {q} latent dimensions is an orthogonal ({q}, {q}) matrix, R'R = I")
    return theta._replace(W=theta.W @ R)
