"""Points sampled from known distributions: generator -> (x (N, D) float64, component or class (N,) int64).

>>> from dgm import runtime
>>> from dgm.datasets import synthetic
>>> x, z = synthetic.three_clusters(runtime.generator(0))
>>> tuple(x.shape), sorted(set(z.tolist()))
((400, 2), [0, 1, 2])
"""

import math

import torch
from torch import Tensor

Labelled = tuple[Tensor, Tensor]


def _normal(g: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def _clusters(g: torch.Generator, n: int, weights: list[float], means: list[list[float]],
              roots: list[list[list[float]]]) -> Labelled:
    """A mixture of Gaussians in the plane; each component has the covariance root @ root'."""
    z = torch.multinomial(torch.tensor(weights, dtype=torch.float64), n, replacement=True, generator=g)
    root = torch.tensor(roots, dtype=torch.float64)[z]
    mean = torch.tensor(means, dtype=torch.float64)[z]
    return mean + (root @ _normal(g, n, 2, 1)).squeeze(-1), z


def three_clusters(g: torch.Generator) -> Labelled:
    """400 points of three well separated Gaussians of different shape."""
    return _clusters(g, 400, [0.5, 0.3, 0.2], [[-3, 0], [2, 2.5], [2.5, -2.5]],
                     [[[1, 0], [0.6, 0.5]], [[0.5, 0], [0, 1]], [[1.2, 0], [-0.6, 0.4]]])


def overlapping(g: torch.Generator) -> Labelled:
    """400 points of two Gaussians that overlap: no clustering can separate them."""
    return _clusters(g, 400, [0.6, 0.4], [[-0.8, 0], [1.2, 0.3]], [[[1, 0], [0.3, 0.8]], [[0.7, 0], [-0.4, 0.9]]])


def two_clusters(g: torch.Generator) -> Labelled:
    """300 points of two round clusters side by side: the direction of most variance joins the clusters."""
    return _clusters(g, 300, [0.5, 0.5], [[-2.5, -1], [2.5, 1]], [[[0.6, 0], [0, 0.6]]] * 2)


def moons(g: torch.Generator, n: int = 400) -> Labelled:
    """Two interleaved half circles: clusters that are not Gaussian."""
    z = torch.arange(n) % 2
    angle = math.pi * torch.rand(n, generator=g, dtype=torch.float64)
    x = torch.stack([angle.cos() + z, angle.sin() * (1 - 2 * z) + 0.5 * z], dim=1)
    return x + 0.09 * _normal(g, n, 2), z


def _subspace(g: torch.Generator, n: int, loadings: list[list[float]], sigma: float) -> Labelled:
    w = torch.tensor(loadings, dtype=torch.float64)  # (D, q)
    x = _normal(g, n, w.shape[1]) @ w.T + sigma * _normal(g, n, w.shape[0])
    return x, torch.zeros(n, dtype=torch.long)


def noisy_line(g: torch.Generator) -> Labelled:
    """200 points x = W z + noise in the plane, with one latent variable and sigma = 0.5."""
    return _subspace(g, 200, [[2.0], [1.2]], 0.5)


def noisy_plane(g: torch.Generator) -> Labelled:
    """300 points x = W z + noise in space, with two latent variables and sigma = 0.35."""
    return _subspace(g, 300, [[1.8, 0.2], [0.9, -0.9], [0.3, 1.1]], 0.35)


def curve(g: torch.Generator, n: int = 300) -> Labelled:
    """Points on a bent line: one latent variable, but no linear map of it."""
    t = 2.4 * (2 * torch.rand(n, generator=g, dtype=torch.float64) - 1)
    x = torch.stack([1.5 * t, t**2 - 2], dim=1) + 0.25 * _normal(g, n, 2)
    return x, (t > 0).long()
