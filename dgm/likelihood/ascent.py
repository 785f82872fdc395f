"""Gradient ascent on the mean log-likelihood, for the families' parameters without their constraints.

    phi <- phi + rate * d/dphi [1/N sum_i log p(x_i | theta(phi))]
    phi: location, log scale, log dof, logit weight, of the data in units of their own mean and standard deviation
So the rate has no unit: data in minutes and data in seconds give the same steps.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_flag, as_number
from dgm.errors import DataError, DgmError, DivergedError
from dgm.likelihood.em_steps import Step
from dgm.likelihood.families import Density, as_model
from dgm.likelihood.free_parameters import constrained, free
from dgm.likelihood.log_likelihood import as_column

HALVINGS = 40   # of the rate, after which a step with backtracking stays where it is


def ascend(x: Any, start: Density, rate: float = 0.1, backtracking: bool = False) -> Iterator[Step]:
    """Gradient ascent from `start`, without end; the first item is the start itself.

    x: (N,) points that are not all equal. rate: greater than 0, without a unit. With backtracking each step halves the
    rate until the log-likelihood does not fall; without it a large rate may overshoot the maximum.
    DivergedError where the next parameters are out of range, DataError for points that are all equal.

    >>> from itertools import islice
    >>> from dgm import likelihood
    >>> steps = likelihood.ascend([0.0, 1.0, 2.0], likelihood.Gaussian(0, 1), 0.5, backtracking=True)
    >>> [round(step.log_likelihood, 2) for step in islice(steps, 3)]
    [-5.26, -4.61, -4.26]
    """
    start, x = as_model(start, "start"), as_column(x)
    rate, backtracking = as_number(rate, "rate", above=0), as_flag(backtracking, "backtracking")
    shift, factor = float(x.mean()), float((x - x.mean()).square().mean().sqrt())
    if not factor > 1e-140:
        raise DataError("x holds equal points alone, whose likelihood has no maximum: give two or more different ones")
    return _steps(x, start, rate, backtracking, (shift, factor))


class _Reached(NamedTuple):
    """A step, its free parameters phi (P,), and the gradient of the mean log-likelihood in them (P,)."""

    step: Step
    phi: Tensor
    slope: Tensor


def _steps(x: Tensor, model: Density, rate: float, backtracking: bool, units: tuple[float, float]) -> Iterator[Step]:
    reached = _reached(x, 0, model, units)
    while True:
        yield reached.step
        moved = _moved(x, reached, rate, units)
        for halving in range(1, HALVINGS if backtracking else 1):
            if moved is not None and moved.step.log_likelihood >= reached.step.log_likelihood:
                break
            moved = _moved(x, reached, rate / 2**halving, units)
        if moved is None or (backtracking and moved.step.log_likelihood < reached.step.log_likelihood):
            moved = _stay(reached, backtracking)
        reached = moved


def _stay(reached: _Reached, backtracking: bool) -> _Reached:
    if not backtracking:
        raise DivergedError(f"the parameters are out of range after step {reached.step.step}: lower the rate or use "
                            "backtracking")
    return reached._replace(step=reached.step._replace(step=reached.step.step + 1))


def _moved(x: Tensor, reached: _Reached, rate: float, units: tuple[float, float]) -> _Reached | None:
    """The step along the slope; None where that is no model."""
    before = reached.step
    values = constrained(before.model, reached.phi + rate * reached.slope, units).tolist()
    try:
        moved = _reached(x, before.step + 1, type(before.model)(*values), units)
    except DgmError:
        return None
    return moved if math.isfinite(moved.step.log_likelihood) else None


def _reached(x: Tensor, number: int, model: Density, units: tuple[float, float]) -> _Reached:
    """The log-likelihood of a model and its slope, from one evaluation of the density."""
    with torch.inference_mode(False), torch.enable_grad():
        phi = free(model, units).requires_grad_()
        x = x.clone() if x.is_inference() else x
        value = model.log_density(x, *constrained(model, phi, units)).sum()
        slope = torch.autograd.grad(value, phi)[0] / len(x)
    return _Reached(Step(number, model, float(value.detach())), phi.detach(), slope)
