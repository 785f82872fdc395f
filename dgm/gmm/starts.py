"""Where EM starts: EM ends in the local maximum near its start, so the start decides which one it finds."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_seed
from dgm.errors import ArgumentError
from dgm.gmm.covariances import COVARIANCES, FLOOR, maximise, prior_of, with_jitter
from dgm.gmm.log_density import blocks
from dgm.gmm.params import Params, Points, as_component_count, as_points
from dgm.gmm.scaling import FARTHEST, frame_for
from dgm.gmm.statistics import weighted_moments
from dgm.runtime import generator


def init(x: Points, k: int, seed: int = 0, method: str = "k-means++", means: Points | None = None) -> Params:
    """theta_0 for K components, in the data's units.

    "k-means++" (Arthur and Vassilvitskii 2007) and "random points" choose K rows as means, "given" takes `means` as
    they are; weights are equal and all components share the covariance of the points about their nearest mean. "random
    responsibilities" draws q from a flat Dirichlet and takes one M-step: a slow start near the common mean.

    x: (N, D) points. method: a name of `STARTS`. means: (K, D), which imply method "given".
    Returns K components. ArgumentError for an unknown method, K outside 1..N, or means that are missing or do not fit;
    DataError for points that are no finite table or have no density.

    >>> from dgm import gmm
    >>> theta = gmm.init([[0.0], [1.0], [8.0], [9.0]], 2, means=[[0.5], [8.5]])
    >>> theta.means.tolist(), [round(weight, 3) for weight in theta.log_weights.exp().tolist()]
    ([[0.5], [8.5]], [0.5, 0.5])
    """
    points = as_points(x)
    chosen_method = as_choice(method, "method", STARTS)
    method = chosen_method if means is None else "given"
    count, rng = as_component_count(k, points), generator(as_seed(seed))
    chosen = _given(means, count, points) if method == "given" else None
    frame = frame_for(points).standardised()
    z = frame.working_points(points)
    if chosen is None and method in CHOICES:
        chosen = points[CHOICES[method](z, count, rng)]
    if chosen is None:
        return frame.data_params(_random_responsibilities(z, count, rng))
    means_z = ((chosen - frame.centre) / frame.scale).T
    if not float(means_z.abs().max()) < FARTHEST:
        raise ArgumentError(f"means holds a mean more than {FARTHEST:.0e} deviations away from the points: choose a "
                            "nearer one")
    theta = params_from_means(z, means_z)
    return frame.data_params(theta)._replace(means=chosen)    # their exact values


def _given(means: Points | None, k: int, points: Tensor) -> Tensor:
    """The means (K, D) that a caller gave."""
    if means is None:
        raise ArgumentError("the start 'given' needs means (K, D): give them, or choose another start")
    chosen = as_points(means, "means").to(points.device)
    if chosen.shape != (k, points.shape[1]):
        raise ArgumentError(f"means of shape {tuple(chosen.shape)} for {k} components in {points.shape[1]} columns: "
                            f"give {k} rows of {points.shape[1]} numbers")
    return chosen


def params_from_means(z: Tensor, means: Tensor) -> Params:
    """Equal weights, means (D, K), and the shared covariance of the points (D, N) about their nearest mean."""
    (d, n), k = z.shape, means.shape[1]
    scatter = FLOOR * n * torch.eye(d).to(z)
    for cut in blocks(n, 2 * k + 2 * d, z.device):
        away = z[:, cut] - means[:, nearest(z[:, cut], means)]
        scatter += away @ away.T
    log_weights, prior = z.new_full((k,), -math.log(k)), prior_of(FLOOR, torch.ones_like(z[:, 0]))
    return Params(log_weights, means.T.contiguous(), with_jitter(scatter[None] / n, prior).repeat(k, 1, 1))


def nearest(z: Tensor, means: Tensor) -> Tensor:
    """(n,): index of the nearest of the means (D, K) for each point (D, n), the first of equally near ones."""
    found = torch.empty(z.shape[1:], dtype=torch.long, device=z.device)
    for cut in blocks(z.shape[1], len(z) * (means.shape[1] + 1), z.device):
        # differences, not expanded squares: a far point must not hide the others
        distances = torch.stack([(z[:, cut] - mean[:, None]).square_().sum(0) for mean in means.T])
        torch.argmin(distances, 0, out=found[cut])
    return found


def _plus_plus(z: Tensor, k: int, rng: torch.Generator) -> Tensor:
    """Each next mean is a point drawn with probability proportional to its squared distance from the means so far."""
    draws = torch.rand(k, generator=rng, dtype=torch.float64).to(z)
    chosen = [int(draws[0] * z.shape[1])]
    distance = torch.full_like(z[0], torch.inf)
    for u in draws[1:]:
        distance = torch.minimum(distance, (z - z[:, chosen[-1:]]).square().sum(0))
        total = distance.cumsum(0)
        flat = not bool(total[-1] > 0)          # fewer distinct points than components
        chosen.append(int(u * z.shape[1]) if flat else int(torch.searchsorted(total, u * total[-1], right=True)))
    return torch.tensor([min(i, z.shape[1] - 1) for i in chosen], device=z.device)


def _random_points(z: Tensor, k: int, rng: torch.Generator) -> Tensor:
    """K different rows, all equally likely."""
    return torch.randperm(z.shape[1], generator=rng)[:k].to(z.device)


def _random_responsibilities(z: Tensor, k: int, rng: torch.Generator) -> Params:
    """q_n ~ Dirichlet(1, ..., 1), then one M-step."""
    draws = -torch.log1p(-torch.rand(k, z.shape[1], generator=rng, dtype=torch.float64)).to(z)
    old = params_from_means(z, z[:, :1].expand(-1, k))
    prior = prior_of(FLOOR, torch.ones_like(z[:, 0]))
    return maximise(weighted_moments(z, draws / draws.sum(0)), old, COVARIANCES["full"], prior)


CHOICES: dict[str, Callable[[Tensor, int, torch.Generator], Tensor]] = {    # rows of the points as means
    "k-means++": _plus_plus,
    "random points": _random_points,
}
STARTS = (*CHOICES, "random responsibilities", "given")   # all choices of `method`
