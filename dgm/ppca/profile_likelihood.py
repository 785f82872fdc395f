"""The PCA model's log-likelihood as a curve: over the noise, and over the direction of the latent axis.

All values are mean nats per point and depend on the data only through the eigenvalues lambda of S
(Bishop, PRML, section 12.2.1).
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_tensor, as_vector
from dgm.errors import ArgumentError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import Spectrum, check_q, check_spectrum
from dgm.ppca.maximum_likelihood import largest_log_lik
from dgm.ppca.model import check_plane


class AngleCurves(NamedTuple):
    """What PCA maximises and what the model maximises, over the angle of one latent axis."""

    variance: Tensor     # (A,)  u'S u, variance of the projected data
    log_lik: Tensor      # (A,)  nats per point, with the best length and noise for that direction


def profile_log_lik(spec: Spectrum, q: int, sigma2: Any = None) -> Tensor:
    """Mean log-likelihood maximised over W at fixed noise; without `sigma2` at the maximum-likelihood noise.

    -1/2 [D log 2 pi + sum over retained (log lambda_j + 1) + sum over dropped (log sigma^2 + lambda_j / sigma^2)];
    a direction is retained if it is among the top q and lambda_j > sigma^2. -inf where sigma^2 = 0.

    q: 0 .. D. sigma2: a number or a tensor (...,), not negative. Returns the same shape, nats per point.
    ArgumentError for another q, or a variance that is negative or no number.

    >>> from dgm import ppca
    >>> from dgm.ppca.profile_likelihood import profile_log_lik
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> round(float(profile_log_lik(spec, 1)), 4), round(float(profile_log_lik(spec, 1, 1.0)), 4)
    (-2.8379, -2.9345)
    """
    spec = check_spectrum(spec)
    q = check_q(q, len(spec.mean), fixed_noise=True)
    return largest_log_lik(spec.values, q, _variances(spec.noise(q) if sigma2 is None else sigma2))


def _variances(sigma2: Any) -> Tensor:
    found = as_tensor(sigma2, "sigma2")
    if bool((found < 0).any()):
        raise ArgumentError(f"sigma2 holds {float(found.min()):.3g}: a variance is 0 or more")
    return found


def log_lik_fixed_plane(spec: Spectrum, q: int, sigma2: Any) -> Tensor:
    """Mean log-likelihood with W fixed at its maximum-likelihood value while only the noise changes.

    q: 0 .. D. sigma2: (...,), not negative. Returns the same shape, nats per point; never above `profile_log_lik`,
    and -inf where the noise is 0. ArgumentError as `profile_log_lik`.

    >>> import torch
    >>> from dgm import ppca
    >>> from dgm.ppca.profile_likelihood import log_lik_fixed_plane
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # best noise 1/2
    >>> int(log_lik_fixed_plane(spec, 1, torch.tensor([0.3, 0.5, 0.8])).argmax())
    1
    """
    spec = check_spectrum(spec)
    q = check_q(q, len(spec.mean), fixed_noise=True)
    best, values = spec.noise(q), spec.values
    signal = torch.where(torch.arange(len(values)) < q, (values - best).clamp_min(0), 0.0)
    total = signal + _variances(sigma2)[..., None]
    found = log_normal_from_distance((values / total).sum(-1), total.log().sum(-1), len(values))
    return torch.where((total > 0).all(-1), found, -math.inf)


def likelihood_over_angle(spec: Spectrum, angles: Any, axes: tuple[int, int] = (0, 1)) -> AngleCurves:
    """Projected variance and log-likelihood of one latent axis (q = 1) rotated from one eigenvector to another.

    Both curves have their maximum at the same angle: the likelihood is an increasing function of the projected
    variance v as long as v exceeds the noise, -1/2 [D log 2 pi + log v + (D-1) log((tr S - v)/(D-1)) + D].

    angles: (A,) radians from eigenvector axes[0] towards axes[1]. Returns two curves (A,).
    ArgumentError unless axes are two different ones of at least two columns.

    >>> import torch
    >>> from dgm import ppca
    >>> from dgm.ppca.profile_likelihood import likelihood_over_angle
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> curves = likelihood_over_angle(spec, torch.tensor([-0.5, 0.0, 0.5]))
    >>> int(curves.variance.argmax()), int(curves.log_lik.argmax())
    (1, 1)
    """
    spec = check_spectrum(spec)
    i, j = check_plane(axes, len(spec.values), "axes")
    angles = as_vector(angles, "angles")
    variance = spec.values[i] * torch.cos(angles) ** 2 + spec.values[j] * torch.sin(angles) ** 2
    dim, total = len(spec.values), spec.values.sum()
    in_plane = torch.maximum(variance, total / dim)    # along a thin direction the best column of W is zero
    noise = (total - in_plane) / (dim - 1)
    return AngleCurves(variance, log_normal_from_distance(dim, in_plane.log() + (dim - 1) * noise.log(), dim))
