"""Stationary points of the likelihood that are not its maximum (Tipping and Bishop 1999, section A.2).

Any q eigenvectors with lambda_j > sigma_J^2 (the mean of the others) make the gradient zero; only the top q make a
maximum, all the others are saddles that EM leaves when it is pushed.
"""

from collections.abc import Iterator, Sequence

import torch

from dgm import runtime
from dgm.ppca.covariance_spectrum import Scatter, Spectrum, decompose
from dgm.ppca.em_steps import Step, iterate
from dgm.ppca.model import Params
from dgm.ppca.profile_likelihood import LOG_2PI


def _noise(spec: Spectrum, kept: Sequence[int]) -> float:
    """sigma_J^2 of a set of kept axes. ValueError for axes that are doubled, out of range, or inside the noise."""
    dim = spec.vectors.shape[1]
    if len(set(kept)) != len(kept) or not all(0 <= j < dim for j in kept) or len(kept) >= len(spec.values):
        raise ValueError(f"axes {tuple(kept)}: name different ones from 0 to {dim - 1}, fewer than D")
    dropped = torch.ones(len(spec.values), dtype=torch.bool)
    dropped[list(kept)] = False
    noise = float(spec.values[dropped].mean())
    inside = [j for j in kept if float(spec.values[j]) <= noise]
    if inside:
        raise ValueError(f"axis {inside[0]} varies less ({float(spec.values[inside[0]]):.3g}) than the mean of the "
                         f"dropped ones ({noise:.3g}), so no W of this kind exists: keep axes with larger eigenvalues")
    return noise


def stationary(spec: Spectrum, kept: Sequence[int]) -> Params:
    """The stationary point that keeps these axes (0 = largest eigenvalue): the maximum for 0..q-1, else a saddle."""
    noise = _noise(spec, kept)
    axes = list(kept)
    W = spec.vectors[:, axes] * (spec.values[axes] - noise).sqrt()
    return Params(spec.mean, W, torch.tensor(noise, dtype=torch.float64))


def log_lik(spec: Spectrum, kept: Sequence[int]) -> float:
    """Mean log-likelihood at that point, nats: -1/2 [D ln 2 pi + sum ln lambda_j + (D-q) ln sigma_J^2 + D]."""
    noise, dim = _noise(spec, kept), len(spec.values)
    logs = spec.values[list(kept)].log().sum() + (dim - len(kept)) * torch.tensor(noise, dtype=torch.float64).log()
    return float(-0.5 * (dim * LOG_2PI + logs + dim))


def growth(spec: Spectrum, kept: Sequence[int]) -> float:
    """The factor by which one EM step grows the push out of the saddle: the best lambda_dropped / lambda_kept.

    Above 1 the point is a saddle; at the maximum it is below 1 and is the rate of convergence.
    """
    dropped = [j for j in range(len(spec.values)) if j not in set(kept)]
    return float(spec.values[dropped].max() / spec.values[list(kept)].min())


def leave(data: Scatter, kept: Sequence[int], push: float = 1e-3, seed: int = 0, *,
          expanded: bool = False) -> Iterator[Step]:
    """EM from the stationary point with a random `push` (share of W's size) on W. push = 0 stays there."""
    theta = stationary(decompose(data), kept)
    noise = torch.randn(theta.W.shape, generator=runtime.generator(seed), dtype=torch.float64)
    size = theta.W.norm() / noise.norm()
    return iterate(data, theta._replace(W=theta.W + push * size * noise), expanded)
