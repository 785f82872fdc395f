"""The PCA model (lecture slide "PCA model"): z ~ N(0, I), x = W z + mu + noise, noise ~ N(0, sigma^2 I).

Hence p(x) = N(mu, C) with C = W W' + sigma^2 I, and the posterior of z is Gaussian (Tipping and Bishop 1999).
Shapes: N points, D dimensions, q latent dimensions. Log-likelihoods in nats.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_flag, as_integer, as_number, as_seed, as_tensor, require_kind, shown
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import as_data

MOST_NUMBERS = 10**8          # that one sample holds
LARGEST_ROTATION = 10_000     # latent dimensions


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

    mean: (D,). W: (D, q). sigma2: one number.
    ArgumentError for shapes that do not fit, values that are not finite or a negative variance.

    >>> from dgm import ppca
    >>> tuple(ppca.params([0.0, 0.0, 0.0], [[1.0], [0.0], [0.0]], 0.5).W.shape)
    (3, 1)
    """
    return check_params(Params(mean, W, sigma2))


def check_params(theta: Any, *, columns: int | None = None, density: bool = False) -> Params:
    """theta as float64 tensors of shapes (D,), (D, q) and (), finite, with sigma2 of 0 or more.

    columns: the D of the data that it is applied to. density: sigma2 has to be positive.
    ArgumentError for a theta that is none; DataError for data of other columns.

    >>> from dgm import ppca
    >>> from dgm.ppca.model import check_params
    >>> check_params(ppca.params([0.0, 0.0], [[1.0], [0.0]], 0.5), columns=2).sigma2
    tensor(0.5000, dtype=torch.float64)
    """
    require_kind(theta, "theta", Params, "the parameters that dgm.ppca.fit or dgm.ppca.params returns")
    mean, W, sigma2 = (as_tensor(value, name, finite=False)
                       for value, name in zip(theta, ("mean", "W", "sigma2"), strict=True))
    if mean.ndim != 1 or W.ndim != 2 or len(W) != len(mean) or sigma2.ndim or not len(mean):
        raise ArgumentError(f"mean {tuple(mean.shape)}, W {tuple(W.shape)}, sigma2 {tuple(sigma2.shape)} of theta do "
                            "not fit: give (D,), (D, q) and one number")
    if not bool(mean.isfinite().all() & W.isfinite().all()):
        raise ArgumentError("mean or W of theta holds NaN or infinity: fit the model again, or correct the entry")
    if not 0 <= float(sigma2) < math.inf:
        raise ArgumentError(f"sigma2 is {float(sigma2):g}: a variance is finite, and 0 or more")
    if density and float(sigma2) == 0:
        raise ArgumentError("sigma2 = 0 is PCA: it puts all probability on a plane and has no density; give sigma2 > 0")
    if columns not in (None, len(mean)):
        raise DataError(f"the data have {columns} columns where theta has {len(mean)}: give the columns that the model "
                        "was fitted to, in the same order")
    return Params(mean, W, sigma2)


def power_of_two_above(size: float) -> float:
    """The smallest power of two above `size`, which is not negative: to divide by it rounds nothing.

    >>> from dgm.ppca.model import power_of_two_above
    >>> power_of_two_above(5.0)
    8.0
    """
    return math.ldexp(1.0, min(math.frexp(size)[1], 1023))


class Axes(NamedTuple):
    """W = U diag(scale) V': axes of the plane, standard deviations along them, axes of the latent space."""

    U: Tensor        # (D, r)  r = min(D, q)
    scale: Tensor    # (r,)
    V: Tensor        # (q, r)


def _axes(theta: Params) -> Axes:
    U, scale, Vh = torch.linalg.svd(theta.W, full_matrices=False)
    return Axes(U, scale, Vh.T)


def log_prob(x: Any, theta: Params) -> Tensor:
    """log p(x | theta) = log N(x | mu, W W' + sigma^2 I) of every row (slide "PCA model"; Bishop, PRML, eq. 12.35).

    x: (N, D). Returns (N,), nats, at the cost of N x D x q.
    DataError when x is no table of theta's columns; ArgumentError at sigma2 = 0: a plane has no density off itself.

    >>> from dgm import ppca
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> [round(value, 4) for value in ppca.log_prob([[0.0, 0.0], [2.0, 1.0]], theta).tolist()]
    [-2.1845, -3.6845]
    """
    theta = check_params(theta, density=True)
    dim, sigma2 = len(theta.mean), float(theta.sigma2)
    data, axes = as_data(x, columns=dim), _axes(theta)
    deviations = torch.hypot(axes.scale, theta.sigma2.sqrt())           # of x along the axes of the plane
    centred = data - theta.mean
    along = centred @ axes.U
    off = centred - along @ axes.U.T
    distance = ((along / deviations) ** 2).sum(1) + ((off / math.sqrt(sigma2)) ** 2).sum(1)
    # beyond the largest float a distance is inf - inf on the way
    distance = torch.where(distance.isnan(), math.inf, distance)
    log_det = 2 * float(deviations.log().sum()) + (dim - len(deviations)) * math.log(sigma2)
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
    theta = check_params(theta)
    return _shrinkage(_axes(theta).scale, theta.sigma2)


def _shrinkage(scale: Tensor, sigma2: Tensor) -> Tensor:
    """s^2 / (s^2 + sigma^2), 0 where both are 0; in a unit in which their squares do not leave float64."""
    unit = torch.ldexp(torch.ones_like(scale), torch.frexp(torch.maximum(scale, sigma2.sqrt())).exponent)
    signal, noise = (scale / unit) ** 2, sigma2 / unit / unit
    return torch.where(scale > 0, signal / (signal + noise), 0.0)


def _uncertainty(scale: Tensor, sigma2: Tensor) -> Tensor:
    """sigma^2 / (s^2 + sigma^2), 1 where both are 0."""
    unit = torch.ldexp(torch.ones_like(scale), torch.frexp(torch.maximum(scale, sigma2.sqrt())).exponent)
    signal, noise = (scale / unit) ** 2, sigma2 / unit / unit
    return torch.where(scale > 0, noise / (signal + noise), 1.0)


def uncertainty(theta: Params) -> Tensor:
    """sigma^2 / (s_j^2 + sigma^2): the posterior variance of z along each axis; the prior's is 1.

    s: singular values of W. Returns (min(D, q),), 1 - `shrinkage`.

    >>> from dgm import ppca
    >>> ppca.uncertainty(ppca.params([0.0, 0.0], [[3.0], [0.0]], 1.0)).tolist()
    [0.1]
    """
    theta = check_params(theta)
    return _uncertainty(_axes(theta).scale, theta.sigma2)


def posterior(x: Any, theta: Params) -> Posterior:
    """p(z | x): mean M^-1 W'(x - mu), covariance sigma^2 M^-1, M = W'W + sigma^2 I (Bishop, PRML, eq. 12.42).

    Where a column of W is zero the posterior is the prior, N(0, 1); at sigma2 = 0 the mean is least squares.
    x: (N, D). Returns mean (N, q) and cov (q, q). DataError when x is no table of theta's columns.

    >>> from dgm import ppca
    >>> found = ppca.posterior([[2.0, 5.0]], ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0))
    >>> round(float(found.mean), 6), round(float(found.cov), 6)
    (1.0, 0.5)
    """
    theta = check_params(theta)
    data, axes = as_data(x, columns=len(theta.mean)), _axes(theta)
    gain = torch.where(axes.scale > 0, _shrinkage(axes.scale, theta.sigma2) / axes.scale, 0.0)
    mean = ((data - theta.mean) @ axes.U * gain) @ axes.V.T
    share = _uncertainty(axes.scale, theta.sigma2)
    cov = (axes.V * share) @ axes.V.T
    if len(share) < theta.W.shape[1]:     # q > D: along the latent axes that V leaves out the posterior is the prior
        cov = cov + torch.eye(theta.W.shape[1], dtype=torch.float64) - axes.V @ axes.V.T
    return Posterior(mean, cov)


def decode(z: Any, theta: Params) -> Tensor:
    """W z + mu: the point of the plane with the coordinates z. z: (n, q). Returns (n, D).

    DataError when z has not theta's q columns.

    >>> from dgm import ppca
    >>> ppca.decode([[2.0]], ppca.params([1.0, 1.0], [[1.0], [0.0]], 0.5)).tolist()
    [[3.0, 1.0]]
    """
    theta = check_params(theta)
    return as_latents(z, theta) @ theta.W.T + theta.mean


def as_latents(z: Any, theta: Params) -> Tensor:
    """z as (n, q) for this theta, also q = 0; one z may be a vector (q,), which stays one. DataError otherwise.

    >>> from dgm import ppca
    >>> from dgm.ppca.model import as_latents
    >>> as_latents([[2.0]], ppca.params([1.0, 1.0], [[1.0], [0.0]], 0.5)).shape
    torch.Size([1, 1])
    """
    latents, q = as_tensor(z, "z"), theta.W.shape[1]
    if latents.ndim not in (1, 2) or latents.shape[-1] != q:
        raise DataError(f"z has the shape {tuple(latents.shape)}: give (n, {q}), one row for each point")
    return latents


def reconstruct(x: Any, theta: Params, shrink: bool = True) -> Tensor:
    """W E[z | x] + mu: the decoded posterior mean, nearer to mu the larger the noise.

    `shrink=False` gives PCA's orthogonal projection, the limit sigma^2 -> 0 (Bishop, PRML, section 12.2.1).
    x: (N, D). Returns (N, D). DataError when x is no table of theta's columns.

    >>> from dgm import ppca
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> [[round(v, 6) for v in ppca.reconstruct([[2.0, 5.0]], theta, shrink)[0].tolist()] for shrink in (True, False)]
    [[1.0, 0.0], [2.0, 0.0]]
    """
    theta = check_params(theta)
    data = as_data(x, columns=len(theta.mean))
    if as_flag(shrink, "shrink"):
        return decode(posterior(data, theta).mean, theta)
    axes = _axes(theta)
    U = axes.U[:, axes.scale > axes.scale.amax() * 1e-14] if len(axes.scale) else axes.U
    return theta.mean + (data - theta.mean) @ U @ U.T


def sample(theta: Params, count: int, seed: int = 0) -> Draw:
    """Ancestral samples: z ~ N(0, I), decoded, plus noise (slide "PCA model").

    Returns z (count, q), decoded (count, D) and x (count, D). ArgumentError for a negative count, or one beyond the
    memory.

    >>> from dgm import ppca
    >>> tuple(ppca.sample(ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0), 5, seed=1).x.shape)
    (5, 2)
    """
    theta = check_params(theta)
    dim, q = theta.W.shape
    most = MOST_NUMBERS // max(dim, q)
    count = as_integer(count, "count")
    if not 0 <= count <= most:
        raise ArgumentError(f"count = {count} samples: give 0 or more, and at most {most}")
    rng = runtime.generator(as_seed(seed))
    z = torch.randn(count, q, generator=rng, dtype=torch.float64)
    decoded = decode(z, theta)
    noise = torch.randn(count, dim, generator=rng, dtype=torch.float64)
    return Draw(z, decoded, decoded + noise * math.sqrt(float(theta.sigma2)))


def rotation(angle: float, q: int = 2, plane: tuple[int, int] = (0, 1)) -> Tensor:
    """The (q, q) rotation by `angle` (radians) in one plane of the latent space.

    plane: the two latent axes. ArgumentError unless they are two different axes from 0 to q - 1.

    >>> import math
    >>> from dgm import ppca
    >>> ppca.rotation(math.pi / 2).round().int().tolist()
    [[0, -1], [1, 0]]
    """
    angle, q = as_number(angle, "angle"), as_integer(q, "q", 2, LARGEST_ROTATION)
    i, j = check_plane(plane, q, "plane")
    R = torch.eye(q, dtype=torch.float64)
    R[i, i] = R[j, j] = math.cos(angle)
    R[i, j], R[j, i] = -math.sin(angle), math.sin(angle)
    return R


def check_plane(axes: Any, count: int, name: str) -> tuple[int, int]:
    """Two different axes from 0 to count - 1, else ArgumentError.

    >>> from dgm.ppca.model import check_plane
    >>> check_plane([0, 2], 3, "plane")
    (0, 2)
    """
    found = as_tensor(axes, name, finite=False)
    named = found.tolist()
    if found.shape != (2,) or len({*named} & {*range(count)}) != 2:
        raise ArgumentError(f"{name} has to name two different axes from 0 to {count - 1}, not {shown_axes(axes)}")
    return int(named[0]), int(named[1])


def shown_axes(axes: Any) -> str:
    """How a message repeats a list of axes.

    >>> from dgm.ppca.model import shown_axes
    >>> shown_axes((0, 0))
    '(0, 0)'
    """
    plain = isinstance(axes, (list, tuple)) and all(type(axis) is int and abs(axis) < 10**6 for axis in axes)
    return str(tuple(axes)) if plain and len(axes) < 9 else shown(axes)


def rotate(theta: Params, R: Any) -> Params:
    """W R instead of W: the same p(x), other coordinates z (Bishop, PRML, eq. 12.39).

    ArgumentError unless R is orthogonal, (q, q).

    >>> from dgm import ppca
    >>> x, theta = [[1.0, 2.0]], ppca.params([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]], 0.5)
    >>> bool((ppca.log_prob(x, ppca.rotate(theta, ppca.rotation(0.3))) - ppca.log_prob(x, theta)).abs() < 1e-12)
    True
    """
    theta, R = check_params(theta), as_tensor(R, "R")
    q = theta.W.shape[1]
    if R.shape != (q, q) or not torch.allclose(R @ R.T, torch.eye(q, dtype=torch.float64), atol=1e-9):
        raise ArgumentError(f"a rotation of q = {q} latent dimensions is an orthogonal ({q}, {q}) matrix, R'R = I")
    return theta._replace(W=theta.W @ R)
