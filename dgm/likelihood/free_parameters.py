"""The families' parameters without constraints: location, log scale, log dof, logit weight, in units of the data.

units: (shift, factor), so that the free parameters describe (x - shift) / factor.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dgm.likelihood.families import DOF_RANGE, Density


def free(model: Density, units: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """The free parameters (P,) of a model, float64."""
    shift, factor = units
    forms: dict[str, Callable[[float], float]] = {
        "location": lambda v: (v - shift) / factor, "scale": lambda v: math.log(v) - math.log(factor),
        "dof": math.log, "weight": lambda v: math.log(v) - math.log1p(-v)}
    values = [forms[kind](getattr(model, name)) for name, kind in model.kinds.items()]
    return torch.tensor(values, dtype=torch.float64)


def constrained(model: Density, phi: Tensor, units: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """theta of phi, differentiable; the degrees of freedom stay in their range."""
    shift, factor = units
    low, high = (math.log(edge) for edge in DOF_RANGE)
    forms: dict[str, Callable[[Tensor], Tensor]] = {
        "location": lambda v: shift + factor * v, "scale": lambda v: factor * v.exp(),
        "dof": lambda v: v.clamp(low, high).exp().clamp(*DOF_RANGE), "weight": torch.sigmoid}
    return torch.stack([forms[kind](value) for kind, value in zip(model.kinds.values(), phi, strict=True)])
