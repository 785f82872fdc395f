"""as_printed: value and gradient are those of beta = 1/n; toy and linear VAE end where the closed forms say."""

import math

import pytest
import torch
from torch import distributions

from dgm import ppca, vae
from dgm.ppca import linear_vae
from dgm.vae.model import GRADIENTS, posterior
from dgm.vae.runs import as_printed
from tests.dgm.vae.small_models import IMAGES, fitted, gaussian_data, start


@pytest.mark.parametrize(("n", "mean", "variance"), [(1, 1.0, 0.5), (10, 1.8182, 0.0909), (100, 1.9802, 0.0099)])
def test_the_toy_of_the_lecture(n: int, mean: float, variance: float) -> None:
    assert as_printed.toy_posterior(2.0, n) == pytest.approx((mean, variance), abs=5e-5)
    assert as_printed.toy_gradient(*_natural(n), 2.0, n) == pytest.approx((0, 0), abs=1e-9)
    path = as_printed.toy_path(2.0, n, steps=2000, rate=0.3)
    assert path[-1].tolist() == pytest.approx(as_printed.toy_posterior(2.0, n), abs=1e-3)


def _natural(n: int) -> tuple[float, float]:
    mean, variance = as_printed.toy_posterior(2.0, n)
    return mean, math.log(variance)


@pytest.mark.parametrize("n", [1, 7, 50])
def test_the_printed_gradient_is_n_times_that_of_beta_1_n(n: int) -> None:
    values = torch.tensor([0.3, -0.4], dtype=torch.float64, requires_grad=True)
    q = distributions.Normal(values[0], (values[1] / 2).exp())
    recon = -0.5 * (math.log(2 * math.pi) + (1.7 - q.mean) ** 2 + q.variance)
    kl = distributions.kl_divergence(q, distributions.Normal(torch.zeros(()), torch.ones(())))
    objective = recon - kl / n
    torch.autograd.backward(objective)
    assert values.grad is not None
    assert as_printed.toy_gradient(0.3, -0.4, 1.7, n) == pytest.approx((n * values.grad).tolist(), rel=1e-12)
    assert as_printed.toy_objective(0.3, math.exp(-0.4), 1.7, n) == pytest.approx(objective.item(), rel=1e-6)


def test_n_1_reaches_the_log_evidence() -> None:
    q = as_printed.toy_posterior(2.0)
    assert as_printed.toy_objective(*q, 2.0) == pytest.approx(-0.5 * (math.log(4 * math.pi) + 2), abs=1e-12)
    assert as_printed.toy_objective(*as_printed.toy_posterior(2.0, 10), 2.0) < as_printed.toy_objective(*q, 2.0)


def test_a_vaes_printed_gradient_is_n_times_that_of_the_configuration() -> None:
    """n grad log p(x_i | z*) - grad KL of one image, as the slide prints it, against `configured`."""
    n = len(IMAGES)
    run = start(dtype="float64")
    eps = torch.randn(1, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    slopes = []
    for config, factor, weight in ((run.config, n, 1.0), (as_printed.configured(run.config, n), 1, None)):
        params = {name: value.clone().requires_grad_() for name, value in run.params.items()}
        x = IMAGES[:1].double()
        q = posterior(params, x)
        recon = GRADIENTS["reparametrization"](params, config, x, q, eps)[0]
        torch.autograd.backward((factor * recon - (weight or config.beta) * vae.kl_to_prior(q)).sum())
        slopes.append(torch.cat([value.grad.flatten() for value in params.values() if value.grad is not None]))
    torch.testing.assert_close(slopes[0], n * slopes[1], rtol=1e-10, atol=1e-12)


def test_the_linear_model_as_printed_has_the_closed_form() -> None:
    x = gaussian_data([2.0, 0.9, 0.4], n=25)
    config = as_printed.configured(vae.Config(), 25)
    best = linear_vae.optimum(ppca.spectrum(x), 2, 0.5, config.beta)
    found = linear_vae.units(fitted(x, sigma2=0.5, beta=config.beta), x)
    assert found.kl.sum().item() == pytest.approx(best.kl.sum().item(), abs=0.05)
    assert (best.variance < 0.03).all()      # the prior, of variance 1, hardly counts
