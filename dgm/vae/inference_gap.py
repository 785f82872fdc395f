"""What a VAE's bound misses, taken apart for one image (Cremer, Li and Duvenaud 2018).

    log p(x) - L(q_phi) = [log p(x) - max_q L(q)]  +  [max_q L(q) - L(q_phi)]
                          approximation: q has to     amortization: the encoder
                          be a diagonal Gaussian      does not give the best such q

L(q) by Gauss-Hermite quadrature in float64, max_q by L-BFGS on q's mean and log-variance; nats.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm.vae import training
from dgm.vae.exact_evidence import cells, rows
from dgm.vae.model import LOG_2PI, reconstruction

FEW, MANY = 8, 24  # quadrature nodes along a latent: while climbing, and for the numbers that are handed out
STEPS = 40         # of L-BFGS


class Gap(NamedTuple):
    """The gap between log p(x) and the encoder's bound, nats; log_p = bound + amortization + approximation."""

    log_p: float
    error: float          # of log_p
    bound: float          # L(q_phi), the encoder's
    amortization: float   # what a better q of the same form would win
    approximation: float  # what no q of this form can win: KL(best q, posterior)
    best: training.Posterior   # that best q, (1, L) each


def gap(checkpoint: training.Checkpoint, x: Tensor) -> Gap:
    """The gap of one image x (1, D), split. ValueError with more than 2 latents."""
    image = rows(checkpoint, x)[:1]
    exact = cells(checkpoint, image[0])
    params = {name: value.double().cpu() for name, value in checkpoint.params.items()}
    model = checkpoint._replace(params=params)
    q = training.Posterior(*(part.double().cpu() for part in training.encode(checkpoint, image)))
    weight = torch.softmax(exact.log_mass, 0)
    mean = weight @ exact.z
    spread = (weight @ (exact.z - mean) ** 2).clamp_min(1e-6)
    starts = [q, training.Posterior(mean[None], spread.log()[None])]
    with torch.no_grad():
        candidates = [(float(bound(model, image, one)), one) for one in (q, *(climb(model, image, s) for s in starts))]
    best, best_q = max(candidates, key=lambda pair: pair[0])
    own, log_p = candidates[0][0], float(exact.log_p)
    return Gap(log_p, exact.error, own, best - own, log_p - best, best_q)


def bound(model: training.Checkpoint, image: Tensor, q: training.Posterior, nodes: int = MANY) -> Tensor:
    """L(q) = E_q[log p(x | z) + log p(z)] + entropy of q, for image (1, D) and q (1, L): a scalar, float64 nats."""
    eps, weight = _nodes(nodes, q.mean.shape[1])
    z = q.draw(eps)
    log_joint = reconstruction(model.params, model.config, image.double().cpu(), z) - 0.5 * (LOG_2PI + z**2).sum(-1)
    return weight @ log_joint + 0.5 * (1 + LOG_2PI + q.log_var).sum()


@torch.enable_grad()
def climb(model: training.Checkpoint, image: Tensor, start: training.Posterior) -> training.Posterior:
    """The diagonal Gaussian with the highest bound that L-BFGS reaches from `start`."""
    q = training.Posterior(*(part.clone().requires_grad_() for part in start))
    optimizer = torch.optim.LBFGS(list(q), max_iter=STEPS, tolerance_change=1e-7, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = -bound(model, image, q, FEW)
        torch.autograd.backward(value)
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return training.Posterior(*(part.detach() for part in q))


@lru_cache(maxsize=8)
def _nodes(count: int, latent: int) -> tuple[Tensor, Tensor]:
    """Points (count^L, L) and weights (count^L,) that integrate polynomials against N(0, I) exactly."""
    points, weights = (torch.as_tensor(part) for part in np.polynomial.hermite_e.hermegauss(count))
    grid = torch.cartesian_prod(*[points] * latent).reshape(-1, latent)
    mass = torch.cartesian_prod(*[weights / weights.sum()] * latent).reshape(-1, latent).prod(1)
    return grid, mass
