"""backward: the gradient that is written out is autograd's, and noise is shared by runs of other settings."""

from typing import Any

import pytest
import torch
from torch import Tensor

from dgm import vae
from dgm.vae.backward import noise
from dgm.vae.backward.bound import Bound
from dgm.vae.model import GRADIENTS, posterior

ROWS, PIXELS = 7, 12
X = torch.rand(ROWS, PIXELS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
CASES: list[dict[str, Any]] = [
    {"likelihood": likelihood, "hidden": hidden, "gradient": gradient}
    for likelihood in ("bernoulli", "gaussian") for hidden in (0, 5) for gradient in GRADIENTS
    if gradient != "exact" or (likelihood == "gaussian" and not hidden)]


def tangled(config: vae.Config) -> vae.Params:
    """Parameters far from where a run begins, as leaves of autograd."""
    g = torch.Generator().manual_seed(3)
    return {name: 0.7 * torch.randn(shape, generator=g, dtype=torch.float64)
            for name, shape in vae.shapes(config, PIXELS).items()}


def by_autograd(config: vae.Config, params: vae.Params, eps: Tensor) -> tuple[Tensor, vae.Params]:
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    q = posterior(leaves, X)
    reconstruction, surrogate = GRADIENTS[config.gradient](leaves, config, X, q, eps)
    kl = config.beta * vae.kl_to_prior(q)
    torch.autograd.backward((kl - surrogate).mean())
    return (kl - reconstruction).mean().detach(), {name: value.grad for name, value in leaves.items()
                                                   if value.grad is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
def test_the_written_gradient_is_autograds(case: dict[str, Any]) -> None:
    config = vae.Config(latent=3, dtype="float64", beta=1.7, sigma2=0.6, **case)
    params = tangled(config)
    eps = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    loss, slopes = by_autograd(config, params, eps)
    written = {name: torch.full_like(value, torch.nan) for name, value in params.items()}
    found = Bound(config, params, written, ROWS).gradient(X, eps, config.beta)
    torch.testing.assert_close(found, loss, rtol=1e-12, atol=0)
    assert list(written) == list(slopes)
    for name, slope in slopes.items():
        torch.testing.assert_close(written[name], slope, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("other", [{"latent": 5}, {"batch": 9}, {"gradient": "log-derivative"}, {"beta": 4.0},
                                   {"optimizer": "SGD"}, {"hidden": 3}, {"latent": 1, "batch": 33}])
def test_runs_of_other_settings_share_their_noise_bit_for_bit(other: dict[str, Any]) -> None:
    one, two = vae.Config(batch=20, seed=4), vae.Config(**{"batch": 20, "seed": 4, **other})
    for block in (0, 3):
        first, second = noise.of_block(one, 50, block), noise.of_block(two, 50, block)
        rows, latents = min(one.batch, two.batch), min(one.latent, two.latent)
        assert first.rows is not None
        assert second.rows is not None
        assert torch.equal(first.rows[:, :rows], second.rows[:, :rows])
        assert torch.equal(first.eps[:, :rows, :latents], second.eps[:, :rows, :latents])


def test_noise_is_standard_normal_and_every_image_as_probable() -> None:
    config = vae.Config(latent=3, batch=40)
    blocks = [noise.of_block(config, 10, block) for block in range(40)]
    eps = torch.cat([block.eps.flatten() for block in blocks]).double()
    count = len(eps)
    assert abs(eps.mean()) < 4 / count**0.5
    assert abs(eps.square().mean() - 1) < 4 * (2 / count) ** 0.5
    assert abs((eps[1:] * eps[:-1]).mean()) < 4 / count**0.5
    rows = torch.cat([block.rows.flatten() for block in blocks if block.rows is not None])
    counts = torch.bincount(rows, minlength=10).double()
    assert ((counts - len(rows) / 10) ** 2 / (len(rows) / 10)).sum() < 27.9    # chi^2 with 9 degrees: p = .001
