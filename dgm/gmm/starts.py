"""Where EM starts: EM finds the top of the hill it starts on, so the start is half of the answer."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dgm.gmm.covariances import COVARIANCES, FLOOR, held, maximise
from dgm.gmm.log_density import blocks
from dgm.gmm.params import Params, Points, as_points, frame_for
from dgm.gmm.statistics import moments_of
from dgm.runtime import generator


def init(x: Points, k: int, seed: int = 0, method: str = "k-means++", means: Points | None = None) -> Params:
    """theta_0 for K components, in the data's units.

    "k-means++" and "random points" choose K rows as means, "given" takes `means` (K, D) as they are; weights are
    equal and all components share the covariance of the points about their nearest mean. "random
    responsibilities" draws q from a flat Dirichlet and takes one M-step: a slow start near the common mean.
    ValueError for an unknown method, K outside 1..N or data that have no density.
    """
    points = as_points(x)
    method = "given" if means is not None else method
    check_k(points, k)
    if method not in STARTS:
        raise ValueError(f"unknown start {method!r}: choose one of {', '.join(STARTS)}")
    frame = frame_for(points)
    z = frame.points(points)
    if method == "given":
        if means is None:
            raise ValueError("the start 'given' needs means (K, D)")
        chosen = as_points(means).to(points.device)
        if chosen.shape != (k, points.shape[1]):
            raise ValueError(f"means of shape {tuple(chosen.shape)} for {k} components in {points.shape[1]} columns")
        theta = around(z, ((chosen - frame.centre) / frame.scale).T)
        return frame.outward(theta)._replace(means=chosen)
    return frame.outward(INITS[method](z, k, generator(seed)))


def check_k(points: Tensor, k: int) -> None:
    """ValueError unless 1 <= k <= N."""
    if not 1 <= k <= len(points):
        raise ValueError(f"{k} components for {len(points)} points: choose K from 1 to {len(points)}")


def around(z: Tensor, means: Tensor) -> Params:
    """Equal weights, means (D, K), and the shared covariance of the points (D, N) about their nearest mean."""
    (d, n), k = z.shape, means.shape[1]
    scatter = FLOOR * n * torch.eye(d).to(z)
    for cut in blocks(n, 2 * k + 2 * d, z.device):
        away = z[:, cut] - means[:, nearest(z[:, cut], means)]
        scatter += away @ away.T
    log_weights = z.new_full((k,), -math.log(k))
    return Params(log_weights, means.T.contiguous(), held(scatter[None] / n).repeat(k, 1, 1))


def nearest(z: Tensor, means: Tensor) -> Tensor:
    """(n,): index of the nearest of the means (D, K) for each point (D, n)."""
    return (means.square().sum(0)[:, None] - 2 * means.T @ z).argmin(0)


def _plus_plus(z: Tensor, k: int, rng: torch.Generator) -> Params:
    """Each next mean is a point drawn with probability proportional to its squared distance from the means so far."""
    draws = torch.rand(k, generator=rng, dtype=torch.float64).to(z)
    chosen = [int(draws[0] * z.shape[1])]
    distance = torch.full_like(z[0], torch.inf)
    for u in draws[1:]:
        distance = torch.minimum(distance, (z - z[:, chosen[-1:]]).square().sum(0))
        total = distance.cumsum(0)
        flat = not bool(total[-1] > 0)          # fewer distinct points than components
        chosen.append(int(u * z.shape[1]) if flat else int(torch.searchsorted(total, u * total[-1], right=True)))
    return around(z, z[:, [min(i, z.shape[1] - 1) for i in chosen]])


def _random_points(z: Tensor, k: int, rng: torch.Generator) -> Params:
    """K different rows, all equally likely."""
    return around(z, z[:, torch.randperm(z.shape[1], generator=rng)[:k].to(z.device)])


def _random_responsibilities(z: Tensor, k: int, rng: torch.Generator) -> Params:
    """q_n ~ Dirichlet(1, ..., 1), then one M-step."""
    draws = -torch.log1p(-torch.rand(k, z.shape[1], generator=rng, dtype=torch.float64)).to(z)
    old = around(z, z[:, :1].expand(-1, k))
    return maximise(moments_of(z, draws / draws.sum(0)), old, COVARIANCES["full"], FLOOR)


INITS: dict[str, Callable[[Tensor, int, torch.Generator], Params]] = {
    "k-means++": _plus_plus,
    "random points": _random_points,
    "random responsibilities": _random_responsibilities,
}
STARTS = (*INITS, "given")   # the menu
