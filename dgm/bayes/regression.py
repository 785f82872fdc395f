"""Bayesian linear and polynomial regression with known precisions (Bishop, PRML, sections 3.3 to 3.5).

    w ~ N(0, I / alpha),  y | x, w ~ N(w . phi(x), 1 / beta)
    posterior     N(m, S), S^-1 = alpha I + beta phi'phi, m = beta S phi'y          PRML, eq. 3.53 and 3.54
    predictive    N(m . phi(x), 1 / beta + phi(x)' S phi(x))                        PRML, eq. 3.58 and 3.59
    evidence      log p(y)                                                           PRML, eq. 3.86
The MAP plug-in lacks the second variance of the predictive (slide "Bayesian inference"). The posterior precision is
stored as a triangular root R (R'R = precision) and updated by one QR decomposition, which also gives the evidence:
precision matrices of high-degree polynomials lose half their digits when multiplied out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_matrix, as_seed, as_tensor, as_vector, shown
from dgm.bayes.base import Belief, NoMaximumError, TooLargeError, require_joint, set_numbers
from dgm.bayes.distributions import Normal
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal_from_distance

MAX_DEGREE = 30
MAX_DRAWS = 1_000_000
REFINEMENTS = 6    # most corrections of a step
ROUNDING = 2.0**-52
SURE = 1e-9        # relative error of a residual or determinant from which on the slower, exact way is taken
USABLE = 1e-3      # relative error of the root from which on a posterior is refused
CERTAIN = 1e-6     # relative error of the evidence from which on it is refused
_SPLIT = 2.0**27 + 1   # Dekker's constant: halves the 53 digits of a number


class Pairs(NamedTuple):
    """Regression data."""

    x: Tensor  # (N, D) features
    y: Tensor  # (N,)


def as_features(x: Any) -> Tensor:
    """Rows of features, (N, D) float64, N may be 0; a (N,) x is one column. DataError for anything else."""
    x = as_tensor(x, "x")
    if x.ndim == 2 and x.shape[1] > 0:
        return x.contiguous()       # its products have the same last bits, however a table lies in memory
    return x[:, None] if x.ndim == 1 else as_matrix(x, "x")


def as_pairs(data: Any) -> Pairs:
    """(features (N, D), targets (N,)); DataError names what does not fit."""
    first, second = _parts(data)
    x, y = as_features(first), as_vector(second, "y")
    if len(x) != len(y):
        raise DataError(f"x has shape {tuple(x.shape)} and y {len(y)} values: one row of x per value of y is needed")
    return Pairs(x, y)


def _parts(data: Any) -> Sequence[Any]:
    """The two parts of a pair; DataError for anything else."""
    if isinstance(data, (Tensor, np.ndarray)):
        data = list(as_tensor(data, "data")) if data.ndim else None
    if not isinstance(data, (tuple, list)) or (hasattr(data, "_fields") and not isinstance(data, Pairs)):
        raise DataError(f"regression data are a pair (x, y), not {shown(data)}: give features and targets")
    if len(data) != 2:
        raise DataError(f"regression data are a pair (x, y), got {len(data)} parts: give features and targets")
    return data


def polynomial_features(x: Any, degree: int) -> Tensor:
    """phi(x) = (1, x, .., x^degree), (N, degree + 1).

    x: (N,), about [-1, 1] so that the columns are of one size; degree: 0 to 30, ArgumentError otherwise. DataError for
    an x whose powers overflow.

    >>> from dgm import bayes
    >>> bayes.polynomial_features([0.5, 2.0], 2).tolist()
    [[1.0, 0.5, 0.25], [1.0, 2.0, 4.0]]
    """
    degree = as_integer(degree, "degree", 0, MAX_DEGREE)
    phi = as_vector(x)[:, None] ** torch.arange(degree + 1, dtype=torch.float64)
    if not bool(torch.isfinite(phi).all()):
        raise DataError(f"x to the power {degree} is beyond the range of numbers: scale x to about [-1, 1]")
    return phi


class Conditional(NamedTuple):
    """p(y | x) with w integrated out: a distribution once x is given."""

    belief: "LinearRegression"

    def at(self, x: Any) -> Normal:
        """N(mean, variance) at each row of features x (N, D)."""
        return self.belief.predictive(x)

    def log_prob(self, data: Any) -> Tensor:
        """log p(y_i | x_i), nats, (N,), each row by itself. data: (x (N, D), y (N,))."""
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
    lost: float       # relative error of the root by rounding


def exact_residual(y: Tensor, x: Tensor, *parts: Tensor) -> Tensor:
    """y - x (sum of parts) as if computed with twice the digits, (N,): Ogita, Rump and Oishi 2005, Dot2.

    x: (N, D), y: (N,), parts: (D,) each.

    >>> big, one = torch.tensor([[1e8, 1.0]], dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    >>> float(exact_residual(torch.tensor([1e8], dtype=torch.float64), big, one))
    -1.0
    """
    total, rest = y.clone(), torch.zeros_like(y)
    for w in parts:
        for j in range(x.shape[1]):
            column, weight = x[:, j], -w[j]
            product = column * weight
            (a, b), (c, d) = _halves(column), _halves(weight)
            below = b * d - (((product - a * c) - b * c) - a * d)
            added = total + product
            back = added - total
            rest = rest + (below + ((total - (added - back)) + (product - back)))
            total = added
    return total + rest


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """x as a sum of two numbers of half the digits."""
    big = x * _SPLIT
    high = big - (big - x)
    return high, x - high


def column_units(x: Tensor) -> Tensor:
    """The largest size in each column of x (N, D), 1 for a column of zeros, (D,).

    >>> column_units(torch.tensor([[1.0, 0.0], [-2.0, 0.0]])).tolist()
    [2.0, 1.0]
    """
    largest = x.abs().amax(0) if len(x) else torch.ones(x.shape[1], dtype=x.dtype)
    return torch.where(largest > 0, largest, 1.0)


def uncertain_nats(spread: Tensor, distances: Tensor | None = None) -> float:
    """What rounding of singular values, each by a share of the largest, changes in sum log(1 + spread^2), nats.

    spread: (K,), largest first, relative to the noise; distances: (N,), N >= K, squared and whitened, in these
    directions: then what it changes in their sum as well.

    >>> uncertain_nats(torch.tensor([1e3, 1.0])) < 1e-12 < uncertain_nats(torch.tensor([1e12, 0.0]))
    True
    """
    if len(spread) == 0:
        return 0.0
    error = ROUNDING * spread.max()
    change = (2 * spread * error + error * error) / (1 + spread * spread)
    return float(change.sum() if distances is None else (change * (1 + distances[: len(spread)])).sum())


def _finite(distance: float) -> float:
    """A squared distance that is a number; DataError otherwise."""
    if not math.isfinite(distance):
        raise DataError("y lies too far from what x explains for numbers: divide y by a constant, or lower beta")
    return distance


@dataclass(frozen=True, eq=False)
class LinearRegression(Belief):
    """w ~ N(0, I / alpha), y | x, w ~ N(w . x, 1 / beta).

    alpha, beta: precisions of the weights and of the noise, positive; ArgumentError otherwise. A posterior also has
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
        set_numbers(self, "alpha", "beta", above=0)
        if self.weights is None and self.root is None:
            return
        weights = as_vector(self.weights, "weights")
        root = as_matrix(self.root, "root", columns=len(weights))
        if len(root) != len(weights) or bool((root.diagonal() == 0).any()) or bool(root.tril(-1).any()):
            raise DataError("root has to be an upper triangular matrix without 0 on its diagonal: "
                            "give the Cholesky factor of the precision")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "root", root)

    def mean_and_root(self, size: int) -> tuple[Tensor, Tensor]:
        """Mean (D,) and root (D, D) of this belief for D = size features; DataError when it is about another D."""
        size = as_integer(size, "size", 1)
        if self.weights is None or self.root is None:
            eye = torch.eye(size, dtype=torch.float64)
            return torch.zeros(size, dtype=torch.float64), math.sqrt(self.alpha) * eye
        if len(self.weights) != size:
            raise DataError(f"this belief is about {len(self.weights)} weights, the data have {size} features: "
                            "give the features that it was fitted to")
        return self.weights, self.root

    @property
    def precision(self) -> Tensor:
        """S^-1 = R'R, (D, D); ArgumentError for a prior."""
        root = self._known_root()
        return root.T @ root

    @property
    def covariance(self) -> Tensor:
        """S, (D, D); ArgumentError for a prior."""
        return torch.cholesky_inverse(self._known_root(), upper=True)

    def _known_root(self) -> Tensor:
        if self.root is None:
            raise ArgumentError("a prior has no number of features yet: take its posterior, or use mean_and_root")
        return self.root

    def _updated(self, data: Pairs) -> _QrUpdate:
        x, y = data
        mean, root = self.mean_and_root(x.shape[1])
        scale, size = math.sqrt(self.beta), len(mean)
        surprise = scale * (y - x @ mean)  # what the belief did not predict
        left_side = torch.cat([root, scale * x])
        right_side = torch.cat([torch.zeros_like(mean), surprise])[:, None]
        after = torch.linalg.qr(torch.cat([left_side, right_side], 1), mode="r").R
        if not bool(torch.isfinite(after).all()):
            raise DataError("x or y is beyond the range of numbers here: divide it by a constant")
        new_root, target = after[:size, :size], after[:size, size:]
        lengths = new_root.abs().amax(0)   # of the columns of the left side, which a rotation keeps, within sqrt D
        lost = ROUNDING * math.sqrt(size) * float((lengths / new_root.diagonal().abs()).max())
        if not lost < USABLE:
            raise DataError(f"the columns of x depend on each other too closely for alpha = {self.alpha:g}: "
                            "raise alpha or leave a column out")
        step = torch.linalg.solve_triangular(new_root, target, upper=True)[:, 0]
        residual = float(after[size, size].square()) if len(after) > size else 0.0
        explained = math.sqrt(size) * float(lengths @ (mean.abs() + step.abs()))
        uncertain = ROUNDING * (explained + float(after[:, size].abs().sum()))
        if uncertain * (math.sqrt(residual) + uncertain) > SURE * (residual + len(y)):
            step, residual = self._refined(data, mean, root, new_root, step)
        new_root = new_root * new_root.diagonal().sign()[:, None]
        return _QrUpdate(mean + step, new_root, residual, root, lost)

    def _refined(self, data: Pairs, mean: Tensor, root: Tensor, new_root: Tensor, step: Tensor) -> tuple[Tensor, float]:
        """A better step from `mean` and its squared residual, where x w and y cancel: residuals of twice the digits."""
        x, y = data
        steps, best = [step], math.inf
        for _ in range(REFINEMENTS):
            left, from_prior = exact_residual(y, x, mean, *steps), root @ torch.stack(steps).sum(0)
            residual = self.beta * float(left @ left) + float(from_prior @ from_prior)
            if not residual < best:
                steps.pop()
                break
            best = residual
            slope = self.beta * (x.T @ left) - root.T @ from_prior
            back = torch.linalg.solve_triangular(new_root.T, slope[:, None], upper=False)
            steps.append(torch.linalg.solve_triangular(new_root, back, upper=True)[:, 0])
        else:
            steps.pop()
        return torch.stack(steps).sum(0), best

    def posterior(self, data: Any) -> "LinearRegression":
        """Precision + beta x'x, mean by least squares against prior and data together (PRML, eq. 3.53 and 3.54).

        DataError for data that do not fit, for features of another number than this belief's, and for columns that
        depend on each other so closely that the prior decides nothing a number can hold.
        """
        after = self._updated(as_pairs(data))
        belief = LinearRegression(self.alpha, self.beta)
        for name, value in (("weights", after.mean), ("root", after.root)):   # these need no check
            object.__setattr__(belief, name, value)
        return belief

    def log_evidence(self, data: Any) -> float:
        """n/2 log(beta / 2 pi) + log|R| - log|R'| - residual / 2 (PRML, 3.86), nats; DataError as for `posterior`."""
        x, y = as_pairs(data)
        n = len(y)
        if n == 0:
            return 0.0
        after = self._updated(Pairs(x, y))
        growth = float(after.root.diagonal().abs().log().sum() - after.prior_root.diagonal().abs().log().sum())
        if after.lost > SURE:   # the determinant from the covariance of y instead
            spread = torch.linalg.svdvals(self._scaled(x, after.prior_root)) * math.sqrt(self.beta)
            growth = 0.5 * float(torch.log1p(spread * spread).sum())
            if uncertain_nats(spread) > CERTAIN * max(1.0, growth + after.residual):
                raise DataError(f"the columns of x depend on each other too closely for alpha = {self.alpha:g} and "
                                f"beta = {self.beta:g}: raise alpha or leave a column out")
        return log_normal_from_distance(_finite(after.residual), 2 * growth - n * math.log(self.beta), n)

    def _scaled(self, x: Tensor, root: Tensor) -> Tensor:
        """Z (N, D) with Z Z' = x S x'."""
        scaled = torch.linalg.solve_triangular(root, x, upper=True, left=False)
        if not bool(torch.isfinite(scaled).all()):
            raise DataError("x is beyond the range of numbers here: divide it by a constant")
        return scaled

    def log_marginal(self, data: Any) -> float:
        """log N(y | x m, I / beta + x S x'), nats, in the directions in which that covariance is diagonal.

        TooLargeError for more than MAX_JOINT observations, and where y or these directions cancel to too few digits.
        """
        x, y = as_pairs(data)
        require_joint(len(y))
        if len(y) == 0:
            return 0.0
        mean, root = self.mean_and_root(x.shape[1])
        basis, spread, _ = torch.linalg.svd(self._scaled(x, root), full_matrices=True)
        left, spread = math.sqrt(self.beta) * (basis.T @ (y - x @ mean)), math.sqrt(self.beta) * spread
        widened = torch.ones_like(y)
        widened[: len(spread)] += spread * spread
        each = left * left / widened
        distance = _finite(float(each.sum()))
        error = ROUNDING * math.sqrt(self.beta) * float((y.abs() + x.abs() @ mean.abs()).norm())
        lost = 2 * error * math.sqrt(distance) + uncertain_nats(spread, each)
        if not lost <= SURE * (distance + len(y)):
            raise TooLargeError(f"the joint density keeps too few digits for alpha = {self.alpha:g} and "
                                f"beta = {self.beta:g}: use log_evidence")
        return log_normal_from_distance(distance, float(widened.log().sum()) - len(y) * math.log(self.beta), len(y))

    def predictive(self, x: Any = None) -> Any:
        """N(m . x, 1 / beta + x' S x) at each row of features x (N, D); without x the Conditional."""
        if x is None:
            return Conditional(self)
        x = as_features(x)
        mean, root = self.mean_and_root(x.shape[1])
        scaled = self._scaled(x, root)
        return Normal(x @ mean, 1 / self.beta + (scaled * scaled).sum(1))

    def prior_predictive(self, x: Any = None) -> Any:
        """p(y | x) before any data: w ~ N(0, I / alpha), also when this belief is a posterior."""
        return LinearRegression(self.alpha, self.beta).predictive(x)

    def plug_in(self, theta: Tensor, x: Any = None) -> Any:
        """N(theta . x, 1 / beta) at each row of features x (N, D); without x a function of x."""
        if x is None:
            return lambda later: self.plug_in(theta, later)
        x = as_features(x)
        mean = x @ as_vector(theta, "theta", size=x.shape[1])
        return Normal(mean, torch.full_like(mean, 1 / self.beta))

    def map(self, axis: str | None = None) -> Tensor:
        """The mean of w, (D,): ridge regression with penalty alpha / beta. NoMaximumError for a prior."""
        self.checked_axis(axis)
        if self.weights is None:
            raise NoMaximumError("a prior has no number of features yet (its maximum is w = 0): take its posterior")
        return self.weights

    def mle(self, data: Any) -> Tensor:
        """Least squares, (D,); NoMaximumError when several w fit equally well."""
        x, y = as_pairs(data)
        unit = column_units(x)
        rank = int(torch.linalg.matrix_rank(x / unit)) if len(y) else 0
        if rank < x.shape[1]:
            raise NoMaximumError(f"the data fix {rank} of {x.shape[1]} weights, so many w are equally likely: "
                                 "add points at other x, or lower the degree")
        return torch.linalg.lstsq(x / unit, y[:, None], driver="gelsd").solution[:, 0] / unit

    def observations(self, data: Any) -> list[Any]:
        """Pairs of one row each: N of (x (1, D), y (1,))."""
        x, y = as_pairs(data)
        return [(x[i:i + 1], y[i:i + 1]) for i in range(len(y))]

    def _log_predictive(self, one: Any) -> float:
        """log p(y | x) of one pair (x (1, D), y (1,)) under the predictive, nats."""
        x, y = one
        return float(self.predictive(x).log_prob(y))

    def sample(self, count: int, seed: int = 0) -> Tensor:
        """`count` weights from this belief, (count, D); ArgumentError for a prior, or a wrong count or seed."""
        root, count = self._known_root(), as_integer(count, "count", 0, MAX_DRAWS)
        eps = torch.randn(len(root), count, dtype=torch.float64, generator=runtime.generator(as_seed(seed)))
        return (self.map()[:, None] + torch.linalg.solve_triangular(root, eps, upper=True)).T
