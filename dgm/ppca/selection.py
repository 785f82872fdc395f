"""The number of latent dimensions: held-out likelihood, BIC, and Minka's evidence, all from one spectrum.

Every curve is over q = 0, 1, ..., as long as noise is left to estimate, in nats per point.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import Spectrum, as_data, spectrum
from dgm.ppca.profile_likelihood import profile_log_lik


class Choice(NamedTuple):
    """Four criteria for q, (Q,) each, in nats per point; each prefers the q of its largest value."""

    q: Tensor
    train: Tensor
    held_out: Tensor
    bic: Tensor        # -BIC / (2 N)
    evidence: Tensor   # Minka's Laplace approximation to log p(X | q) / N; NaN where it is not defined (q = 0, N < D)

    def best(self) -> dict[str, int]:
        """The q that each criterion prefers, but for the training likelihood, which always prefers the largest.

        >>> from torch import tensor
        >>> from dgm.ppca.selection import Choice
        >>> nan = tensor([float("nan")] * 2)
        >>> Choice(tensor([0, 1]), nan, tensor([-3.0, -2.5]), tensor([-2.0, -2.2]), nan).best()
        {'held-out': 1, 'BIC': 0}
        """
        curves = {"held-out": self.held_out, "BIC": self.bic, "evidence": self.evidence}
        return {name: int(self.q[torch.nan_to_num(curve, nan=-math.inf).argmax()]) for name, curve in curves.items()
                if not bool(curve.isnan().all())}


def free_parameters(dim: int, q: int) -> int:
    """Number of free parameters: D (mean) + D q - q (q-1) / 2 (W up to rotation) + 1 (noise).

    >>> from dgm.ppca.selection import free_parameters
    >>> free_parameters(3, 1), free_parameters(3, 2)      # the second: any Gaussian in 3 dimensions, 3 + 6
    (7, 9)
    """
    return dim + dim * q - q * (q - 1) // 2 + 1


def bic(spec: Spectrum, q: int) -> float:
    """Bayesian information criterion as a log evidence, nats per point: [log p(X | ML) - k/2 log N] / N = -BIC / (2 N).

    Bishop, PRML, eq. 4.139. k: `free_parameters`. Larger is better.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import bic
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> round(bic(spec, 1), 4)
    -3.7043
    """
    penalty = free_parameters(len(spec.values), q) * math.log(spec.n) / (2 * spec.n)
    return float(profile_log_lik(spec, q)) - penalty


def held_out(spec: Spectrum, test: Any) -> Tensor:
    """Mean log p of `test` under the maximum-likelihood fits with q = 0, 1, ..., all from one projection.

    spec: of the training data. test: (M, D). Returns (Q,), nats per point.
    ValueError when `test` has another number of columns or the training points are all equal.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import held_out
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> tuple(held_out(spec, [[1.0, 0.5], [-1.0, 0.5]]).shape)
    (2,)
    """
    data = as_data(test)
    dim = len(spec.values)
    if data.shape[1] != dim:
        raise ValueError(f"the held-out data have {data.shape[1]} columns, the training data {dim}: give the same ones")
    centred = data - spec.mean
    along = ((centred @ spec.vectors) ** 2).mean(0)
    rest = ((centred**2).sum(1).mean() - along.sum()).clamp_min(0)
    out = []
    for q in range(_count(spec)):
        noise = spec.noise(q)
        distance = (along[:q] / spec.values[:q]).sum() + (along[q:].sum() + rest) / noise
        log_det = spec.values[:q].log().sum() + (dim - q) * math.log(noise)
        out.append(log_normal_from_distance(distance, log_det, dim))
    return torch.stack(out)


def _count(spec: Spectrum) -> int:
    """How many values of q leave noise to estimate: 0 .. rank - 1."""
    if spec.rank == 0:
        raise ValueError("all points are equal: there is nothing to choose a dimension for")
    return min(spec.rank, len(spec.values))


def minka(spec: Spectrum, q: int) -> float:
    """log p(X | q) by Laplace's method, nats for all of X (Minka 2000, eq. 77; N-1 as scikit-learn).

    q: 1 .. rank - 1. Up to a constant that does not depend on q.
    ValueError when N < D or q is out of range.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import minka
    >>> spec = ppca.spectrum(ppca.sample(ppca.params([0.0] * 4, [[3.0], [0.0], [0.0], [0.0]], 0.5), 200).x)
    >>> minka(spec, 1) > minka(spec, 2) > minka(spec, 3)
    True
    """
    n, dim = spec.n, len(spec.values)
    if n < dim or not 1 <= q < spec.rank:
        raise ValueError(f"Minka's evidence needs N >= D and q from 1 to rank - 1 = {spec.rank - 1}: use BIC instead")
    values = spec.values * (n / (n - 1))
    noise = values[q:].mean()
    sizes = torch.arange(dim, dim - q, -1, dtype=torch.float64) / 2
    prior = (torch.lgamma(sizes) - sizes * math.log(math.pi)).sum() - q * math.log(2)
    fit = -n / 2 * (values[:q].log().sum() + (dim - q) * noise.log())
    smooth = torch.where(torch.arange(dim) < q, values, noise)
    curvature = (values[:q, None] - values).clamp_min(1e-300) * (1 / smooth - 1 / values[:q, None]).clamp_min(1e-300)
    pairs = torch.triu(torch.ones(q, dim, dtype=torch.bool), diagonal=1)
    volume = (curvature.log() + math.log(n))[pairs].sum()
    m = dim * q - q * (q + 1) / 2
    return float(prior + fit + (m + q) / 2 * math.log(2 * math.pi) - volume / 2 - q / 2 * math.log(n))


def choose(train: Any, test: Any, most: int | None = None) -> Choice:
    """All four criteria for q = 0 .. min(most, rank - 1).

    train: (N, D), fitted. test: (M, D), held out. Returns curves (Q,), nats per point.
    ValueError for data that cannot be fitted.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import choose
    >>> x = ppca.sample(ppca.params([0.0] * 4, [[3.0], [2.0], [0.0], [0.0]], 0.5), 400).x
    >>> choose(x[:200], x[200:]).best()
    {'held-out': 1, 'BIC': 1, 'evidence': 1}
    """
    spec = spectrum(train)
    outside = held_out(spec, test)
    count = len(outside) if most is None else min(len(outside), most + 1)
    qs = range(count)
    evidence = [minka(spec, q) / spec.n if q and spec.n >= len(spec.values) else math.nan for q in qs]
    curves = ([float(profile_log_lik(spec, q)) for q in qs], [bic(spec, q) for q in qs], evidence)
    inside, criterion, laplace = (torch.tensor(curve, dtype=torch.float64) for curve in curves)
    return Choice(torch.arange(count), inside, outside[:count], criterion, laplace)
