"""The mixture itself: p(x | theta), the posterior of z, samples, and the criteria built on the likelihood.

p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k): z is the component, q(z) its responsibility (slides "Latent variable
models", "Incomplete likelihood"; Bishop, PRML, section 9.2). N points, D columns, K components.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_seed
from dgm.errors import DataError
from dgm.gmm.covariances import family_of, free_parameters
from dgm.gmm.log_density import Evaluator, correlation_factor, evaluator_for, factorise
from dgm.gmm.params import Params, Points, as_params, as_points
from dgm.gmm.scaling import Frame, frame_of
from dgm.gmm.statistics import log_likelihoods, responsibilities
from dgm.runtime import generator

MOST_POINTS = 10**8    # of a sample: they have to fit into memory


class Expectation(NamedTuple):
    """Result of an E-step."""

    resp: Tensor    # (N, K)  p(z | x, theta)
    log_lik: float  # log p(x | theta), mean nats per point


class Sample(NamedTuple):
    """Points drawn from a mixture, and the components they came from."""

    x: Tensor  # (n, D)
    z: Tensor  # (n,)


class Evaluation(NamedTuple):
    """Points and a mixture in the working coordinates of the mixture."""

    z: Tensor             # (D, N)
    evaluator: Evaluator
    frame: Frame
    theta: Params         # in the data's units


def evaluate(x: Points, params: Params) -> Evaluation:
    """Checked points and parameters in working coordinates, on the device of the points."""
    theta = as_params(params)
    points = as_points(x, columns=theta.means.shape[1])
    theta = Params(*(part.to(points.device) for part in theta))
    frame = frame_of(theta, points)
    z = frame.working_points(points)
    evaluator = evaluator_for(factorise(frame.working_params(theta)), reach=float(z.abs().max()))
    return Evaluation(z, evaluator, frame, theta)


def checked(log_lik: Tensor, first: int = 0) -> Tensor:
    """Log densities (n,) of the rows from `first` on, as they are. DataError for a point too far for float64."""
    if not math.isfinite(float(log_lik.sum())) and not bool(log_lik.isfinite().all()):
        row = int((~log_lik.isfinite()).nonzero()[0, 0]) + first + 1
        raise DataError(f"row {row} of x is so far from every component that its log density leaves float64: "
                        "remove or correct it")
    return log_lik


def e_step(x: Points, params: Params) -> Expectation:
    """Responsibilities q(z) = p(z | x, theta) and log p(x | theta) (slide "EM algorithm", Bishop, PRML, eq. 9.13).

    q(z_n = k) = pi_k N(x_n | mu_k, Sigma_k) / sum_j pi_j N(x_n | mu_j, Sigma_j)

    x: (N, D) points. params: K components.
    Returns resp (N, K), rows sum to 1, and log_lik, mean nats per point.
    DataError for points that are no finite table of D columns or so far away that float64 has no log density,
    ArgumentError for params that are no mixture, CollapseError for a singular covariance.

    >>> from dgm import gmm
    >>> x = [[-1.0], [1.0]]
    >>> tuple(gmm.e_step(x, gmm.init(x, 2)).resp.shape)
    (2, 2)
    """
    z, evaluator, frame, _ = evaluate(x, params)
    log_lik = float(checked(log_likelihoods(z, evaluator)).mean()) - frame.log_volume
    return Expectation(responsibilities(z, evaluator), log_lik)


def log_prob(x: Points, params: Params) -> Tensor:
    """log p(x_n | theta) = log sum_k pi_k N(x_n | mu_k, Sigma_k) (slide "Incomplete likelihood", PRML eq. 9.14).

    x: (N, D) points. params: K components.
    Returns (N,), nats. Errors as `e_step`.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.zeros(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
    >>> [round(value, 4) for value in gmm.log_prob([[0.0], [2.0]], theta).tolist()]
    [-0.9189, -2.9189]
    """
    z, evaluator, frame, _ = evaluate(x, params)
    return checked(log_likelihoods(z, evaluator)) - frame.log_volume


def score(x: Points, params: Params) -> float:
    """Mean of log p(x_n | theta), nats per point. Of held-out points: the held-out log-likelihood.

    x: (N, D) points. params: K components. Errors as `e_step`.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.zeros(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
    >>> round(gmm.score([[0.0], [2.0]], theta), 4)
    -1.9189
    """
    return float(log_prob(x, params).mean())


def aic(x: Points, params: Params, covariance: str = "full") -> float:
    """Akaike's criterion 2 P - 2 log p(X | theta), nats, P free parameters. Lower is better (Akaike 1974).

    x: (N, D) points. params: K components, fitted with `covariance`, a name of `COVARIANCES`.
    Errors as `e_step`; ArgumentError for another covariance.

    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> round(gmm.aic(x, gmm.fit(x, 2).params), 1)
    2282.5
    """
    return _criterion(x, params, covariance, 2.0)


def bic(x: Points, params: Params, covariance: str = "full") -> float:
    """Schwarz's criterion P log N - 2 log p(X | theta), nats. Lower is better (Schwarz 1978; PRML eq. 4.139).

    -BIC/2 approximates the log evidence of K.

    x: (N, D) points. params: K components, fitted with `covariance`, a name of `COVARIANCES`.
    Errors as `e_step`; ArgumentError for another covariance.

    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> round(gmm.bic(x, gmm.fit(x, 2).params), 1)
    2322.2
    """
    return _criterion(x, params, covariance, math.log(len(as_points(x))))


def _criterion(x: Points, params: Params, covariance: str, price: float) -> float:
    """price * P - 2 log p(X | theta), nats."""
    family_of(covariance)
    points, theta = as_points(x), as_params(params)
    k, d = theta.means.shape
    return price * free_parameters(k, d, covariance) - 2 * len(points) * score(points, theta)


def sample(params: Params, count: int, seed: int = 0) -> Sample:
    """Points by ancestral sampling: z ~ pi, then x ~ N(mu_z, Sigma_z) (slide "Latent variable models").

    params: K components in D dimensions. The same seed gives the same points on any device.
    Returns x (count, D), in the units of the means, and z (count,), the components. ArgumentError unless count is a
    whole number from 0 on, and for params that are no mixture; CollapseError for a singular covariance.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-9.0], [9.0]]), torch.ones(2, 1, 1))
    >>> x, z = gmm.sample(theta, 1000)
    >>> tuple(x.shape), bool((z == (x[:, 0] > 0)).all())
    ((1000, 1), True)
    """
    theta, count, rng = as_params(params), as_integer(count, "count", 0, MOST_POINTS), generator(as_seed(seed))
    factorise(theta)
    deviations = theta.covs.diagonal(dim1=1, dim2=2).sqrt()
    factors, _ = correlation_factor(theta.covs, deviations)
    cumulative = theta.log_weights.exp().cumsum(0)
    u = torch.rand(count, generator=rng, dtype=torch.float64).to(cumulative) * cumulative[-1]
    z = torch.searchsorted(cumulative, u, right=True).clamp(max=len(cumulative) - 1)
    x = torch.randn(count, theta.means.shape[1], generator=rng, dtype=torch.float64).to(cumulative)
    for k, (mean, deviation, factor) in enumerate(zip(theta.means, deviations, factors, strict=True)):
        drawn = z == k
        x[drawn] = mean + (x[drawn] @ factor.T) * deviation
    return Sample(x, z)
