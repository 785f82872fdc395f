"""inference_gap: its parts against closed forms and samples, and no nearby Gaussian with a higher bound."""

import pytest
import torch

from dgm import vae
from dgm.quadrature import gauss_hermite_grid
from dgm.vae import inference_gap
from dgm.vae.model import reconstruction
from tests.dgm.vae.integrable_models import X, linear, trained


def test_the_gap_of_a_gaussian_posterior_has_a_closed_form() -> None:
    """Best diagonal q on precision P: var_i = 1 / P_ii, KL = 1/2 (sum log P_ii - log det P)."""
    run, exact = linear(2, 0.5)
    x = exact.sample((1,))
    W = run.params["decoder.out.weight"]
    P = torch.eye(2, dtype=torch.float64) + W.T @ W / 0.5
    split = inference_gap.gap(run, x)
    assert split.approximation == pytest.approx(0.5 * (P.diag().log().sum() - P.logdet()).item(), abs=1e-4)
    torch.testing.assert_close(split.best.log_var[0].exp(), 1 / P.diag(), rtol=1e-3, atol=0)
    assert split.log_p == pytest.approx(exact.log_prob(x).item(), abs=1e-4)


@pytest.mark.parametrize("latent", [1, 2])
def test_the_gap_adds_up_and_the_encoders_bound_is_the_sampled_one(latent: int) -> None:
    run = trained(latent)
    for row in range(3):
        x = X[row : row + 1]
        split = inference_gap.gap(run, x)
        assert split.bound + split.amortization + split.approximation == pytest.approx(split.log_p, abs=1e-9)
        assert split.amortization >= 0
        assert split.approximation > -2e-3  # no q is better than the posterior
        sampled = torch.stack([torch.sub(*vae.elbo_terms(run, x, seed=seed))[0] for seed in range(1000)])
        assert abs(sampled.mean() - split.bound) < 4 * sampled.std() / 1000**0.5


def neighbours_of(best: vae.Posterior) -> list[vae.Posterior]:
    g = torch.Generator().manual_seed(0)
    return [vae.Posterior(best.mean + 0.1 * torch.randn(1, 2, generator=g, dtype=torch.float64),
                          best.log_var + 0.1 * torch.randn(1, 2, generator=g, dtype=torch.float64)) for _ in range(20)]


def test_no_other_diagonal_gaussian_nearby_is_better() -> None:
    run = trained()
    split = inference_gap.gap(run, X[:1])
    model = run._replace(params={name: value.double() for name, value in run.params.items()})
    top = float(inference_gap.bound(model, X[:1], split.best))
    assert top == pytest.approx(split.bound + split.amortization, abs=1e-5)    # the decoder is in float32
    assert all(float(inference_gap.bound(model, X[:1], other)) < top + 1e-4 for other in neighbours_of(split.best))


@pytest.mark.parametrize("sigma2", [0.05, 0.5, 5.0])
def test_a_full_gaussian_closes_the_gap_of_a_gaussian_posterior(sigma2: float) -> None:
    run, exact = linear(2, sigma2)
    x = exact.sample((4,))
    W = run.params["decoder.out.weight"]
    P = torch.eye(2, dtype=torch.float64) + W.T @ W / sigma2
    full, diagonal = (inference_gap.gaps(run, x, family) for family in ("full", "diagonal"))
    assert full.approximation.abs().max() < 1e-4
    torch.testing.assert_close(full.cov, torch.linalg.inv(P).expand(4, 2, 2), rtol=1e-3, atol=0)
    closed = 0.5 * (P.diag().log().sum() - P.logdet())
    torch.testing.assert_close(diagonal.approximation, closed.expand(4), rtol=0, atol=2e-4)


def test_many_images_are_each_image_alone_and_full_is_never_worse() -> None:
    run = trained()
    diagonal, full = (inference_gap.gaps(run, X[:6], family) for family in inference_gap.FAMILIES)
    for row in range(6):
        alone = inference_gap.gap(run, X[row : row + 1])
        assert alone.approximation == pytest.approx(diagonal.approximation[row].item(), abs=1e-5)
        assert alone.amortization == pytest.approx(diagonal.amortization[row].item(), abs=1e-5)
    assert (full.approximation < diagonal.approximation + 1e-4).all()
    assert (full.bound == diagonal.bound).all()
    assert min(full.amortization.min(), diagonal.amortization.min()) >= 0


def test_the_best_q_of_an_image_is_stationary_for_autograd() -> None:
    """The steps use values of log p(x, z) alone; autograd finds no slope at the q that they reach."""
    run = trained()
    split = inference_gap.gaps(run, X[:4], "diagonal")
    eps, weight = gauss_hermite_grid(24, 2)
    params = {name: value.double() for name, value in run.params.items()}
    for row in range(4):
        mean = split.mean[row].clone().requires_grad_()
        log_var = split.cov[row].diag().log().clone().requires_grad_()
        q = vae.Posterior(mean[None], log_var[None])
        recon = reconstruction(params, run.config, X[row : row + 1].double(), q.draw(eps))
        torch.autograd.backward(weight @ recon - vae.kl_to_prior(q).sum())
        assert mean.grad is not None
        assert log_var.grad is not None
        deviation = split.cov[row].diag().sqrt()
        assert (mean.grad.abs() * deviation).max() < 5e-3
        assert log_var.grad.abs().max() < 5e-3
