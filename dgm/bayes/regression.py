"""Bayesian linear and polynomial regression with known precisions (Bishop, PRML, sections 3.3 to 3.5).

    w ~ N(0, I / alpha),  y | x, w ~ N(w . phi(x), 1 / beta)
    posterior     N(m, S), S^-1 = alpha I + beta phi'phi, m = beta S phi'y          PRML, eq. 3.53 and 3.54
    predictive    N(m . phi(x), 1 / beta + phi(x)' S phi(x))                        PRML, eq. 3.58 and 3.59
    evidence      ln p(y)                                                           PRML, eq. 3.86
The MAP plug-in lacks the second variance of the predictive (slide "Bayesian inference"). The posterior precision is
stored as a triangular root R (R'R = precision) and updated by one QR decomposition, which also gives the evidence:
precision matrices of high-degree polynomials lose half their digits when multiplied out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from dgm.bayes.base import (
    Belief,
    NoMaximumError,
    as_column,
    as_float64,
    float64_tensor,
    require_joint,
    require_positive,
)
from dgm.bayes.distributions import Normal
from dgm.errors import DataError
from dgm.gaussian import log_normal_from_distance

MAX_DEGREE = 30


class Pairs(NamedTuple):
    """Regression data."""

    x: Tensor  # (N, D) features
    y: Tensor  # (N,)


def as_features(x: Any) -> Tensor:
    """Rows of features, (N, D) float64; a (N,) x is one column. DataError for a number that is not finite."""
    x = as_float64(x)
    return x[:, None] if x.ndim == 1 else x


def as_pairs(data: Any) -> Pairs:
    """(features (N, D), targets (N,)); DataError names what does not fit."""
    if len(data) != 2:
        raise DataError(f"regression data are a pair (x, y), got {len(data)} parts")
    x, y = as_features(data[0]), as_column(data[1])
    if x.ndim != 2 or len(x) != len(y):
        raise DataError(f"x has shape {tuple(x.shape)} and y {len(y)} values: one row of x per value of y is needed")
    return Pairs(x, y)


def polynomial_features(x: Any, degree: int) -> Tensor:
    """phi(x) = (1, x, .., x^degree), (N, degree + 1).

    x: (N,), about [-1, 1] so that the columns are of one size; degree: 0 to 30, ValueError otherwise.

    >>> from dgm import bayes
    >>> bayes.polynomial_features([0.5, 2.0], 2).tolist()
    [[1.0, 0.5, 0.25], [1.0, 2.0, 4.0]]
    """
    if not 0 <= degree <= MAX_DEGREE:
        raise ValueError(f"the degree must be between 0 and {MAX_DEGREE}, got {degree}")
    return as_column(x)[:, None] ** torch.arange(degree + 1, dtype=torch.float64)


class Conditional(NamedTuple):
    """p(y | x) with w integrated out: a distribution once x is given."""

    belief: "LinearRegression"

    def at(self, x: Any) -> Normal:
        """N(mean, variance) at each row of features x (N, D)."""
        return self.belief.predictive(x)

    def log_prob(self, data: Any) -> Tensor:
        """ln p(y_i | x_i), nats, (N,), each row by itself. data: (x (N, D), y (N,))."""
        x, y = as_pairs(data)
        return self.at(x).log_prob(y)

    def mean(self, x: Any) -> Tensor:
        """m . phi(x) at each row of features x (N, D), (N,)."""
        return self.at(x).mean

    def variance(self, x: Any) -> Tensor:
        """1 / beta + phi(x)' S phi(x) at each row of features x (N, D), (N,)."""
        return self.at(x).variance


class _QrUpdate(NamedTuple):
    """What one QR decomposition gives."""

    mean: Tensor      # (D,) after the data
    root: Tensor      # (D, D) after the data
    residual: float   # squared residual that no w removes
    prior_root: Tensor


@dataclass(frozen=True, eq=False)
class LinearRegression(Belief):
    """w ~ N(0, I / alpha), y | x, w ~ N(w . x, 1 / beta).

    alpha, beta: precisions of the weights and of the noise, positive; ValueError otherwise. A posterior also has
    weights (D,), the mean of w, and root (D, D), upper triangular R with R'R = precision of w; a prior has no D yet.
    theta is w, (D,). Data: (features (N, D), y (N,)); a (N,) x is one column.

    >>> from dgm import bayes
    >>> after = bayes.LinearRegression(alpha=1.0, beta=1.0).posterior(([1.0, 2.0], [2.0, 4.0]))   # S = 1 / (1 + 5)
    >>> round(float(after.map()), 4), round(float(after.covariance), 4)
    (1.6667, 0.1667)
    """

    alpha: float
    beta: float
    weights: Tensor | None = None
    root: Tensor | None = None
    axes: ClassVar[tuple[str, ...]] = ("w",)

    def __post_init__(self) -> None:
        require_positive(alpha=self.alpha, beta=self.beta)

    def mean_and_root(self, size: int) -> tuple[Tensor, Tensor]:
        """Mean (D,) and root (D, D) of this belief for D = size features; ValueError when it is about another D."""
        if self.weights is None or self.root is None:
            eye = torch.eye(size, dtype=torch.float64)
            return torch.zeros(size, dtype=torch.float64), math.sqrt(self.alpha) * eye
        if len(self.weights) != size:
            raise ValueError(f"this belief is about {len(self.weights)} weights, the data have {size} features")
        return self.weights, self.root

    @property
    def precision(self) -> Tensor:
        """S^-1 = R'R, (D, D); ValueError for a prior."""
        root = self._known_root()
        return root.T @ root

    @property
    def covariance(self) -> Tensor:
        """S, (D, D); ValueError for a prior."""
        return torch.cholesky_inverse(self._known_root(), upper=True)

    def _known_root(self) -> Tensor:
        if self.root is None:
            raise ValueError("a prior has no number of features yet: take its posterior, or use mean_and_root")
        return self.root

    def _updated(self, data: Any) -> _QrUpdate:
        x, y = as_pairs(data)
        mean, root = self.mean_and_root(x.shape[1])
        scale = math.sqrt(self.beta)
        surprise = scale * (y - x @ mean)  # what the belief did not predict
        left_side = torch.cat([root, scale * x])
        right_side = torch.cat([torch.zeros_like(mean), surprise])[:, None]
        after = torch.linalg.qr(torch.cat([left_side, right_side], 1), mode="r").R
        size = len(mean)
        new_root, target = after[:size, :size], after[:size, size:]
        step = torch.linalg.solve_triangular(new_root, target, upper=True)[:, 0]
        residual = float(after[size, size]) ** 2 if len(after) > size else 0.0
        return _QrUpdate(mean + step, new_root * new_root.diagonal().sign()[:, None], residual, root)

    def posterior(self, data: Any) -> "LinearRegression":
        """Precision + beta x'x, mean by least squares against prior and data together (PRML, eq. 3.53 and 3.54).

        DataError for data that do not fit, ValueError for features of another number than this belief's.
        """
        after = self._updated(data)
        return LinearRegression(self.alpha, self.beta, after.mean, after.root)

    def log_evidence(self, data: Any) -> float:
        """n/2 ln(beta / 2 pi) + ln|R| - ln|R'| - residual / 2 (PRML, eq. 3.86), nats; -inf where that underflows."""
        n = len(as_pairs(data).y)
        if n == 0:
            return 0.0
        after = self._updated(data)
        growth = float(after.root.diagonal().abs().log().sum() - after.prior_root.diagonal().abs().log().sum())
        return log_normal_from_distance(after.residual, 2 * growth - n * math.log(self.beta), n)

    def log_marginal(self, data: Any) -> float:
        """ln N(y | x m, I / beta + x S x'), nats, in the directions in which that covariance is diagonal.

        TooLargeError for more than MAX_JOINT observations.
        """
        x, y = as_pairs(data)
        require_joint(len(y))
        mean, root = self.mean_and_root(x.shape[1])
        scaled = torch.linalg.solve_triangular(root, x, upper=True, left=False)   # scaled scaled' = x S x'
        basis, spread, _ = torch.linalg.svd(scaled, full_matrices=True)
        variance = torch.full_like(y, 1 / self.beta)
        variance[: len(spread)] += spread * spread
        return float(Normal(torch.zeros_like(y), variance).log_prob(basis.T @ (y - x @ mean)).sum())

    def predictive(self, x: Any = None) -> Any:
        """N(m . x, 1 / beta + x' S x) at each row of features x (N, D); without x the Conditional."""
        if x is None:
            return Conditional(self)
        x = as_features(x)
        mean, root = self.mean_and_root(x.shape[1])
        scaled = torch.linalg.solve_triangular(root, x, upper=True, left=False)
        return Normal(x @ mean, 1 / self.beta + (scaled * scaled).sum(1))

    def prior_predictive(self, x: Any = None) -> Any:
        """p(y | x) before any data: w ~ N(0, I / alpha), also when this belief is a posterior."""
        return LinearRegression(self.alpha, self.beta).predictive(x)

    def plug_in(self, theta: Tensor, x: Any = None) -> Any:
        """N(theta . x, 1 / beta) at each row of features x (N, D); without x a function of x."""
        if x is None:
            return lambda later: self.plug_in(theta, later)
        x = as_features(x)
        return Normal(x @ float64_tensor(theta), torch.full((len(x),), 1 / self.beta, dtype=torch.float64))

    def map(self, axis: str | None = None) -> Tensor:
        """The mean of w, (D,): ridge regression with penalty alpha / beta. NoMaximumError for a prior."""
        self.checked_axis(axis)
        if self.weights is None:
            raise NoMaximumError("a prior has no number of features yet (its maximum is w = 0): take its posterior")
        return self.weights

    def mle(self, data: Any) -> Tensor:
        """Least squares, (D,); NoMaximumError when several w fit equally well."""
        x, y = as_pairs(data)
        rank = int(torch.linalg.matrix_rank(x)) if len(y) else 0
        if rank < x.shape[1]:
            raise NoMaximumError(f"the data fix {rank} of {x.shape[1]} weights, so many w are equally likely: "
                                 "add points at other x, or lower the degree")
        return torch.linalg.lstsq(x, y[:, None]).solution[:, 0]

    def observations(self, data: Any) -> list[Any]:
        """Pairs of one row each: N of (x (1, D), y (1,))."""
        x, y = as_pairs(data)
        return [(x[i:i + 1], y[i:i + 1]) for i in range(len(y))]

    def log_predictive_of(self, observation: Any) -> float:
        """ln p(y | x) of one pair (x (1, D), y (1,)) under the predictive, nats."""
        return float(self.predictive(observation[0]).log_prob(observation[1]))

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` weights from this belief, (count, D); ValueError for a prior."""
        root = self._known_root()
        eps = torch.randn(len(root), count, dtype=torch.float64, generator=generator)
        return (self.map()[:, None] + torch.linalg.solve_triangular(root, eps, upper=True)).T


class DegreeScore(NamedTuple):
    """How well one degree explains the data. All numbers are nats per observation."""

    degree: int
    log_evidence: float     # ln p(y) / N of the training data
    held_out: float | None  # mean ln p(y* | x*, data) of held-out points, w integrated out; None without any
    plug_in: float | None   # the same with the MAP in place of the posterior


def iter_degree_scores(train: Any, held_out: Any, alpha: float, beta: float,
                       highest: int = 12) -> Iterator[DegreeScore]:
    """Evidence of the training data alone beside held-out scores, for degree 0 .. highest (PRML, section 3.4).

    train, held_out: (x, y), (N,) each, x in [-1, 1]; alpha, beta: precisions of weights and noise; highest: up to 30.
    DataError for pairs that do not fit, ValueError for a precision or degree out of range.

    >>> from dgm import bayes
    >>> line = ([-1.0, -0.5, 0.5, 1.0], [-2.0, -1.0, 1.0, 2.0])
    >>> scores = list(bayes.iter_degree_scores(line, line, 1.0, 100.0, 3))
    >>> max(scores, key=lambda s: s.log_evidence).degree
    1
    """
    (x, y), (x_new, y_new) = as_pairs(train), as_pairs(held_out)
    prior = LinearRegression(alpha, beta)
    for degree in range(highest + 1):
        data, rows = (polynomial_features(x, degree), y), polynomial_features(x_new, degree)
        after = prior.posterior(data)
        yield DegreeScore(degree, prior.log_evidence(data) / max(len(y), 1), _mean(after.predictive(rows), y_new),
                          _mean(after.plug_in(after.map(), rows), y_new))


def _mean(answer: Normal, y: Tensor) -> float | None:
    return float(answer.log_prob(y).mean()) if len(y) else None
