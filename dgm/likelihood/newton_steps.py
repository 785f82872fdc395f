"""Newton's method on the mean log-likelihood in the free parameters: ends an ascent in a few steps, and never falls.

    phi <- phi + 2^-k |H|^-1 g,   g, H: gradient and Hessian;  |H| has the absolute eigenvalues of H
Source: Nocedal and Wright 2006, sections 3.3 and 3.4.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian

from dgm.errors import DgmError
from dgm.likelihood.families import Density
from dgm.likelihood.free_parameters import constrained, free

STEPS = 60
HALVINGS = 30
SMALLEST = 1e-6    # eigenvalue of |H| that a step divides by
ENOUGH = 1e-13     # nats per point that a step has to gain


def newton(x: Tensor, weights: Tensor, model: Density) -> Density:
    """The model at the end of the ascent; points x (N,) with weights that sum to 1, in units of their spread."""
    with torch.inference_mode(False), torch.enable_grad():
        x, weights = x.clone(), weights.clone()

        def value(phi: Tensor) -> Tensor:
            return weights @ model.log_density(x, *constrained(model, phi))

        phi = free(model)
        reached = float(value(phi))
        for _ in range(STEPS):
            moved, found = _line_search(value, phi, _direction(value, phi), reached)
            if not found - reached > ENOUGH:
                break
            phi, reached = moved, found
        return _made(model, phi)


def _direction(value: Callable[[Tensor], Tensor], phi: Tensor) -> Tensor:
    slope: Tensor = jacobian(value, phi)    # type: ignore[no-untyped-call]
    curvature: Tensor = hessian(value, phi)  # type: ignore[no-untyped-call]
    eigenvalues, vectors = torch.linalg.eigh(torch.nan_to_num(curvature))
    return vectors @ ((vectors.T @ torch.nan_to_num(slope)) / eigenvalues.abs().clamp_min(SMALLEST))


def _line_search(value: Callable[[Tensor], Tensor], phi: Tensor, direction: Tensor,
                 reached: float) -> tuple[Tensor, float]:
    for halving in range(HALVINGS):
        moved = phi + direction / 2**halving
        found = float(value(moved))
        if found > reached:
            return moved, found
    return phi, reached


def _made(model: Density, phi: Tensor) -> Density:
    try:
        return type(model)(*constrained(model, phi).tolist())
    except DgmError:     # a weight of 0 or 1 to rounding
        return model
