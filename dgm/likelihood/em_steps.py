"""EM for the two families whose maximum has no closed form; its log-likelihood never falls (slide "EM algorithm").

Student's t is a Gaussian whose precision is multiplied by a latent Gamma variable; a mixture has a latent component.
Sources: Dempster, Laird and Rubin 1977; Liu and Rubin 1995 (Student's t); Bishop, PRML, 9.2.2.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.errors import ArgumentError, DataError
from dgm.likelihood.families import Density, Mixture, StudentT, as_model
from dgm.likelihood.log_likelihood import as_column, as_weights


class Step(NamedTuple):
    """The model after `step` steps, and its log-likelihood in nats: of all points, each times N times its weight."""

    step: int
    model: Density
    log_likelihood: float


def em(x: Any, start: Density, weights: Any = None) -> Iterator[Step]:
    """EM from `start`, without end; the first item is the start itself, and log_likelihood never falls.

    x: (N,) points. start: a StudentT, whose dof stays, or a Mixture. weights: (N,), 0 or more, equal by default.
    ArgumentError for another family (the maximum has a closed form: `fit`), DataError where a scale falls to 0.

    >>> from itertools import islice
    >>> from dgm import likelihood
    >>> steps = likelihood.em([-2.0, -1.0, 1.5, 2.5], likelihood.Mixture())
    >>> [round(step.log_likelihood, 2) for step in islice(steps, 3)]
    [-8.0, -6.45, -5.69]
    """
    start = as_model(start, "start")
    if not isinstance(start, StudentT | Mixture):
        raise ArgumentError("start has to be a StudentT or a Mixture: the other families have a closed form, use fit")
    x = as_column(x)
    return _steps(x, start, as_weights(weights, len(x)))


def _steps(x: Tensor, model: Density, weights: Tensor) -> Iterator[Step]:
    step = 0
    while True:
        yield Step(step, model, log_likelihood(model, x, weights))
        model = updated(x, model, weights)
        step += 1


def log_likelihood(model: Density, x: Tensor, weights: Tensor) -> float:
    """N sum_i w_i log p(x_i), w summing to 1."""
    used = weights > 0      # a point of weight 0 may have the density 0
    return len(x) * float((weights[used] * model.log_prob(x[used])).sum())


def updated(x: Tensor, model: Density, weights: Tensor) -> Density:
    """One EM step. DataError where a scale falls to 0: there the likelihood has no bound."""
    return _student(x, model, weights) if isinstance(model, StudentT) else _mixture(x, model, weights)


def _student(x: Tensor, model: StudentT, weights: Tensor) -> StudentT:
    z = ((x - model.location) / model.scale).clamp(-1e150, 1e150)
    precision = weights * (model.dof + 1) / (model.dof + z.square())     # E[u | x] of the latent u
    location = (precision * x).sum() / precision.sum()
    variance = (precision * (x - location).square()).sum()
    return StudentT(float(location), _scale(variance), model.dof)


def _mixture(x: Tensor, model: Density, weights: Tensor) -> Mixture:
    one, two = Mixture.log_joint(x, *model.theta)
    first = torch.sigmoid(torch.nan_to_num(one - two))     # E-step: p(z = 1 | x); where both are 0, a half
    mass = torch.stack([first, 1 - first]) * weights
    total = mass.sum(1)
    if not bool((total > 0).all()):
        raise DataError("a component of the mixture has no points left: start it nearer to the points")
    means = (mass @ x) / total
    variances = (mass * (x - means[:, None]).square()).sum(1) / total
    (mean1, mean2), (scale1, scale2) = means.tolist(), map(_scale, variances)
    return Mixture(float(total[0].clamp(1e-12, 1 - 1e-12)), mean1, scale1, mean2, scale2)


def _scale(variance: Tensor) -> float:
    if not float(variance) > 1e-290:
        raise DataError("a scale falls to 0, where the likelihood has no bound: use fewer equal points or another "
                        "start")
    return float(variance) ** 0.5
