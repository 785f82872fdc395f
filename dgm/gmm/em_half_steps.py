"""EM as block-coordinate ascent on the lower bound, half-step by half-step (Neal and Hinton 1998).

The E half-step changes q alone and closes the gap, the M half-step changes theta alone and raises L.
N points, K components; bounds and log-likelihoods in mean nats per point.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from dgm.errors import ArgumentError
from dgm.gmm.em_steps import Step
from dgm.gmm.lower_bound import elbo, without_rounding
from dgm.gmm.params import Params, Points, as_points

SAME = 1e-6     # within which a log-likelihood of the same points comes out again


class HalfStep(NamedTuple):
    """One state of the block-coordinate ascent: theta, and the theta whose posterior q is."""

    kind: str              # "start", "E" or "M": the half-step that led here
    step: int              # M-steps taken
    params: Params         # theta
    anchor: Params | None  # q(z) = p(z | x, anchor); None: q is uniform
    bound: float           # L(q, theta), mean nats per point
    log_lik: float         # log p(x | theta)

    @property
    def gap(self) -> float:
        """KL(q, p(z | x, theta)) = log p - L, zero after an E half-step."""
        return without_rounding(self.log_lik - self.bound, self.log_lik)


def half_steps(x: Points, steps: Sequence[Step]) -> tuple[HalfStep, ...]:
    """The half-steps start, E, M, E, M, ... of one run of EM; they begin at a uniform q (Neal and Hinton 1998).

    x: (N, D) points that the steps were computed from. steps: the first steps of one `em`, at least one.
    Returns 2 T half-steps for T steps. The bound never falls from one to the next (floor = 0). ArgumentError for other
    steps, or for other points than they were computed from.

    >>> from itertools import islice
    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> [half.kind for half in gmm.half_steps(x, list(islice(gmm.em(x, gmm.init(x, 2)), 2)))]
    ['start', 'E', 'M', 'E']
    """
    points = as_points(x)
    if not (isinstance(steps, (list, tuple)) and steps and all(isinstance(step, Step) for step in steps)):
        raise ArgumentError("steps has to hold at least one step of gmm.em, in a list or tuple")
    first, k = steps[0], len(steps[0].params.means)
    if [step.index for step in steps] != list(range(len(steps))):
        raise ArgumentError("steps have to be those of one run of gmm.em from its first one on, in their order")
    uniform = torch.full((len(points), k), 1 / k, dtype=torch.float64, device=first.params.means.device)
    same = first.points.shape == points.T.shape
    start = elbo(points, uniform, first.params) if same else None
    if start is None or not math.isclose(start.log_lik, first.log_lik, rel_tol=SAME, abs_tol=SAME):
        raise ArgumentError("the steps were computed from other points: give the same points")
    path = [HalfStep("start", 0, first.params, None, start.bound, first.log_lik)]
    for old, new in zip([None, *steps], steps, strict=False):
        if old is not None:
            path.append(HalfStep("M", new.index, new.params, old.params, new.bound, new.log_lik))
        path.append(HalfStep("E", new.index, new.params, new.params, new.log_lik, new.log_lik))
    return tuple(path)
