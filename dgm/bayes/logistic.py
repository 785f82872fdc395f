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
import torch
from scipy.optimize import linprog
from torch import Tensor

from dgm.bayes.base import NoMaximumError, require_each, require_positive
from dgm.bayes.regression import Pairs, as_features, as_pairs
from dgm.gaussian import log_normal_from_distance
from dgm.quadrature import gauss_hermite

NODES = 40               # of Laplace's predictive
SMALLEST_STEP = 1e-14    # length of a Newton step that is not halved any more
NEARLY_FLAT = 1e-12      # prior precision that stands for none


class NewtonStep(NamedTuple):
    """One iterate of Newton's method on the log joint."""

    w: Tensor            # (D,)
    log_joint: float     # ln p(y | x, w) + ln p(w), nats
    gradient: float      # length of its gradient at w
    precision: Tensor    # (D, D) minus its second derivative at w


class Laplace(NamedTuple):
    """The Gaussian with the posterior's own mode and curvature there (PRML, section 4.4)."""

    mean: Tensor         # (D,)
    covariance: Tensor   # (D, D)
    log_evidence: float  # ln of the density at the mode times the Gaussian's volume, nats

    def predictive(self, x: Any) -> Tensor:
        """p(y = 1) at each row of x (N, D), (N,): the mean of sigmoid(a), a ~ N(w . x, x' S x), by Gauss-Hermite."""
        x = as_features(x)
        nodes, weights = gauss_hermite(NODES)
        spread = ((x @ self.covariance) * x).sum(1).sqrt()
        return torch.sigmoid((x @ self.mean)[:, None] + spread[:, None] * nodes) @ weights


def as_labelled_pairs(data: Any) -> Pairs:
    """(x (N, D), y (N,)) with y in {0, 1}; DataError names the first other label."""
    x, y = as_pairs(data)
    require_each((y == 0) | (y == 1), y, "label", "a class is 0 or 1")
    return Pairs(x, y)


@dataclass(frozen=True)
class LogisticRegression:
    """w ~ N(0, I / alpha), p(y = 1 | x, w) = sigmoid(w . x).

    alpha: precision of the weights, positive; ValueError otherwise. Data: (x (N, D), y (N,) of 0 and 1); a column of
    ones in x is the intercept. All methods raise DataError for data that do not fit.

    >>> from dgm import bayes
    >>> model = bayes.LogisticRegression(alpha=1.0)
    >>> data = ([[1.0, -1.0], [1.0, 1.0]], [0, 1])
    >>> round(float(model.map(data)[1]), 3), round(model.laplace(data).log_evidence, 3)
    (0.675, -1.42)
    """

    alpha: float

    def __post_init__(self) -> None:
        require_positive(alpha=self.alpha)

    def log_prior(self, w: Tensor) -> Tensor:
        """ln N(w | 0, I / alpha), nats, at w (..., D), (...,)."""
        size = w.shape[-1]
        return log_normal_from_distance(self.alpha * (w * w).sum(-1), -size * math.log(self.alpha), size)

    def log_likelihood(self, w: Tensor, data: Any) -> Tensor:
        """ln p(y | x, w) = sum_i ln sigmoid(s_i w . x_i), s_i = 2 y_i - 1, nats, at w (..., D), (...,)."""
        x, y = as_labelled_pairs(data)
        return torch.nn.functional.logsigmoid((w @ x.T) * (2 * y - 1)).sum(-1)

    def log_joint(self, w: Tensor, data: Any) -> Tensor:
        """ln p(y | x, w) + ln p(w), nats, at w (..., D), (...,): the log posterior plus the log evidence."""
        return self.log_likelihood(w, data) + self.log_prior(w)

    def newton(self, data: Any) -> Iterator[NewtonStep]:
        """Newton's method on the log joint from w = 0, endless; a step is halved until the log joint does not fall.

        The gradient is X'(y - p) - alpha w, minus the second derivative X' diag(p (1 - p)) X + alpha I (PRML, eq. 4.96
        to 4.98, with the prior).
        """
        x, y = as_labelled_pairs(data)
        w = torch.zeros(x.shape[1], dtype=torch.float64)
        while True:
            p = torch.sigmoid(x @ w)
            gradient = x.T @ (y - p) - self.alpha * w
            precision = (x.T * (p * (1 - p))) @ x + self.alpha * torch.eye(len(w), dtype=w.dtype)
            log_joint = float(self.log_joint(w, (x, y)))
            yield NewtonStep(w, log_joint, float(gradient.norm()), precision)
            step = torch.linalg.solve(precision, gradient)
            while float(self.log_joint(w + step, (x, y))) < log_joint and float(step.norm()) > SMALLEST_STEP:
                step = step / 2
            w = w + step

    def maximise(self, data: Any, tol: float = 1e-9, max_steps: int = 200) -> NewtonStep:
        """The first Newton step with gradient <= tol (1 + |log joint|), or the step `max_steps`.

        The log joint is concave, so this is its one maximum.
        """
        for count, step in enumerate(self.newton(data)):
            if step.gradient <= tol * (1 + abs(step.log_joint)) or count == max_steps:
                return step
        raise AssertionError("newton never ends")

    def map(self, data: Any) -> Tensor:
        """argmax of the posterior density over w, (D,)."""
        return self.maximise(data).w

    def mle(self, data: Any) -> Tensor:
        """argmax of the likelihood, (D,).

        NoMaximumError when a line separates the classes, for the likelihood then rises as w goes to infinity, and when
        a feature is a multiple of another.
        """
        x, y = as_labelled_pairs(data)
        if len(y) == 0 or is_separable(x, y):
            raise NoMaximumError("a straight line separates the classes, so the likelihood rises for ever as w grows: "
                                 "add a point on the other side, or keep the prior and use the MAP")
        if int(torch.linalg.matrix_rank(x)) < x.shape[1]:
            raise NoMaximumError("one feature is a multiple of another, so many w are equally likely: remove it")
        return LogisticRegression(NEARLY_FLAT).map((x, y))

    def laplace(self, data: Any) -> Laplace:
        """N(w_map, H^-1), and ln p(y) ~ ln p(y, w_map) + D/2 ln 2 pi - 1/2 ln det H (PRML, eq. 4.137), nats."""
        mode = self.maximise(data)
        log_volume = -log_normal_from_distance(0.0, -float(torch.logdet(mode.precision)), len(mode.w))
        return Laplace(mode.w, torch.linalg.inv(mode.precision), mode.log_joint + log_volume)

    def plug_in(self, theta: Tensor, x: Any) -> Tensor:
        """p(y = 1 | x, w) at w = theta (D,) for each row of x (N, D), (N,)."""
        return torch.sigmoid(as_features(x) @ theta)


def is_separable(x: Tensor, y: Tensor) -> bool:
    """Whether some w has (2y - 1) w . x >= 0 at every point and > 0 at one, by a linear programme (Konis 2007).

    x: (N, D), y: (N,) of 0 and 1, N > 0.

    >>> is_separable(torch.tensor([[-1.0], [1.0]]), torch.tensor([0.0, 1.0]))
    True
    """
    signed = ((2 * y - 1)[:, None] * x).numpy()
    found = linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(-found.fun > 1e-9 * max(1.0, float(np.abs(signed).max())))
