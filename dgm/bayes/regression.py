"""Bayesian linear and polynomial regression with known precisions (Bishop, PRML, section 3.3-3.5).

    w ~ N(0, I / alpha),  y | x, w ~ N(w . phi(x), 1 / beta)
    predictive at x: N(m . phi(x), 1 / beta + phi(x)' S phi(x)); the MAP plug-in forgets the second variance.
    ln p(y): PRML 3.86.
The posterior precision is kept as a triangular root R (R'R = precision) and updated by one QR decomposition, which
also yields the evidence: precision matrices of high-degree polynomials lose half their digits when multiplied out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.bayes.base import Belief, NoMaximumError, TooLargeError, positive, real, values
from dgm.bayes.distributions import Normal, tensor
from dgm.errors import DataError

LONGEST_JOINT = 2000
MAX_DEGREE = 30
_LOG_TAU = math.log(2 * math.pi)


class Pairs(NamedTuple):
    """Regression data."""

    x: Tensor  # (N, D) features
    y: Tensor  # (N,)


def pairs(data: Any) -> Pairs:
    """(features, targets) checked; a (N,) x is one column. DataError names what does not fit."""
    if len(data) != 2:
        raise DataError(f"regression data are a pair (x, y), got {len(data)} parts")
    x, y = real(data[0]), values(data[1])
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != len(y):
        raise DataError(f"x has shape {tuple(x.shape)} and y {len(y)} values: one row of x per value of y is needed")
    return Pairs(x, y)


def polynomial(x: Any, degree: int) -> Tensor:
    """phi(x) = (1, x, .., x^degree), (N, degree + 1). Scale x to about [-1, 1] first."""
    if not 0 <= degree <= MAX_DEGREE:
        raise ValueError(f"the degree must be between 0 and {MAX_DEGREE}, got {degree}")
    return values(x)[:, None] ** torch.arange(degree + 1, dtype=torch.float64)


class Conditional(NamedTuple):
    """p(y | x) with w integrated out: a distribution once x is given."""

    belief: "LinearRegression"

    def at(self, x: Any) -> Normal:
        """N(mean, variance) at each row of features x (N, D)."""
        return self.belief.predictive(x)

    def log_prob(self, data: Any) -> Tensor:
        """ln p(y_i | x_i), (N,), each row by itself."""
        x, y = pairs(data)
        return self.at(x).log_prob(y)

    def mean(self, x: Any) -> Tensor:
        return self.at(x).mean

    def variance(self, x: Any) -> Tensor:
        return self.at(x).variance


@dataclass(frozen=True, eq=False)
class LinearRegression(Belief):
    """w ~ N(0, I / alpha), noise precision beta. Data: (features (N, D), y (N,)).

    A posterior carries `weights` and `root`; a prior does not know D yet and carries neither.
    """

    alpha: float
    beta: float
    weights: Tensor | None = None  # (D,) mean of w
    root: Tensor | None = None     # (D, D) upper triangular R, R'R = precision of w

    def __post_init__(self) -> None:
        positive(alpha=self.alpha, beta=self.beta)

    def prior_for(self, size: int) -> tuple[Tensor, Tensor]:
        """Mean (D,) and root (D, D) of this belief for D = size features."""
        if self.weights is None or self.root is None:
            eye = torch.eye(size, dtype=torch.float64)
            return torch.zeros(size, dtype=torch.float64), math.sqrt(self.alpha) * eye
        if len(self.weights) != size:
            raise ValueError(f"this belief is about {len(self.weights)} weights, the data have {size} features")
        return self.weights, self.root

    @property
    def precision(self) -> Tensor:
        """R'R, (D, D)."""
        root = self._root()
        return root.T @ root

    @property
    def covariance(self) -> Tensor:
        """S = precision^-1, (D, D)."""
        return torch.cholesky_inverse(self._root(), upper=True)

    def _root(self) -> Tensor:
        if self.root is None:
            raise ValueError("a prior does not know the number of features yet: take its posterior, or use prior_for")
        return self.root

    def _learn(self, data: Any) -> tuple[Tensor, Tensor, float, Tensor]:
        """Mean and root after the data, the squared residual that no w can remove, and the root before."""
        x, y = pairs(data)
        mean, root = self.prior_for(x.shape[1])
        scale = math.sqrt(self.beta)
        off = scale * (y - x @ mean)  # whatever the belief did not expect
        left_side = torch.cat([root, scale * x])
        right_side = torch.cat([torch.zeros_like(mean), off])[:, None]
        after = torch.linalg.qr(torch.cat([left_side, right_side], 1), mode="r").R
        size = len(mean)
        new_root, target = after[:size, :size], after[:size, size:]
        step = torch.linalg.solve_triangular(new_root, target, upper=True)[:, 0]
        left = float(after[size, size]) ** 2 if len(after) > size else 0.0
        return mean + step, new_root * new_root.diagonal().sign()[:, None], left, root

    def posterior(self, data: Any) -> "LinearRegression":
        """Precision + beta x'x, mean by least squares against prior and data together."""
        mean, root, _, _ = self._learn(data)
        return LinearRegression(self.alpha, self.beta, mean, root)

    def log_evidence(self, data: Any) -> float:
        """PRML 3.86: n/2 ln(beta / 2 pi) + ln|R| - ln|R'| - residual / 2, nats; -inf where that underflows."""
        n = len(pairs(data).y)
        _, root, left, before = self._learn(data)
        growth = float(root.diagonal().abs().log().sum() - before.diagonal().abs().log().sum())
        return 0.5 * n * (math.log(self.beta) - _LOG_TAU) - growth - 0.5 * left

    def log_marginal(self, data: Any) -> float:
        """The joint density of y: N(x m, I / beta + x S x'), in the directions in which that covariance is diagonal."""
        x, y = pairs(data)
        if len(y) > LONGEST_JOINT:
            raise TooLargeError(f"the joint density is offered up to {LONGEST_JOINT} observations: use log_evidence")
        mean, root = self.prior_for(x.shape[1])
        half = torch.linalg.solve_triangular(root, x, upper=True, left=False)
        turn, spread, _ = torch.linalg.svd(half, full_matrices=True)
        variance = torch.full_like(y, 1 / self.beta)
        variance[: len(spread)] += spread * spread
        return float(Normal(torch.zeros_like(y), variance).log_prob(turn.T @ (y - x @ mean)).sum())

    def predictive(self, x: Any = None) -> Any:
        """Normal at each row of features x (N, D); without x, the Conditional that waits for them."""
        if x is None:
            return Conditional(self)
        x = features(x)
        mean, root = self.prior_for(x.shape[1])
        half = torch.linalg.solve_triangular(root, x, upper=True, left=False)
        return Normal(x @ mean, 1 / self.beta + (half * half).sum(1))

    def prior_predictive(self, x: Any = None) -> Any:
        """p(y | x) before any data: w ~ N(0, I / alpha), whatever this belief has seen."""
        return LinearRegression(self.alpha, self.beta).predictive(x)

    def plug_in(self, theta: Tensor, x: Any = None) -> Any:
        """p(y | x, w) at w = theta: the noise is the only doubt left. Without x, x is expected later: `partial`."""
        if x is None:
            return lambda later: self.plug_in(theta, later)
        x = features(x)
        return Normal(x @ tensor(theta), torch.full((len(x),), 1 / self.beta, dtype=torch.float64))

    def map(self, axis: str | None = None) -> Tensor:
        """The mean of w, (D,): ridge regression with penalty alpha / beta."""
        if self.weights is None:
            raise NoMaximumError("a prior does not know the number of features yet (its maximum is w = 0): "
                                 "take its posterior")
        return self.weights

    def mle(self, data: Any) -> Tensor:
        """Least squares, (D,); NoMaximumError when several w fit equally well."""
        x, y = pairs(data)
        rank = int(torch.linalg.matrix_rank(x)) if len(y) else 0
        if rank < x.shape[1]:
            raise NoMaximumError(f"the data fix {rank} of {x.shape[1]} weights, so many w are equally likely: "
                            "add points at other x, or lower the degree")
        return torch.linalg.lstsq(x, y[:, None]).solution[:, 0]

    def rows(self, data: Any) -> list[Any]:
        x, y = pairs(data)
        return [(x[i:i + 1], y[i:i + 1]) for i in range(len(y))]

    def one(self, row: Any) -> float:
        return float(self.predictive(row[0]).log_prob(row[1]))

    def draws(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` weights from this belief, (count, D)."""
        root = self._root()
        eps = torch.randn(len(root), count, dtype=torch.float64, generator=generator)
        return (self.map()[:, None] + torch.linalg.solve_triangular(root, eps, upper=True)).T


def features(x: Any) -> Tensor:
    x = real(x)
    return x[:, None] if x.ndim == 1 else x


class DegreeScore(NamedTuple):
    """How one degree explains the data. All numbers are nats per observation."""

    degree: int
    log_evidence: float   # ln p(y) / N of the training data
    held_out: float | None  # mean ln p(y* | x*, data) of held-out points, w integrated out; None without any
    plug_in: float | None   # the same with the MAP in place of the posterior


def degrees(train: Any, held_out: Any, alpha: float, beta: float, highest: int = 12) -> Iterator[DegreeScore]:
    """Evidence (training data alone) beside held-out scores for degree 0 .. highest; x is one column in [-1, 1]."""
    (x, y), (x_new, y_new) = pairs(train), pairs(held_out)
    prior = LinearRegression(alpha, beta)
    for degree in range(highest + 1):
        data, rows = (polynomial(x, degree), y), polynomial(x_new, degree)
        after = prior.posterior(data)
        yield DegreeScore(degree, prior.log_evidence(data) / max(len(y), 1), _mean(after.predictive(rows), y_new),
                          _mean(after.plug_in(after.map(), rows), y_new))


def _mean(answer: Normal, y: Tensor) -> float | None:
    return float(answer.log_prob(y).mean()) if len(y) else None
