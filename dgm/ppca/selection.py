"""The number of latent dimensions: held-out likelihood, BIC, and Minka's evidence, all from one spectrum.

Every curve is over q = 0, 1, ..., as long as noise is left to estimate, in nats per point.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import Spectrum, as_data, check_q, check_spectrum, rounding_share, spectrum
from dgm.ppca.maximum_likelihood import largest_log_lik, noiseless


class Choice(NamedTuple):
    """Four criteria for q, (Q,) each, in nats per point; each prefers the q of its largest value."""

    q: Tensor
    train: Tensor
    held_out: Tensor
    bic_per_point: Tensor   # -BIC / (2 N)
    # Minka's Laplace approximation to log p(X | q) / N; NaN where it is not defined (q = 0, N < D, equal eigenvalues)
    evidence: Tensor
    excluded: str = ""   # which q are left out because the data have too few directions, and why; "" where none is

    def best(self) -> dict[str, int]:
        """The q that each criterion prefers, but for the training likelihood, which always prefers the largest.

        >>> from torch import tensor
        >>> from dgm.ppca.selection import Choice
        >>> nan = tensor([float("nan")] * 2)
        >>> Choice(tensor([0, 1]), nan, tensor([-3.0, -2.5]), tensor([-2.0, -2.2]), nan).best()
        {'held-out': 1, 'BIC': 0}
        """
        curves = {"held-out": self.held_out, "BIC": self.bic_per_point, "evidence": self.evidence}
        return {name: int(self.q[torch.nan_to_num(curve, nan=-math.inf).argmax()]) for name, curve in curves.items()
                if not bool(curve.isnan().all())}


def free_parameters(dim: int, q: int) -> int:
    """Number of free parameters: D (mean) + D q - q (q-1) / 2 (W up to rotation) + 1 (noise).

    q: 0 .. D. With q = D - 1 the model is any Gaussian already: q = D has as many.

    >>> from dgm.ppca.selection import free_parameters
    >>> free_parameters(3, 1), free_parameters(3, 2), free_parameters(3, 3)      # any Gaussian in 3 dimensions: 3 + 6
    (7, 9, 9)
    """
    dim = as_integer(dim, "dim", 1)
    q = min(as_integer(q, "q", 0, dim), dim - 1)
    return dim + dim * q - q * (q - 1) // 2 + 1


def bic_per_point(spec: Spectrum, q: int) -> float:
    """About the log evidence, nats per point, by the Bayesian information criterion: -BIC / (2 N).

    [log p(X | ML) - k/2 log N] / N; the criterion itself is BIC = k log N - 2 log p(X | ML).
    Bishop, PRML, eq. 4.139. k: `free_parameters`. Larger is better. q: 0 .. D - 1; inf where no noise is left.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import bic_per_point
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> round(bic_per_point(spec, 1), 4)
    -3.7043
    """
    spec = check_spectrum(spec)
    return _bic(spec, check_q(q, len(spec.values)))


def _bic(spec: Spectrum, q: int) -> float:
    return _log_lik(spec, q) - free_parameters(len(spec.values), q) * math.log(spec.n) / (2 * spec.n)


def _log_lik(spec: Spectrum, q: int) -> float:
    """The largest mean log-likelihood of q; inf where no noise is left, so that it has no bound."""
    noise = spec.noise(q)
    return float(largest_log_lik(spec.values, q, torch.tensor(noise, dtype=torch.float64))) if noise > 0 else math.inf


def held_out(spec: Spectrum, test: Any) -> Tensor:
    """Mean log p of `test` under the maximum-likelihood fits with q = 0, 1, ..., all from one projection.

    spec: of the training data. test: (M, D). Returns (Q,), nats per point.
    DataError when `test` has another number of columns or the training points are all equal.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import held_out
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> tuple(held_out(spec, [[1.0, 0.5], [-1.0, 0.5]]).shape)
    (2,)
    """
    spec = check_spectrum(spec)
    data = as_data(test, "test", columns=len(spec.values))
    return _held_out(spec, data)


def _held_out(spec: Spectrum, data: Tensor) -> Tensor:
    dim = len(spec.values)
    count = _count(spec)
    size = spec.values[0].sqrt()      # in this unit no square leaves float64
    centred, values = (data - spec.mean) / size, spec.values / spec.values[0]
    projected = centred @ spec.vectors
    along = (projected**2).mean(0)
    # by projection, since a difference of squares would leave rounding where nothing is left
    rest = 0.0 if len(along) == dim else ((centred - projected @ spec.vectors.T) ** 2).sum(1).mean()
    out = []
    for q in range(count):
        noise = spec.noise(q)
        left = (along[q:].sum() + rest) / (noise / float(spec.values[0]))
        distance = (along[:q] / values[:q]).sum() + left
        log_det = spec.values[:q].log().sum() + (dim - q) * math.log(noise)
        out.append(log_normal_from_distance(distance, log_det, dim))
    return torch.stack(out)


def _count(spec: Spectrum) -> int:
    """How many values of q leave noise to estimate: 0 .. rank - 1."""
    if spec.rank == 0:
        raise DataError("all points are equal, so there is no dimension to choose: give points that differ")
    return next((q for q in range(1, spec.rank) if noiseless(spec, q)), spec.rank)


def minka(spec: Spectrum, q: int) -> float:
    """log p(X | q) by Laplace's method, nats for all of X (Minka 2000, eq. 77; N-1 as scikit-learn).

    q: 1 .. rank - 1. Up to a constant that does not depend on q.
    ArgumentError when N < D, q is out of range, or two of the eigenvalues are equal to rounding, one of them among
    the top q: Laplace's method needs a curvature.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import minka
    >>> spec = ppca.spectrum(ppca.sample(ppca.params([0.0] * 4, [[3.0], [0.0], [0.0], [0.0]], 0.5), 200).x)
    >>> minka(spec, 1) > minka(spec, 2) > minka(spec, 3)
    True
    """
    spec = check_spectrum(spec)
    n, dim = spec.n, len(spec.values)
    q = as_integer(q, "q", 0)
    if n < dim or not 1 <= q < spec.rank:
        raise ArgumentError(f"the evidence of Minka needs N >= D and q from 1 to rank - 1 = {spec.rank - 1}: use BIC "
                            "instead")
    found = _minka(spec, q)
    if math.isnan(found):
        raise ArgumentError(f"the evidence of Minka needs eigenvalues that differ, and of the top q = {q} one is equal "
                            "to another to rounding: use BIC instead")
    return found


def _minka(spec: Spectrum, q: int) -> float:
    """`minka` for q in range; NaN where eigenvalues are equal. In units of the largest eigenvalue."""
    n, dim, largest = spec.n, len(spec.values), float(spec.values[0])
    values = spec.values / largest * (n / (n - 1))
    noise = values[q:].mean()
    sizes = torch.arange(dim, dim - q, -1, dtype=torch.float64) / 2
    prior = (torch.lgamma(sizes) - sizes * math.log(math.pi)).sum() - q * math.log(2)
    fit = -n / 2 * (values[:q].log().sum() + (dim - q) * noise.log() + dim * math.log(largest))
    smooth = torch.where(torch.arange(dim) < q, values, noise)
    pairs = torch.triu(torch.ones(q, dim, dtype=torch.bool), diagonal=1)
    differences = (values[:q, None] - values)[pairs]
    if not bool((differences > rounding_share(n, dim) * values[0]).all()):
        return math.nan
    curvature = differences * (1 / smooth - 1 / values[:q, None])[pairs]
    volume = (curvature.log() + math.log(n)).sum()
    m = dim * q - q * (q + 1) / 2
    return float(prior + fit + (m + q) / 2 * math.log(2 * math.pi) - volume / 2 - q / 2 * math.log(n))


def choose(train: Any, test: Any, most: int | None = None) -> Choice:
    """All four criteria for q = 0 .. min(most, rank - 1), and why larger ones are left out.

    train: (N, D), fitted. test: (M, D), held out. Returns curves (Q,), nats per point.
    DataError for data that cannot be fitted, or a test set of other columns.

    >>> from dgm import ppca
    >>> from dgm.ppca.selection import choose
    >>> x = ppca.sample(ppca.params([0.0] * 4, [[3.0], [2.0], [0.0], [0.0]], 0.5), 400).x
    >>> choose(x[:200], x[200:]).best()
    {'held-out': 1, 'BIC': 1, 'evidence': 1}
    """
    data = as_data(train, "train")
    spec = spectrum(data)
    most = data.shape[1] - 1 if most is None else as_integer(most, "most", 0)
    outside = _held_out(spec, as_data(test, "test", columns=data.shape[1]))[: most + 1]
    qs = range(len(outside))
    evidence = [_minka(spec, q) / spec.n if q and spec.n >= len(spec.values) else math.nan for q in qs]
    curves = ([_log_lik(spec, q) for q in qs], [_bic(spec, q) for q in qs], evidence)
    inside, criterion, laplace = (torch.tensor(curve, dtype=torch.float64) for curve in curves)
    return Choice(torch.arange(len(qs)), inside, outside, criterion, laplace, _excluded(spec, most))


def _excluded(spec: Spectrum, most: int) -> str:
    """Which q up to `most` have no maximum of the likelihood, and why, in a sentence; "" where every one has one."""
    count = _count(spec)
    if most < count or count >= len(spec.values):
        return ""
    left_out = f"q = {count} is" if min(most, len(spec.values) - 1) == count else f"q of {count} and more are"
    directions = "1 direction" if spec.rank == 1 else f"{spec.rank} directions"
    return (f"{left_out} left out: the fitted data vary in {directions} only, of {len(spec.values)}, so that no noise "
            "would be left and the likelihood has no maximum")
