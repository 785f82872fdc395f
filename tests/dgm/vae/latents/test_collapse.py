"""collapse: units against the linear VAE's closed form, and a sweep from all latents to none."""

import pytest
import torch

from dgm import ppca, vae
from dgm.ppca import linear_vae
from dgm.vae.latents import collapse
from tests.dgm.vae.small_models import fitted, gaussian_data

VALUES, SIGMA2 = [8.0, 3.0, 0.9, 0.25, 0.1], 0.3


@pytest.mark.parametrize("beta", [0.5, 4.0, 40.0])
def test_the_linear_vae_has_as_many_active_units_as_eigenvalues_above_beta_sigma2(beta: float) -> None:
    x = gaussian_data(VALUES)
    run = fitted(x, sigma2=SIGMA2, beta=beta, latent=4)
    found, spec = collapse.units(run, x), ppca.spectrum(x)
    expected = sum(value > beta * SIGMA2 for value in VALUES)
    assert found.active_count == linear_vae.active_count(spec, SIGMA2, beta) == expected
    assert found.kl.sum().item() == pytest.approx(linear_vae.optimum(spec, 4, SIGMA2, beta).kl.sum().item(), abs=0.02)


def test_the_kls_of_the_latents_add_up_to_the_models() -> None:
    model, x = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test
    found = collapse.units(model, x)
    expected = vae.kl_to_prior(vae.encode(model, x)).double().mean().item()
    assert found.kl.sum().item() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(found.variance, vae.encode(model, x).mean.double().var(0, correction=0))
    assert found.active.tolist() == (found.variance > collapse.ACTIVE_VARIANCE).tolist()


def test_a_sweep_switches_latents_off() -> None:
    swept = list(collapse.sweep(vae.Config(latent=4, hidden=16, learning_rate=5e-3), vae.Images("digits"),
                                [0.01, 1.0, 1000.0], 600))
    kls = [each.kl.sum().item() for each in swept]
    assert kls == sorted(kls, reverse=True)
    assert swept[0].active == 4
    assert swept[-1].active == 0
    assert [each.checkpoint.config.beta for each in swept] == [0.01, 1.0, 1000.0]
    assert swept[0].recon > swept[-1].recon
