"""Bayesian logistic regression: the posterior has no closed form, so the evidence is a sum over a grid.

    w ~ N(0, I / alpha),  p(y = 1 | x, w) = sigmoid(w . x)          (slide "Maximum a posteriori": intractable evidence)
In two dimensions a grid is exact to a tolerance that it states itself; MAP (Newton) and Laplace's Gaussian stand beside
it. In D dimensions the grid needs size^D points: `bayes_cost` measures that.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.optimize import linprog
from torch import Tensor

from dgm.bayes.base import NoMaximumError, positive
from dgm.bayes.regression import Pairs, features, pairs
from dgm.errors import DataError

_LOG_TAU = math.log(2 * math.pi)


class NewtonStep(NamedTuple):
    w: Tensor            # (D,)
    log_joint: float     # ln p(y | x, w) + ln p(w), nats
    gradient: float      # length of its gradient at w
    precision: Tensor    # (D, D) minus its second derivative at w


class Laplace(NamedTuple):
    """The Gaussian with the posterior's own peak and curvature there."""

    mean: Tensor         # (D,)
    covariance: Tensor   # (D, D)
    log_evidence: float  # ln of the peak times the Gaussian's volume, nats

    def predictive(self, x: Any) -> Tensor:
        """p(y = 1) at each row of x (N, D): the sigmoid averaged over N(w . x, x' S x) by Gauss-Hermite, (N,)."""
        x = features(x)
        nodes, weights = (torch.from_numpy(a) for a in np.polynomial.hermite_e.hermegauss(40))
        spread = ((x @ self.covariance) * x).sum(1).sqrt()
        a = (x @ self.mean)[:, None] + spread[:, None] * nodes
        return torch.sigmoid(a) @ (weights / weights.sum())


def labelled(data: Any) -> Pairs:
    """(x (N, D), y (N,)) with y in {0, 1}; DataError names the first other label."""
    x, y = pairs(data)
    bad = ((y != 0) & (y != 1)).nonzero()
    if len(bad):
        place = int(bad[0])
        raise DataError(f"label {place + 1} is {float(y[place]):g}: a class is 0 or 1")
    return Pairs(x, y)


@dataclass(frozen=True)
class LogisticRegression:
    """w ~ N(0, I / alpha). Data: (x (N, D), y (N,) of 0 and 1); put a column of ones into x for an intercept."""

    alpha: float

    def __post_init__(self) -> None:
        positive(alpha=self.alpha)

    def log_prior(self, w: Tensor) -> Tensor:
        """ln p(w), nats, at w (..., D)."""
        size = w.shape[-1]
        return -0.5 * self.alpha * (w * w).sum(-1) + 0.5 * size * (math.log(self.alpha) - _LOG_TAU)

    def log_likelihood(self, w: Tensor, data: Any) -> Tensor:
        """ln p(y | x, w), nats, at w (..., D), term by term: slow and plain, the oracle of the grid."""
        x, y = labelled(data)
        return torch.nn.functional.logsigmoid((w @ x.T) * (2 * y - 1)).sum(-1)

    def log_joint(self, w: Tensor, data: Any) -> Tensor:
        """ln p(y | x, w) + ln p(w), nats: the posterior up to the evidence."""
        return self.log_likelihood(w, data) + self.log_prior(w)

    def newton(self, data: Any) -> Iterator[NewtonStep]:
        """Endless Newton ascent of the log joint from w = 0; steps are halved until they climb."""
        x, y = labelled(data)
        w = torch.zeros(x.shape[1], dtype=torch.float64)
        while True:
            p = torch.sigmoid(x @ w)
            gradient = x.T @ (y - p) - self.alpha * w
            precision = (x.T * (p * (1 - p))) @ x + self.alpha * torch.eye(len(w), dtype=w.dtype)
            here = float(self.log_joint(w, (x, y)))
            yield NewtonStep(w, here, float(gradient.norm()), precision)
            step = torch.linalg.solve(precision, gradient)
            while float(self.log_joint(w + step, (x, y))) < here and float(step.norm()) > 1e-14:
                step = step / 2
            w = w + step

    def climb(self, data: Any, tol: float = 1e-9, most: int = 200) -> NewtonStep:
        """The last Newton step: gradient <= tol * (1 + |log joint|). The log joint is concave: it is the maximum."""
        for count, step in enumerate(self.newton(data)):
            if step.gradient <= tol * (1 + abs(step.log_joint)) or count == most:
                return step
        raise AssertionError("newton never ends")

    def map(self, data: Any) -> Tensor:
        """argmax of the posterior density over w, (D,)."""
        return self.climb(data).w

    def mle(self, data: Any) -> Tensor:
        """argmax of the likelihood, (D,); NoMaximumError when a line separates the classes: w then runs to infinity."""
        x, y = labelled(data)
        if len(y) == 0 or separable(x, y):
            raise NoMaximumError("a straight line separates the classes, so the likelihood rises for ever as w grows: "
                            "add a point on the other side, or keep the prior and use the MAP")
        if int(torch.linalg.matrix_rank(x)) < x.shape[1]:
            raise NoMaximumError("one feature is a multiple of another, so many w are equally likely: remove it")
        return LogisticRegression(1e-12).map((x, y))

    def laplace(self, data: Any) -> Laplace:
        """N(MAP, H^-1), and ln p(y) ~ ln p(y, w_map) + D/2 ln 2 pi - 1/2 ln det H."""
        peak = self.climb(data)
        log_volume = 0.5 * (len(peak.w) * _LOG_TAU - float(torch.logdet(peak.precision)))
        return Laplace(peak.w, torch.linalg.inv(peak.precision), peak.log_joint + log_volume)

    def plug_in(self, theta: Tensor, x: Any) -> Tensor:
        """p(y = 1 | x, w) at w = theta for each row of x, (N,)."""
        return torch.sigmoid(features(x) @ theta)


def separable(x: Tensor, y: Tensor) -> bool:
    """Is there a w with (2y - 1) w . x >= 0 at every point and > 0 at one? A linear programme."""
    signed = ((2 * y - 1)[:, None] * x).numpy()
    found = linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(-found.fun > 1e-9 * max(1.0, float(np.abs(signed).max())))

