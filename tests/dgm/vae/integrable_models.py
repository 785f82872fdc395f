"""Small VAEs with 1 or 2 latents, and linear Gaussian ones whose evidence has a closed form."""

from typing import Any

import torch
from torch import distributions

from dgm import vae

X = (torch.rand(30, 20, generator=torch.Generator().manual_seed(1)) < torch.linspace(0.05, 0.95, 20)).float()


def trained(latent: int = 2, **settings: Any) -> vae.Checkpoint:
    config = vae.Config(**{"latent": latent, "hidden": 12, "batch": 10, "learning_rate": 1e-2, **settings})
    return vae.advance(vae.init(config, X), X, 300)


def linear(latent: int, sigma2: float) -> tuple[vae.Checkpoint, distributions.MultivariateNormal]:
    """A linear Gaussian decoder with long, tilted columns, and its evidence N(b, W W' + sigma^2 I)."""
    config = vae.Config(latent=latent, hidden=0, likelihood="gaussian", sigma2=sigma2, dtype="float64")
    run = vae.init(config, X)
    g = torch.Generator().manual_seed(latent)
    W = torch.randn(20, latent, generator=g, dtype=torch.float64) + 0.5
    run = run._replace(params=run.params | {"decoder.out.weight": W})
    cov = W @ W.T + sigma2 * torch.eye(20, dtype=torch.float64)
    return run, distributions.MultivariateNormal(run.params["decoder.out.bias"], cov)
