"""The mixture itself: p(x | theta), the posterior of z, samples, and the criteria built on the likelihood.

p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k): z is the component, q(z) its responsibility (slides "Latent variable
models", "Incomplete likelihood"; Bishop, PRML, section 9.2). N points, D columns, K components.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.covariances import free_parameters
from dgm.gmm.log_density import Evaluator, evaluator_for, factorise
from dgm.gmm.params import Params, Points, as_params, as_points
from dgm.gmm.scaling import Frame, frame_of
from dgm.gmm.statistics import log_likelihoods, responsibilities
from dgm.runtime import generator


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
    points = as_points(x)
    theta = Params(*(part.to(points.device) for part in as_params(params, points.shape[1])))
    frame = frame_of(theta)
    z = frame.working_points(points)
    evaluator = evaluator_for(factorise(frame.working_params(theta)), reach=float(z.abs().max()))
    return Evaluation(z, evaluator, frame, theta)


def e_step(x: Points, params: Params) -> Expectation:
    """Responsibilities q(z) = p(z | x, theta) and log p(x | theta) (slide "EM algorithm", Bishop, PRML, eq. 9.13).

    q(z_n = k) = pi_k N(x_n | mu_k, Sigma_k) / sum_j pi_j N(x_n | mu_j, Sigma_j)

    x: (N, D) points. params: K components.
    Returns resp (N, K), rows sum to 1, and log_lik, mean nats per point.
    DataError for points that are no finite table, ValueError when params do not fit them, CollapseError for a
    singular covariance.

    >>> from dgm import gmm
    >>> x = [[-1.0], [1.0]]
    >>> tuple(gmm.e_step(x, gmm.init(x, 2)).resp.shape)
    (2, 2)
    """
    z, evaluator, frame, _ = evaluate(x, params)
    log_lik = float(log_likelihoods(z, evaluator).mean()) - frame.log_volume
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
    return log_likelihoods(z, evaluator) - frame.log_volume


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
    Errors as `e_step`; ValueError for another covariance.

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
    Errors as `e_step`; ValueError for another covariance.

    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> round(gmm.bic(x, gmm.fit(x, 2).params), 1)
    2322.2
    """
    return _criterion(x, params, covariance, math.log(len(as_points(x))))


def _criterion(x: Points, params: Params, covariance: str, price: float) -> float:
    """price * P - 2 log p(X | theta), nats."""
    points = as_points(x)
    k, d = params.means.shape
    return price * free_parameters(k, d, covariance) - 2 * len(points) * score(points, params)


def sample(params: Params, n: int, seed: int = 0) -> Sample:
    """n points by ancestral sampling: z ~ pi, then x ~ N(mu_z, Sigma_z) (slide "Latent variable models").

    params: K components in D dimensions. The same seed gives the same points on any device.
    Returns x (n, D), in the units of the means, and z (n,), the components. ValueError for params that hold NaN or do
    not fit each other.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-9.0], [9.0]]), torch.ones(2, 1, 1))
    >>> x, z = gmm.sample(theta, 1000)
    >>> tuple(x.shape), bool((z == (x[:, 0] > 0)).all())
    ((1000, 1), True)
    """
    theta = as_params(params, params.means.shape[1])
    frame = frame_of(theta)
    working, rng = frame.working_params(theta), generator(seed)
    cumulative = theta.log_weights.softmax(0).cumsum(0)
    u = torch.rand(n, generator=rng, dtype=torch.float64).to(cumulative) * cumulative[-1]
    z = torch.searchsorted(cumulative, u, right=True).clamp(max=len(cumulative) - 1)
    x = torch.randn(n, len(frame.scale), generator=rng, dtype=torch.float64).to(cumulative)
    for k, (mean, root) in enumerate(zip(working.means, torch.linalg.cholesky(working.covs), strict=True)):
        drawn = z == k
        x[drawn] = frame.centre + (mean + x[drawn] @ root.T) * frame.scale
    return Sample(x, z)
