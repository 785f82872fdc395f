"""Small VAEs on binary images and on Gaussian points, untrained or at the optimum."""

from typing import Any

import torch
from torch import Tensor

from dgm import vae

IMAGES = (torch.rand(40, 12, generator=torch.Generator().manual_seed(1)) < torch.linspace(0.1, 0.9, 12)).float()
SMALL: dict[str, Any] = {"hidden": 5, "batch": 8, "learning_rate": 1e-2}
EXACT: dict[str, Any] = {"hidden": 0, "likelihood": "gaussian", "gradient": "exact", "dtype": "float64", "batch": 0}


def start(x: Tensor = IMAGES, **settings: Any) -> vae.Checkpoint:
    return vae.init(vae.Config(**{**SMALL, **settings}), x)


def gaussian_data(variances: list[float], n: int = 300) -> Tensor:
    """Points whose covariance (1/N) has exactly these eigenvalues, rotated at random, mean not zero."""
    g = torch.Generator().manual_seed(7)
    d = len(variances)
    drawn = torch.randn(n, d, generator=g, dtype=torch.float64)
    centred = torch.cat([torch.ones(n, 1, dtype=torch.float64), drawn], 1)  # columns made orthogonal to a constant
    white = torch.linalg.qr(centred)[0][:, 1:] * n**0.5
    rotation = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=torch.float64))[0]
    return white * torch.tensor(variances, dtype=torch.float64).sqrt() @ rotation.T + 3


def fitted(x: Tensor, **settings: Any) -> vae.Checkpoint:
    """The linear VAE at its optimum: Adam, with smaller and smaller rates."""
    run = vae.init(vae.Config(**{**EXACT, **settings}), x)
    for rate, steps in ((3e-2, 1200), (1e-2, 800), (2e-3, 500), (3e-4, 300)):
        config = vae.Config(**{**EXACT, **settings, "learning_rate": rate})
        run = vae.advance(vae.reconfigured(run, config), x, steps)
    return run
