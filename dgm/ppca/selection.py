"""How many latent dimensions: held-out likelihood, BIC, and Minka's evidence, all from one spectrum.

Every curve is over q = 0, 1, ..., as long as noise is left to estimate, in nats per point.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.ppca.covariance_spectrum import Spectrum, as_data, spectrum
from dgm.ppca.profile_likelihood import LOG_2PI, log_lik


class Choice(NamedTuple):
    """Four opinions about q, (Q,) each, in nats per point; the largest value of each is its choice."""

    q: Tensor
    train: Tensor
    held_out: Tensor
    bic: Tensor        # -BIC / (2 N)
    evidence: Tensor   # Minka's Laplace approximation to log p(X | q) / N; NaN where it is not defined (q = 0, N < D)

    def best(self) -> dict[str, int]:
        """The q that each curve prefers."""
        curves = {"held-out": self.held_out, "BIC": self.bic, "evidence": self.evidence}
        return {name: int(self.q[torch.nan_to_num(curve, nan=-math.inf).argmax()]) for name, curve in curves.items()
                if not bool(curve.isnan().all())}


def free_parameters(dim: int, q: int) -> int:
    """D (mean) + D q - q (q-1) / 2 (W up to rotation) + 1 (noise)."""
    return dim + dim * q - q * (q - 1) // 2 + 1


def bic(spec: Spectrum, q: int) -> float:
    """log p(X | ML) - k/2 log N, over N: the Bayesian information criterion with its sign turned, nats per point."""
    return float(log_lik(spec, q)) - free_parameters(len(spec.values), q) * math.log(spec.n) / (2 * spec.n)


def held_out(spec: Spectrum, test: Any) -> Tensor:
    """Mean log p of `test` (M, D) under the fits with q = 0, 1, ..., (Q,): one projection serves them all."""
    data = as_data(test)
    dim = len(spec.values)
    if data.shape[1] != dim:
        raise ValueError(f"the held-out data have {data.shape[1]} columns, the training data {dim}: give the same ones")
    centred = data - spec.mean
    along = ((centred @ spec.vectors) ** 2).mean(0)
    rest = ((centred**2).sum(1).mean() - along.sum()).clamp_min(0)
    out = []
    for q in range(_most(spec)):
        noise = spec.noise(q)
        off = along[q:].sum() + rest
        log_det = spec.values[:q].log().sum() + (dim - q) * math.log(noise)
        out.append(-0.5 * (dim * LOG_2PI + log_det + (along[:q] / spec.values[:q]).sum() + off / noise))
    return torch.stack(out)


def _most(spec: Spectrum) -> int:
    """q = 0 .. rank - 1 leave some noise."""
    if spec.rank == 0:
        raise ValueError("all points are equal: there is nothing to choose a dimension for")
    return min(spec.rank, len(spec.values))


def minka(spec: Spectrum, q: int) -> float:
    """log p(X | q) by Laplace's method, nats for all of X, 1 <= q < rank (Minka 2000, eq. 77; N-1 as scikit-learn).

    Up to a constant that does not depend on q. ValueError when N < D or q is outside 1 .. rank - 1.
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
    """All four curves for q = 0 .. min(most, rank - 1). ValueError for data that cannot be fitted."""
    spec = spectrum(train)
    outside = held_out(spec, test)
    count = len(outside) if most is None else min(len(outside), most + 1)
    qs = range(count)
    evidence = [minka(spec, q) / spec.n if q and spec.n >= len(spec.values) else math.nan for q in qs]
    curves = ([float(log_lik(spec, q)) for q in qs], [bic(spec, q) for q in qs], evidence)
    inside, criterion, laplace = (torch.tensor(curve, dtype=torch.float64) for curve in curves)
    return Choice(torch.arange(count), inside, outside[:count], criterion, laplace)
