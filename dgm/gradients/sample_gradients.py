"""One gradient of E_q f per sample: the formulas of all estimators (slides "Log-derivative trick" and
"Reparametrization trick"; Mohamed, Rosca, Figurnov and Mnih 2020 for the others).

Each takes a `Draw` and returns d/dmu, (..., S) or (S, D) for vectors, and d/dsigma, (..., S). All use the same noise,
z = mu + sigma eps, so that two of them differ in the estimator only. All are unbiased for a smooth cost.
"""

import math
import zlib

import scipy
import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_tensor, require_kind
from dgm.errors import ArgumentError
from dgm.gradients.costs import evaluated
from dgm.gradients.draws import Draw, Pair, for_coordinates, sum_of_vector
from dgm.gradients.exact_moments import DECAY


def times_score(d: Draw, f_mu: Tensor, f_sigma: Tensor) -> Pair:
    """Values times the score of q: (f_mu S_mu, f_sigma S_sigma).

    f_mu: (..., S), or (S, D) or (S, 1) for vectors; f_sigma: (..., S). Returns d/dmu and d/dsigma.

    >>> from dgm import gradients
    >>> d = gradients.draw(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(0.0, 2.0), [1.0, 2.0])
    >>> [g.tolist() for g in gradients.times_score(d, d.f, d.f)]
    [[2.0, 16.0], [0.0, 24.0]]
    """
    d, f_mu, f_sigma = _is_draw(d), as_tensor(f_mu, "f_mu"), as_tensor(f_sigma, "f_sigma")
    if not (_fits(f_mu, d.eps.shape) and _fits(f_sigma, d.eps.shape[:-1] if d.vector else d.eps.shape)):
        raise ArgumentError(f"f_mu has the shape {tuple(f_mu.shape)} and f_sigma {tuple(f_sigma.shape)} for eps "
                            f"{tuple(d.eps.shape)}: give one value for each sample")
    return scored(d, f_mu.expand(d.eps.shape), f_sigma.expand(d.eps.shape[:-1] if d.vector else d.eps.shape))


def scored(d: Draw, f_mu: Tensor, f_sigma: Tensor) -> Pair:
    """`times_score` of arguments that fit."""
    scale = 1 / d.sigma
    of_mu = f_mu * scale * d.eps if d.vector else (f_mu * scale).mul_(d.eps)
    return of_mu, (f_sigma * scale).mul_(d.scaled_sigma_score)


def log_derivative(d: Draw) -> Pair:
    """f(z) grad log q(z) (slide "Log-derivative trick"): needs values of f only, at the price of a large variance.

    Returns d/dmu, (..., S) or (S, D), and d/dsigma, (..., S).

    >>> from dgm import gradients
    >>> d = gradients.draw(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(0.0, 2.0), [1.0, 2.0])
    >>> [g.tolist() for g in gradients.log_derivative(d)]
    [[2.0, 16.0], [0.0, 24.0]]
    """
    if _is_draw(d).vector:
        return scored(d, for_coordinates(d, d.f), d.f)
    scaled = d.f * (1 / d.sigma)
    return scaled * d.eps, scaled * d.scaled_sigma_score


def constant_baseline(d: Draw) -> Pair:
    """(f(z) - f(mu)) grad log q(z): one more evaluation of f, shared by all samples."""
    f = d.f - d.f_at_mu
    return scored(d, for_coordinates(d, f), f)


def mean_baseline(d: Draw) -> Pair:
    """(f(z) - E f) grad log q(z), E f exact."""
    f = d.f - d.f_moments.mean
    return scored(d, for_coordinates(d, f), f)


def best_baseline(d: Draw) -> Pair:
    """(f(z) - b*) grad log q(z), b* = E[f S^2] / E[S^2] for each parameter: the constant with the least variance."""
    b_mu, b_sigma = d.best_baselines
    return scored(d, for_coordinates(d, d.f) - b_mu, d.f - b_sigma)


def moving_average_baseline(d: Draw) -> Pair:
    """(f(z_i) - b_i) grad log q(z_i), b_1 = f(mu), b_i+1 = 0.9 b_i + 0.1 f(z_i): only earlier samples in b_i."""
    start = d.f_at_mu
    shifted = torch.cat([torch.zeros_like(d.f[..., :1]), d.f[..., :-1] - start], -1)
    f = d.f - start - torch.as_tensor(scipy.signal.lfilter([1 - DECAY], [1, -DECAY], shifted.numpy(), axis=-1))
    return scored(d, for_coordinates(d, f), f)


def leave_one_out(d: Draw) -> Pair:
    """(f(z_i) - mean of the other f) grad log q(z_i) (Kool, van Hoof and Welling 2019).

    A single sample has no others and no baseline.
    """
    S = d.f.shape[-1]
    f = d.f if S == 1 else (d.f - d.f.mean(-1, keepdim=True)) * (S / (S - 1))
    return scored(d, for_coordinates(d, f), f)


def log_derivative_antithetic(d: Draw) -> Pair:
    """The mean of the log-derivative at eps and at -eps: f's odd part for mu, its even part for sigma."""
    f, back = d.f, d.mirrored.f
    return scored(d, for_coordinates(d, f - back) / 2, (f + back) / 2)


def reparametrization(d: Draw) -> Pair:
    """f'(z) grad g(eps, phi) = f'(z) (1, eps) (slide "Reparametrization trick"): needs f differentiable.

    Returns d/dmu, (..., S) or (S, D), and d/dsigma, (..., S).

    >>> from dgm import gradients
    >>> d = gradients.draw(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(0.0, 2.0), [1.0, 2.0])
    >>> [g.tolist() for g in gradients.reparametrization(d)]
    [[4.0, 8.0], [4.0, 16.0]]
    """
    return _path(_is_draw(d), d.cost.log_q)


def _is_draw(d: Draw) -> Draw:
    require_kind(d, "d", Draw, "what draw(f, q, eps) gives")
    return d


def _fits(x: Tensor, shape: torch.Size) -> bool:
    """Whether x stretches to the shape."""
    return x.dim() <= len(shape) and all(a in (1, b) for a, b in zip(reversed(x.shape), reversed(shape), strict=False))


def _path(d: Draw, scores: float) -> Pair:
    """f'(z) (1, eps) plus `scores` times the score: the derivative by q's parameters of scores log q(z)."""
    path = d.slope + d.eps * (scores / d.sigma) if scores else d.slope
    product = path * d.eps
    return path, sum_of_vector(d, product - scores / d.sigma if scores else product)


def reparametrization_antithetic(d: Draw) -> Pair:
    """The mean of the reparametrization at eps and at -eps."""
    (ahead, of_sigma), (back, back_sigma) = _path(d, d.cost.log_q), _path(d.mirrored, d.cost.log_q)
    return (ahead + back) / 2, (of_sigma + back_sigma) / 2


def sticking_the_landing(d: Draw) -> Pair:
    """Reparametrization of f - log q through z alone, less the entropy's own gradient (0, D / sigma).

    Equals the reparametrization plus the score: unbiased, without variance where f is log q plus a constant. A cost
    that contains -log q itself, such as `sampled_bound`, is followed through z alone: no variance at the posterior
    (Roeder, Wu and Duvenaud 2017).
    """
    return _path(d, d.cost.log_q + 1)


def measure_valued(d: Draw) -> Pair:
    """Differences of f at coupled pairs: Rayleigh +-w for mu; Maxwell v and eps = v U for sigma.

    w is a function of |eps|; v = sign(eps) sqrt(eps^2 + 2 e) takes an exponential e from a generator seeded by eps.
    """
    e = torch.empty_like(d.eps).exponential_(generator=runtime.generator(_checksum(d.eps)))
    w = (-2 * torch.special.log_ndtr(-d.eps.abs()) - 2 * math.log(2)).clamp_(min=0).sqrt_()
    v = torch.copysign((d.eps.square() + 2 * e).sqrt_(), d.eps)
    difference = _differences if d.cost.separable or not d.vector else _differences_one_by_one
    of_mu = difference(d, w, -w) * (1 / (math.sqrt(2 * math.pi) * d.sigma))
    return of_mu, sum_of_vector(d, difference(d, v, d.eps)) / d.sigma


def _differences(d: Draw, ahead: Tensor, behind: Tensor) -> Tensor:
    """f(mu + sigma ahead) - f(mu + sigma behind), coordinate by coordinate."""
    return d.cost.value(d.mu + d.sigma * ahead) - d.cost.value(d.mu + d.sigma * behind)


def _differences_one_by_one(d: Draw, ahead: Tensor, behind: Tensor) -> Tensor:
    """The same for a function of the whole vector: replace one coordinate of z at a time."""
    def at(u: Tensor, j: int) -> Tensor:
        z = d.z.clone()
        z[:, j] = (d.mu + d.sigma * u)[:, j]
        return evaluated(d.cost, z, vector=True)
    return torch.stack([at(ahead, j) - at(behind, j) for j in range(d.eps.shape[1])], 1)


def _checksum(eps: Tensor) -> int:
    return zlib.crc32(eps.contiguous().numpy().tobytes())
