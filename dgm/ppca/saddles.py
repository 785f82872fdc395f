"""Stationary points of the likelihood that are not its maximum (Tipping and Bishop 1999, section A.2).

Any q eigenvectors with lambda_j > sigma_J^2 (the mean of the other eigenvalues) make the gradient zero. Only the
top q are a maximum; all the others are saddles that EM leaves after a perturbation.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from dgm import runtime
from dgm.arguments import as_flag, as_number, as_seed, as_tensor
from dgm.errors import ArgumentError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import Scatter, Spectrum, check_scatter, check_spectrum, decompose
from dgm.ppca.em_steps import Step, iterate
from dgm.ppca.model import Params, shown_axes


def _axes(spec: Spectrum, axes: Any) -> list[int]:
    """Different axes of this spectrum, fewer than D, as ints; ArgumentError otherwise."""
    dim = spec.vectors.shape[1]
    named = as_tensor(axes, "axes").tolist()
    if not isinstance(named, list) or not all(isinstance(axis, float) for axis in named):
        raise ArgumentError(f"axes has to be a list of the axes that W keeps, not {shown_axes(axes)}")
    if len(set(named)) != len(named) or not {*named} <= {*range(dim)} or len(named) >= len(spec.values):
        raise ArgumentError(f"axes {shown_axes(axes)}: name different ones from 0 to {dim - 1}, fewer than D")
    return [int(j) for j in named]


def _noise(spec: Spectrum, axes: list[int]) -> float:
    """sigma_J^2 of a set of axes. ArgumentError where one of them lies inside the noise."""
    dropped = torch.ones(len(spec.values), dtype=torch.bool)
    dropped[axes] = False
    noise = float(spec.values[dropped].mean())
    inside = [j for j in axes if float(spec.values[j]) <= noise]
    if inside:
        raise ArgumentError(f"axis {inside[0]} varies less ({float(spec.values[inside[0]]):.3g}) than the mean of the "
                            f"dropped ones ({noise:.3g}), so no W of this kind exists: keep axes with larger "
                            "eigenvalues")
    return noise


def stationary_point(spec: Spectrum, axes: Sequence[int]) -> Params:
    """The stationary point whose W spans these eigenvectors: the maximum for axes 0..q-1, else a saddle.

    W = U_J (Lambda_J - sigma_J^2 I)^(1/2), sigma_J^2 = mean of the dropped eigenvalues (Tipping and Bishop 1999, A.2).
    axes: numbers of the eigenvectors, 0 = largest eigenvalue. Returns theta with W (D, len(axes)).
    ArgumentError for axes that repeat, are out of range, or vary less than the noise.

    >>> from dgm import ppca
    >>> from dgm.ppca.saddles import stationary_point
    >>> spec = ppca.spectrum([[-3.0, 0.0], [3.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 4.5 and 0.5
    >>> theta = stationary_point(spec, (0,))
    >>> round(float(theta.W.norm()), 6), float(theta.sigma2)
    (2.0, 0.5)
    """
    spec = check_spectrum(spec)
    columns = _axes(spec, axes)
    noise = _noise(spec, columns)
    W = spec.vectors[:, columns] * (spec.values[columns] - noise).sqrt()
    return Params(spec.mean, W, torch.tensor(noise, dtype=torch.float64))


def stationary_log_lik(spec: Spectrum, axes: Sequence[int]) -> float:
    """Mean log-likelihood at that point, nats: -1/2 [D log 2 pi + sum log lambda_j + (D-q) log sigma_J^2 + D].

    Raises as `stationary_point`. Without noise it is infinite: the likelihood has no bound.

    >>> from dgm import ppca
    >>> from dgm.ppca.saddles import stationary_log_lik
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> round(stationary_log_lik(spec, (0,)), 4)
    -2.8379
    """
    spec = check_spectrum(spec)
    columns = _axes(spec, axes)
    noise, dim = _noise(spec, columns), len(spec.values)
    if noise == 0:
        return math.inf
    log_det = spec.values[columns].log().sum() + (dim - len(axes)) * torch.tensor(noise, dtype=torch.float64).log()
    return float(log_normal_from_distance(dim, log_det, dim))


def growth_factor(spec: Spectrum, axes: Sequence[int]) -> float:
    """The factor by which one EM step multiplies a small perturbation: max lambda_dropped / min lambda_retained.

    Above 1 the point is a saddle; at the maximum it is below 1 and equals the rate of the directions.
    ArgumentError for axes that repeat or are out of range, and where none or one of no variance is kept.

    >>> from dgm import ppca
    >>> from dgm.ppca.saddles import growth_factor
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> growth_factor(spec, (0,)), growth_factor(spec, (1,))
    (0.25, 4.0)
    """
    spec = check_spectrum(spec)
    kept = _axes(spec, axes)
    if not kept or not float(spec.values[kept].min()) > 0:
        raise ArgumentError("an EM step has a factor only where W keeps at least one axis, each with a positive "
                            f"eigenvalue, not {shown_axes(axes)}: keep axes with larger eigenvalues")
    dropped = [j for j in range(len(spec.values)) if j not in kept]
    return float(spec.values[dropped].max() / spec.values[kept].min())


def perturbed_em(data: Scatter, axes: Sequence[int], size: float = 1e-3, seed: int = 0, *,
                 expanded: bool = False) -> Iterator[Step]:
    """EM from the stationary point of `axes` with a random perturbation of W; size = 0 starts exactly there.

    size: norm of the perturbation as a share of the norm of W. Endless, one `Step` per EM step.
    Raises as `stationary_point`, at once; DataError during the run when no noise is left.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.saddles import perturbed_em
    >>> x = [[-3.0, 0, 0], [3, 0, 0], [0, -2.5, 0], [0, 2.5, 0], [0, 0, -1], [0, 0, 1]]
    >>> path = [step.log_lik for step in islice(perturbed_em(ppca.scatter(x), (1,), size=0.01), 60)]
    >>> path[-1] > path[0] + 0.1
    True
    """
    data = check_scatter(data)
    theta = stationary_point(decompose(data), axes)
    size, rng = as_number(size, "size", 0), runtime.generator(as_seed(seed))
    noise = torch.randn(theta.W.shape, generator=rng, dtype=torch.float64)
    largest = theta.W.abs().max() if theta.W.numel() else theta.W.sum()      # squares alone can leave float64
    scale = largest * (theta.W / largest).norm() / noise.norm() if largest > 0 else largest
    return iterate(data, theta._replace(W=theta.W + size * scale * noise), as_flag(expanded, "expanded"))
