"""Panels for integrals over one latent number: Gauss-Legendre rules, on short intervals near singularities.

The logarithm of a mixture has singularities beside the real axis, where two components are of opposite sign. Panels
that double in length on both sides of such a place keep the rule's error at rounding (Trefethen 2008).
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dgm.quadrature import legendre_panels

NODES = 16         # of a panel
REACH = 9.0        # standard deviations of a Gaussian that hold all its mass but 2e-19
PANELS = 36        # of one Gaussian: half a deviation each
DOUBLINGS = 24     # of the panels around a singularity


def gaussian_edges(mean: float, sd: float) -> Tensor:
    """Ends of the panels that hold N(mean, sd^2), (P + 1,)."""
    return mean + sd * torch.linspace(-REACH, REACH, PANELS + 1, dtype=torch.float64)


def graded_edges(places: Sequence[tuple[float, float]]) -> Tensor:
    """Ends of panels that double in length on both sides of each (centre, scale), (E,)."""
    doubled = 2.0 ** torch.arange(DOUBLINGS, dtype=torch.float64)
    steps = torch.cat([-doubled, torch.zeros(1, dtype=torch.float64), doubled])
    edges = [centre + scale * steps for centre, scale in places]
    return torch.cat(edges) if edges else torch.zeros(0, dtype=torch.float64)


def singularities(weights: Sequence[float], means: Sequence[float], sds: Sequence[float]) -> list[tuple[float, float]]:
    """(real part, distance from the real axis) of the nearest singularities of log sum_k w_k N(z | m_k, s_k^2)."""
    parts = [part for part in zip(weights, means, sds, strict=True) if part[0] > 0]
    return [place for one, other in itertools.combinations(parts, 2) for place in _singularities(one, other)]


def _singularities(one: tuple[float, ...], other: tuple[float, ...]) -> list[tuple[float, float]]:
    """(real part, distance from the real axis) of the z nearest to it where w_1 N_1(z) = -w_2 N_2(z)."""
    (w, m, s), (v, n, r) = one, other
    square, slope = 0.5 / r**2 - 0.5 / s**2, m / s**2 - n / r**2
    constant = 0.5 * (n / r) ** 2 - 0.5 * (m / s) ** 2 + math.log(w / v) + math.log(r / s)
    found = np.roots([square, slope, constant - 1j * math.pi])
    return [(float(z.real), max(abs(float(z.imag)), 1e-6)) for z in found if math.isfinite(abs(z))]


def merged(edges: Tensor, more: Tensor) -> Tensor:
    """The edges, and those of `more` that lie between the first and the last, ascending."""
    inside = more[(more > edges[0]) & (more < edges[-1])]
    return ascending(torch.cat([edges, inside]))


def ascending(edges: Tensor) -> Tensor:
    """The different edges in order."""
    return torch.unique(edges)


def nodes_on(edges: Tensor) -> tuple[Tensor, Tensor]:
    """Nodes and weights (M,) of the integral from the first edge to the last."""
    z, weights = legendre_panels(edges[:-1], edges[1:], NODES)
    return z.reshape(-1), weights.reshape(-1)
