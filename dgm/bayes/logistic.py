"""Bayesian logistic regression: the posterior has no closed form, and the evidence is an intractable integral.

    w ~ N(0, I / alpha),  p(y = 1 | x, w) = sigmoid(w . x)
Here are the likelihood, the MAP by Newton's method and Laplace's Gaussian (Bishop, PRML, sections 4.3.3, 4.4, 4.5).
In two dimensions `dgm.bayes.grid` integrates numerically, to a tolerance that it computes itself; in D dimensions a
grid needs size^D points: `dgm.bayes.grid_timing` measures that. Slide "Maximum a posteriori": intractable evidence.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_tensor, as_vector
from dgm.bayes.base import NoMaximumError, require_each, set_numbers
from dgm.bayes.regression import ROUNDING, Pairs, as_features, as_pairs, column_units
from dgm.errors import DataError
from dgm.gaussian import log_normal_from_distance
from dgm.quadrature import gauss_hermite

NODES = 40               # of Laplace's predictive
MOST_STEPS = 1000        # of Newton's method: with hardly any prior each step may move a logit by 1
MOST_HALVINGS = 60       # of one Newton step
TOLERANCE = 1e-9         # of the log joint, per nat of it, at which Newton's method has arrived
STILL = 1e-8             # change of a logit in one step, at which the curvature has settled as well
USABLE = 1e-3            # nats and logits by which the best step may miss the maximum
TOUCHING = 1e-9          # of a unit row: what a separating line leaves a point must be more


class NewtonStep(NamedTuple):
    """One iterate of Newton's method on the log joint."""

    w: Tensor            # (D,)
    log_joint: float     # log p(y | x, w) + log p(w), nats
    gradient: float      # length of its gradient at w
    precision: Tensor    # (D, D) minus its second derivative at w
    root: Tensor         # (D, D) upper triangular R, R'R = precision
    decrement: float     # 1/2 gradient' precision^-1 gradient, nats: about what is left to gain, in any unit of x
    moved: float         # largest change of a logit w . x_i in the next step


class Laplace(NamedTuple):
    """The Gaussian with the posterior's own mode and curvature there (PRML, section 4.4)."""

    mean: Tensor         # (D,)
    covariance: Tensor   # (D, D)
    log_evidence: float  # log of the density at the mode times the Gaussian's volume, nats

    def predictive(self, x: Any) -> Tensor:
        """p(y = 1) at each row of x (N, D), (N,): the mean of sigmoid(a), a ~ N(w . x, x' S x), by Gauss-Hermite."""
        x = as_features_of(x, len(self.mean))
        nodes, weights = gauss_hermite(NODES)
        spread = ((x @ self.covariance) * x).sum(1).clamp(min=0).sqrt()
        return torch.sigmoid((x @ self.mean)[:, None] + spread[:, None] * nodes) @ weights


def as_labelled_pairs(data: Any) -> Pairs:
    """(x (N, D), y (N,)) with y in {0, 1}; DataError names the first other label."""
    x, y = as_pairs(data)
    require_each((y == 0) | (y == 1), y, "label", "a class is 0 or 1")
    return Pairs(x, y)


def as_features_of(x: Any, size: int) -> Tensor:
    """Rows of `size` features, (N, size); DataError for another number."""
    x = as_features(x)
    if x.shape[1] != size:
        raise DataError(f"x has {x.shape[1]} features where there are {size} weights: give the features of the fit")
    return x


def as_weights(w: Any, size: int | None = None) -> Tensor:
    """Weights (..., D); DataError for a number, or for another D than `size`."""
    w = as_tensor(w, "w")
    if w.ndim == 0 or (size is not None and w.shape[-1] != size):
        raise DataError(f"w has the shape {tuple(w.shape)}: give one weight for each feature along its last axis")
    return w


@dataclass(frozen=True)
class LogisticRegression:
    """w ~ N(0, I / alpha), p(y = 1 | x, w) = sigmoid(w . x).

    alpha: precision of the weights, positive; ArgumentError otherwise. Data: (x (N, D), y (N,) of 0 and 1); a column of
    ones in x is the intercept. All methods raise DataError for data that do not fit.

    >>> from dgm import bayes
    >>> model = bayes.LogisticRegression(alpha=1.0)
    >>> data = ([[1.0, -1.0], [1.0, 1.0]], [0, 1])
    >>> round(float(model.map(data)[1]), 3), round(model.laplace(data).log_evidence, 3)
    (0.675, -1.42)
    """

    alpha: float

    def __post_init__(self) -> None:
        set_numbers(self, "alpha", above=0)

    def log_prior(self, w: Any) -> Tensor:
        """log N(w | 0, I / alpha), nats, at w (..., D), (...,)."""
        return _log_prior(as_weights(w), self.alpha)

    def log_likelihood(self, w: Any, data: Any) -> Tensor:
        """log p(y | x, w) = sum_i log sigmoid(s_i w . x_i), s_i = 2 y_i - 1, nats, at w (..., D), (...,)."""
        x, y = as_labelled_pairs(data)
        return _log_likelihood(as_weights(w, x.shape[1]), x, y)

    def log_joint(self, w: Any, data: Any) -> Tensor:
        """log p(y | x, w) + log p(w), nats, at w (..., D), (...,): the log posterior plus the log evidence."""
        x, y = as_labelled_pairs(data)
        w = as_weights(w, x.shape[1])
        return _log_likelihood(w, x, y) + _log_prior(w, self.alpha)

    def newton(self, data: Any) -> Iterator[NewtonStep]:
        """Newton's method on the log joint from w = 0, endless; a step is halved until the log joint does not fall.

        The gradient is X'(y - p) - alpha w, minus the second derivative X' diag(p (1 - p)) X + alpha I (PRML, eq. 4.96
        to 4.98, with the prior).
        """
        return _newton(as_labelled_pairs(data), self.alpha)

    def maximise(self, data: Any, tol: float = TOLERANCE, max_steps: int = MOST_STEPS) -> NewtonStep:
        """The first Newton step that leaves less than tol^2 (1 + |log joint|) nats and moves no logit, or `max_steps`.

        The log joint is concave, so this is its one maximum. What is left is judged in nats and in logits, so that the
        unit of the features does not matter.
        """
        tol, max_steps = as_number(tol, "tol", above=0, high=1), as_integer(max_steps, "max_steps", 0)
        return _maximise(as_labelled_pairs(data), self.alpha, tol, max_steps)

    def map(self, data: Any) -> Tensor:
        """argmax of the posterior density over w, (D,); DataError where Newton's method does not get there."""
        return arrived(self.maximise(data)).w

    def mle(self, data: Any) -> Tensor:
        """argmax of the likelihood, (D,).

        NoMaximumError when a line separates the classes, for the likelihood then rises as w goes to infinity, when
        a feature is a multiple of another, and for no data, whose likelihood is 1 everywhere.
        """
        x, y = as_labelled_pairs(data)
        if len(y) == 0:
            raise NoMaximumError("there are no points, so the likelihood is 1 for every w: give points of both classes")
        if is_separable(x, y):
            why = "all labels are equal" if (y == y[0]).all() else "a straight line separates the classes"
            raise NoMaximumError(f"{why}, so the likelihood grows with w and has no maximum: add a point with the "
                                 "other label among them, or keep the prior and use the MAP")
        unit = column_units(x)
        if int(torch.linalg.matrix_rank(x / unit)) < x.shape[1]:
            raise NoMaximumError("one feature is a multiple of another, so many w are equally likely: remove it")
        basis, root = torch.linalg.qr(x / unit)   # orthogonal features: neither their unit nor their angles matter
        best = arrived(_maximise(Pairs(basis, y), 0.0, TOLERANCE, MOST_STEPS)).w
        return torch.linalg.solve_triangular(root, best[:, None], upper=True)[:, 0] / unit

    def laplace(self, data: Any) -> Laplace:
        """N(w_map, H^-1), and log p(y) ~ log p(y, w_map) + D/2 log 2 pi - 1/2 log det H (PRML, eq. 4.137), nats.

        DataError where Newton's method does not reach the maximum.
        """
        x, y = as_labelled_pairs(data)
        mode = arrived(self.maximise(Pairs(x, y)))
        log_volume = -log_normal_from_distance(0.0, -2 * float(mode.root.diagonal().abs().log().sum()), len(mode.w))
        covariance = torch.cholesky_inverse(mode.root, upper=True)
        return Laplace(mode.w, covariance, mode.log_joint + log_volume if len(y) else 0.0)

    def plug_in(self, theta: Any, x: Any) -> Tensor:
        """p(y = 1 | x, w) at w = theta (D,) for each row of x (N, D), (N,)."""
        theta = as_vector(theta, "theta")
        return torch.sigmoid(as_features_of(x, len(theta)) @ theta)


def _log_prior(w: Tensor, alpha: float) -> Tensor:
    """log N(w | 0, I / alpha), and 0 for alpha = 0: no prior."""
    size = w.shape[-1]
    scaled = math.sqrt(alpha) * w
    distance = (scaled * scaled).sum(-1)
    return log_normal_from_distance(distance, -size * math.log(alpha), size) if alpha else distance


def _log_likelihood(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.nn.functional.logsigmoid((w @ x.T) * (2 * y - 1)).sum(-1)


def _newton(data: Pairs, alpha: float) -> Iterator[NewtonStep]:
    """Newton's method from w = 0, endless; alpha = 0 stands for no prior, the likelihood must then have a maximum."""
    x, y = data
    sign = 2 * y - 1

    def height(at: Tensor) -> float:
        return float(_log_likelihood(at, x, y) - 0.5 * (math.sqrt(alpha) * at).square().sum())

    w = torch.zeros(x.shape[1], dtype=torch.float64)
    now = height(w)
    while True:
        logits = x @ w
        gradient = x.T @ (sign * torch.sigmoid(-sign * logits)) - alpha * w   # 1 - p without cancellation
        # the root of the second derivative by QR: multiplied out it would lose half its digits
        weight = (torch.sigmoid(logits) * torch.sigmoid(-logits)).sqrt()
        root = torch.linalg.qr(torch.cat([weight[:, None] * x, math.sqrt(alpha) * torch.eye(len(w), dtype=w.dtype)]),
                               mode="r").R
        back = torch.linalg.solve_triangular(root.T, gradient[:, None], upper=False)
        step = torch.linalg.solve_triangular(root, back, upper=True)[:, 0]
        if not bool(torch.isfinite(step).all()) or not math.isfinite(now):
            raise DataError("the features are beyond the range of numbers here: scale them to about 1")
        moved = float((x @ step).abs().max()) if len(y) else 0.0
        yield NewtonStep(w, now + float(_log_prior(torch.zeros_like(w), alpha)), float(gradient.norm()), root.T @ root,
                         root, 0.5 * float(back.square().sum()), moved)
        for _ in range(MOST_HALVINGS):
            if height(w + step) >= now - ROUNDING * (1 + abs(now)):
                w = w + step
                break
            step = step / 2
        now = height(w)


def _maximise(data: Pairs, alpha: float, tol: float, max_steps: int) -> NewtonStep:
    before: NewtonStep | None = None
    for count, step in enumerate(_newton(data, alpha)):
        by_rounding = before is not None and before.moved <= step.moved < USABLE
        settled = step.moved <= STILL or by_rounding
        stuck = before is not None and torch.equal(before.w, step.w)
        if (settled and step.decrement <= tol**2 * (1 + abs(step.log_joint))) or stuck or count == max_steps:
            return step
        before = step
    raise AssertionError("newton never ends")


def arrived(step: NewtonStep) -> NewtonStep:
    """`step`, or DataError where it is not near the maximum."""
    if not max(step.decrement, step.moved) < USABLE:
        raise DataError("the maximum was not reached by Newton's method: scale the features to about 1, or raise alpha")
    return step


def is_separable(x: Tensor, y: Tensor) -> bool:
    """Whether some w has (2y - 1) w . x >= 0 at every point and > 0 at one, by a linear programme (Konis 2007).

    x: (N, D), y: (N,) of 0 and 1, N > 0. Neither the length of a row nor the choice of axes in the space of w decides:
    the programme is solved for orthogonal features and rows of length 1.

    >>> is_separable(torch.tensor([[-1.0], [1.0]]), torch.tensor([0.0, 1.0]))
    True
    """
    if not bool(x.any()):
        return False
    basis, spread, _ = torch.linalg.svd(x / column_units(x), full_matrices=False)
    basis = basis[:, spread > spread[0] * len(x) * torch.finfo(x.dtype).eps]
    length = basis.norm(dim=1)
    rows = basis[length > 0] / length[length > 0, None]
    signed = ((2 * y[length > 0] - 1)[:, None] * rows).numpy()
    found = scipy.optimize.linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(-found.fun > TOUCHING * len(signed))
