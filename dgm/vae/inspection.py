"""Looking at a trained VAE: the bound of one image, what digits cost, what lies far from data, the best z."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.vae import exact_evidence, training
from dgm.vae.model import as_images, reconstruction

NEAR = 0.5  # latent distance within which a training mean counts as near


class Terms(NamedTuple):
    """The bound of one image and the truth above it, nats."""

    reconstruction: float  # E_q log p(x | z), a mean of draws
    error: float           # its standard error
    kl: float              # KL(q(z | x) || p(z)), exact
    evidence: float        # log p(x): exact with 1 or 2 latents, else the IWAE bound of 500 draws
    exact: bool            # which of the two


def terms(checkpoint: training.Checkpoint, x: Tensor, *, draws: int = 400, seed: int = 0) -> Terms:
    """The bound's terms for one image x (D,) and its log evidence."""
    image = as_images(x[None], x.numel())
    recon, kl = training.elbo_terms(checkpoint, image.expand(draws, -1), seed)
    exact = checkpoint.config.latent <= exact_evidence.LATENTS
    evidence = (exact_evidence.log_evidence(checkpoint, image).log_p if exact
                else training.iwae_bound(checkpoint, image, 500, seed))
    recon = recon.double()
    return Terms(recon.mean().item(), (recon.std() / draws**0.5).item(), kl[0].item(), evidence.item(), exact)


def reconstructions(checkpoint: training.Checkpoint, x: Tensor) -> Tensor:
    """Images x (N, D) through encoder mean and decoder: (N, D)."""
    return training.decode(checkpoint, training.encode(checkpoint, x).mean)


def kl_by_class(checkpoint: training.Checkpoint, x: Tensor, labels: Tensor) -> dict[int, float]:
    """Mean KL(q(z | x) || p(z)) of the images of each class, nats per image."""
    kl = training.kl_to_prior(training.encode(checkpoint, x)).double()
    return {int(label): kl[labels == label].mean().item() for label in sorted(set(labels.tolist()))}


def dearest(checkpoint: training.Checkpoint, x: Tensor, labels: Tensor) -> int:
    """The class whose images cost most KL on average."""
    costs = kl_by_class(checkpoint, x, labels)
    return max(costs, key=costs.__getitem__)


def share_from_nowhere(checkpoint: training.Checkpoint, train: Tensor, *, near: float = NEAR, samples: int = 4000,
                       seed: int = 0) -> float:
    """Share of z ~ N(0, I) with no training image's latent mean within `near`: pictures without evidence."""
    means = training.encode(checkpoint, train).mean.double()
    z = torch.randn(samples, means.shape[1], generator=runtime.generator(seed), dtype=torch.float64)
    return (torch.cdist(z, means.cpu()).min(dim=1).values > near).double().mean().item()


def best_latent(checkpoint: training.Checkpoint, x: Tensor, *, starts: int = 2, seed: int = 0) -> tuple[Tensor, float]:
    """z (L,) that explains one image x (D,) best, and log p(x | z) there, nats.

    The best of many draws from the prior and the encoder's mean, each polished by L-BFGS.
    """
    image = as_images(x[None], x.numel())
    weight = checkpoint.params["decoder.out.weight"]
    guesses = torch.randn(2000, checkpoint.config.latent, generator=runtime.generator(seed)).to(weight)
    guesses = torch.cat([training.encode(checkpoint, image).mean, guesses])
    scores = _log_likelihood(checkpoint, image, guesses)
    best = guesses[scores.topk(starts).indices].clone().requires_grad_()
    optimizer = torch.optim.LBFGS([best], max_iter=30, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = -_log_likelihood(checkpoint, image, best).sum()
        torch.autograd.backward(total)
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    found = torch.cat([best.detach(), guesses[scores.topk(1).indices]])
    final = _log_likelihood(checkpoint, image, found).detach()
    winner = int(final.argmax())
    return found[winner], final[winner].item()


def explained(checkpoint: training.Checkpoint, x: Tensor, z: Sequence[float]) -> float:
    """log p(x | z) of one image x (D,) at one latent z (L,), nats."""
    weight = checkpoint.params["decoder.out.weight"]
    return _log_likelihood(checkpoint, x[None], torch.tensor([list(z)]).to(weight)).item()


def _log_likelihood(checkpoint: training.Checkpoint, image: Tensor, z: Tensor) -> Tensor:
    return reconstruction(checkpoint.params, checkpoint.config, image.to(z), z)


def decoder_layers(checkpoint: training.Checkpoint) -> list[tuple[Tensor, Tensor]]:
    """(weight (out, in), bias (out,)) from z to pixels: what a browser needs to decode by itself."""
    names = [name for name in ("decoder.hidden", "decoder.out") if f"{name}.weight" in checkpoint.params]
    return [(checkpoint.params[f"{name}.weight"].float().cpu(), checkpoint.params[f"{name}.bias"].float().cpu())
            for name in names]
