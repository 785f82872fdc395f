"""The Gaussian q with the highest bound for each of N images, by fixed point steps on its mean and precision.

    f(z) = log p(x, z),   L(q) = E_q f + H(q)
    dL / dm = E_q grad f,   dL / dS = (E_q hess f + S^-1) / 2        (Bonnet and Price; Opper and Archambeau 2009)

So the best q has the precision P = -E_q hess f, or only the diagonal of it in the family of diagonal covariances, and
E_q grad f = 0. A step takes a share of the way to that P, then m + P^-1 E_q grad f; shares are halved for each image
until its bound rises. Expectations by Gauss-Hermite quadrature; the derivatives come from values of f alone:

    E grad f = S^-1 E[f (z - m)],   E hess f = S^-1 E[f ((z - m)(z - m)' - S)] S^-1

Shapes: N images of D pixels, L latents (1 or 2), K nodes. Nats, float64.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.errors import DataError
from dgm.gaussian import LOG_2PI, log_standard_normal
from dgm.quadrature import gauss_hermite_grid
from dgm.vae.model import LIKELIHOODS, Checkpoint, layers

SEARCH_NODES = 10        # along each latent, in the steps
STEPS = 60
SMALLEST_SHARE = 1 / 64  # of a step, before an image counts as arrived
ENOUGH = 1e-6            # nats that a step has to gain
IMAGES = 32              # decoded together: K latents for each
LEAST, MOST = 1e-9, 1e9  # precision of a q
OVERFLOW = ("log p(x, z) overflows because the images are too far from what the decoder gives: scale them as those "
            "that it was trained on")


class Gaussians(NamedTuple):
    """q(z) = N(mean, cov) of N images."""

    mean: Tensor    # (N, L)
    cov: Tensor     # (N, L, L)

    def chosen(self, which: Tensor) -> "Gaussians":
        """The q of some images, `which` (N,) bool or numbers."""
        return Gaussians(self.mean[which], self.cov[which])


class _Moments(NamedTuple):
    """Expectations under q of N images."""

    bound: Tensor       # (N,) L(q)
    gradient: Tensor    # (N, L) E grad f
    hessian: Tensor     # (N, L, L) E hess f


@torch.no_grad()
def bounds(model: Checkpoint, x: Tensor, q: Gaussians, nodes: int) -> Tensor:
    """L(q) (N,) of images x (N, D)."""
    _require_finite(*q)
    return _moments(model, x, q, nodes).bound


@torch.no_grad()
def best(model: Checkpoint, x: Tensor, start: Gaussians, diagonal: bool) -> Gaussians:
    """The Gaussians with the highest bound that the steps reach from `start`. x: (N, D)."""
    _require_finite(*start)
    q = Gaussians(*(part.clone() for part in start))
    moving = torch.arange(len(x))
    found, share = _moments(model, x, q, SEARCH_NODES), torch.ones(len(x), dtype=torch.float64)
    for _ in range(STEPS):
        part = _Moments(*(each[moving] for each in found))
        candidate = _step(q.chosen(moving), part, share[moving], diagonal)
        tried = _moments(model, x[moving], candidate, SEARCH_NODES)
        gain = (tried.bound - part.bound).nan_to_num(nan=-1.0)
        better = gain > 0
        for old, new in zip((*q, *found), (*candidate, *tried), strict=True):
            old[moving[better]] = new[better]
        share[moving] = torch.where(better, (2 * share[moving]).clamp(max=1), share[moving] / 4)
        moving = moving[torch.where(better, gain > ENOUGH, share[moving] >= SMALLEST_SHARE)]
        if not len(moving):
            break
    return q


def _step(q: Gaussians, at: _Moments, share: Tensor, diagonal: bool) -> Gaussians:
    """A share (N,) of the step of each image, with a precision that stays positive."""
    wanted = -at.hessian
    if diagonal:
        wanted = torch.diag_embed(wanted.diagonal(dim1=-2, dim2=-1))
    precision = torch.lerp(torch.linalg.inv(q.cov), wanted, share[:, None, None])
    _require_finite(precision)
    values, vectors = torch.linalg.eigh(precision)
    values = torch.maximum(values, 0.1 / torch.linalg.eigvalsh(q.cov)[:, -1:]).clamp(LEAST, MOST)
    cov = vectors @ torch.diag_embed(1 / values) @ vectors.mT
    return Gaussians(q.mean + share[:, None] * (cov @ at.gradient[:, :, None])[..., 0], cov)


def _require_finite(*parts: Tensor) -> None:
    if not all(bool(part.isfinite().all()) for part in parts):
        raise DataError(OVERFLOW)


def _moments(model: Checkpoint, x: Tensor, q: Gaussians, nodes: int) -> _Moments:
    blocks = [torch.arange(start, min(start + IMAGES, len(x))) for start in range(0, len(x), IMAGES)]
    parts = [_moments_of(model, x[rows], q.chosen(rows), nodes) for rows in blocks]
    return _Moments(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _moments_of(model: Checkpoint, x: Tensor, q: Gaussians, nodes: int) -> _Moments:
    eps, weight = gauss_hermite_grid(nodes, q.mean.shape[1])                             # (K, L), (K,)
    root = torch.linalg.cholesky(q.cov)
    z = q.mean[:, None] + eps @ root.mT                                                  # (N, K, L)
    f = log_joint(model, x, z)
    latent = q.mean.shape[1]
    entropy = root.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * latent * (1 + LOG_2PI)
    value = f @ weight
    centred = (f - value[:, None]) * weight                                              # less rounding: E (z - m) = 0
    inverse = torch.linalg.inv(root)                                                     # S^-1 = inverse' inverse
    first = centred @ eps                                                                # E[f eps] (N, L)
    second = torch.einsum("nk,ki,kj->nij", centred, eps, eps)                            # E[(f - E f) eps eps']
    return _Moments(value + entropy, (inverse.mT @ first[:, :, None])[..., 0], inverse.mT @ second @ inverse)


def log_joint(model: Checkpoint, x: Tensor, z: Tensor) -> Tensor:
    """log p(x_n, z_nk) (N, K) of images x (N, D) at latents z (N, K, L), the decoder in the model's dtype."""
    output = layers(model.params, "decoder", z.to(model.params["decoder.out.weight"])).cpu()
    rows = x.to(output)[:, None]
    recon = LIKELIHOODS[model.config.likelihood].log_prob(output, rows, model.config)
    return recon.double() + log_standard_normal(z)
