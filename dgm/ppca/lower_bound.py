"""What a diagonal q(z) costs in the PCA model: nothing at the right rotation of W, nats at every other one.

The posterior precision is Lambda = I + W'W / sigma^2. The best q with independent coordinates has the same mean
and variances 1 / Lambda_ii, and KL(q, posterior) = 1/2 (sum_i log Lambda_ii - log det Lambda), for every x alike
(slide "Variational lower bound"; Bishop, PRML, section 10.1.2).
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_vector
from dgm.errors import ArgumentError
from dgm.gaussian import kl_to_standard_normal, log_normal_from_distance
from dgm.ppca.covariance_spectrum import as_data
from dgm.ppca.model import Params, check_params, decode, posterior, power_of_two_above, rotate, rotation


class BoundTerms(NamedTuple):
    """The two terms of the best diagonal q's bound, mean nats per point; L = reconstruction - kl."""

    reconstruction: float   # E_q log p(x | z)
    kl: float               # KL(q || prior)


def precision(theta: Params) -> Tensor:
    """Posterior precision Lambda = I + W'W / sigma^2, (q, q).

    ArgumentError at sigma2 = 0, where the posterior is a point and has no precision.

    >>> from dgm import ppca
    >>> from dgm.ppca.lower_bound import precision
    >>> precision(ppca.params([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]], 0.5)).tolist()
    [[3.0, 0.0], [0.0, 9.0]]
    """
    theta = check_params(theta)
    if not float(theta.sigma2) > 0:
        raise ArgumentError("at sigma2 = 0 the posterior is a point and has no precision: give sigma2 > 0")
    unit = power_of_two_above(float(theta.sigma2) ** 0.5)      # squares of W alone can leave float64
    W = theta.W / unit
    return torch.eye(theta.W.shape[1], dtype=torch.float64) + W.T @ W / (theta.sigma2 / unit / unit)


def diagonal_gap(theta: Params) -> float:
    """KL(q, posterior) of the best diagonal q, nats per point: 0 iff W's columns are orthogonal.

    1/2 (sum_i log Lambda_ii - log det Lambda). Never negative. ArgumentError at sigma2 = 0.

    >>> import math
    >>> from dgm import ppca
    >>> theta = ppca.params([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]], 0.5)
    >>> ppca.diagonal_gap(theta), round(ppca.diagonal_gap(ppca.rotate(theta, ppca.rotation(math.pi / 4))), 4)
    (0.0, 0.1438)
    """
    Lambda = precision(theta)
    width = Lambda.diagonal().rsqrt()
    # of the matrix with a diagonal of ones, whose determinant rounds to 1 where the columns are orthogonal
    scaled = (Lambda * width * width[:, None]).fill_diagonal_(1.0)
    gap = -0.5 * float(torch.linalg.slogdet(scaled).logabsdet)
    return max(0.0, gap) + 0.0


def bound_terms(x: Any, theta: Params) -> BoundTerms:
    """E_q log p(x | z) and KL(q, prior) of the best diagonal q: the posterior's mean, variances 1 / Lambda_ii.

    Slide "Variational lower bound". x: (N, D). Returns mean nats per point.
    ArgumentError at sigma2 = 0; DataError when x is no table of theta's columns.

    >>> from dgm import ppca
    >>> from dgm.ppca.lower_bound import bound_terms
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> two = bound_terms(x, ppca.fit(x, 1))
    >>> round(two.reconstruction - two.kl, 4)
    -2.8379
    """
    theta = check_params(theta, density=True)
    dim, sigma2 = len(theta.mean), float(theta.sigma2)
    data = as_data(x, columns=dim)
    mean = posterior(data, theta).mean
    variance = 1 / precision(theta).diagonal()
    deviation = sigma2**0.5      # squares of the errors alone can leave float64
    misfit = (((data - decode(mean, theta)) / deviation) ** 2).sum(1).mean() + (
        variance * ((theta.W / deviation) ** 2).sum(0)).sum()
    if bool(misfit.isnan()):
        raise ArgumentError("W of theta is so large beside its noise that the terms leave the range of floats: "
                            "give more noise")
    reconstruction = log_normal_from_distance(misfit, dim * math.log(sigma2), dim)
    kl = kl_to_standard_normal(mean, variance.log()).mean(0).sum()
    return BoundTerms(float(reconstruction), float(kl))


def gap_over_rotation(theta: Params, angles: Tensor, plane: tuple[int, int] = (0, 1)) -> Tensor:
    """`diagonal_gap` of W R(angle) for each angle, while log p(x) stays the same.

    angles: (A,) radians. plane: the two latent axes that rotate. Returns (A,), nats per point.
    Raises as `diagonal_gap` and `dgm.ppca.rotation`.

    >>> import torch
    >>> from dgm import ppca
    >>> from dgm.ppca.lower_bound import gap_over_rotation
    >>> theta = ppca.params([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]], 0.5)
    >>> int(gap_over_rotation(theta, torch.linspace(0, torch.pi / 2, 9)).argmax())
    4
    """
    theta, angles = check_params(theta), as_vector(angles, "angles")
    q = theta.W.shape[1]
    return torch.tensor([diagonal_gap(rotate(theta, rotation(float(angle), q, plane))) for angle in angles],
                        dtype=torch.float64)
