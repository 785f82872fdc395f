"""dgm.ppca: the closed form, the density and the posterior against dense Gaussians and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import MultivariateNormal

from dgm import ppca
from dgm.ppca.covariance_spectrum import spectrum
from dgm.ppca.profile_likelihood import profile_log_lik


def cloud(n: int, dim: int, seed: int, offset: float = 0.0) -> Tensor:
    """Correlated points with a clear spectrum."""
    rng = torch.Generator().manual_seed(seed)
    basis = torch.linalg.qr(torch.randn(dim, dim, generator=rng, dtype=torch.float64))[0]
    scale = 0.4 + 3 * torch.rand(dim, generator=rng, dtype=torch.float64).sort(descending=True).values
    return torch.randn(n, dim, generator=rng, dtype=torch.float64) * scale @ basis.T + offset


def dense(theta: ppca.Params) -> MultivariateNormal:
    identity = torch.eye(len(theta.mean), dtype=torch.float64)
    return MultivariateNormal(theta.mean, theta.W @ theta.W.T + theta.sigma2 * identity)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 9), st.integers(3, 60), st.integers(0, 10_000), st.data())
def test_closed_form_is_the_dense_gaussian_and_the_formula(dim: int, n: int, seed: int, data: st.DataObject) -> None:
    n = max(n, dim + 2)
    q = data.draw(st.integers(0, dim - 1))
    x = cloud(n, dim, seed, offset=5.0)
    theta = ppca.fit(x, q)
    exact = dense(theta).log_prob(x)
    torch.testing.assert_close(ppca.log_prob(x, theta), exact, rtol=1e-12, atol=1e-12)
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    noise = values[q:].mean()
    formula = -n / 2 * (dim * math.log(2 * math.pi) + values[:q].log().sum() + (dim - q) * noise.log() + dim)
    assert ppca.log_likelihood(x, theta) == pytest.approx(float(formula), rel=1e-11)
    assert float(profile_log_lik(spectrum(x), q)) == pytest.approx(float(formula) / n, rel=1e-11)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 7), st.integers(0, 10_000), st.floats(-2, 2), st.floats(-2, 2))
def test_no_neighbour_is_more_likely(dim: int, seed: int, shift: float, log_scale: float) -> None:
    x = cloud(80, dim, seed)
    theta = ppca.fit(x, 1)
    rng = torch.Generator().manual_seed(seed)
    near = theta._replace(W=theta.W + 0.05 * shift * torch.randn(dim, 1, generator=rng, dtype=torch.float64),
                          sigma2=theta.sigma2 * math.exp(0.2 * log_scale),
                          mean=theta.mean + 0.05 * shift)
    assert ppca.log_likelihood(x, near) <= ppca.log_likelihood(x, theta) + 1e-9


def test_the_gradient_is_zero_at_the_closed_form() -> None:
    x = cloud(200, 5, 3)
    theta = ppca.Params(*(value.clone().requires_grad_() for value in ppca.fit(x, 2)))
    (dense(theta).log_prob(x).sum() / len(x)).backward()
    for value in theta:
        assert value.grad is not None
        assert float(value.grad.abs().max()) < 1e-12


@pytest.mark.parametrize("shape", [(150, 8), (5, 8), (400, 30)])
def test_scikit_learn_with_its_n_minus_1(shape: tuple[int, int]) -> None:
    n, dim = shape
    x, q = cloud(n, dim, 7, offset=-3.0), 3
    theta, peer = ppca.fit(x, q), PCA(q, svd_solver="full").fit(x.numpy())
    scaled = n / (n - 1)
    if n > dim:
        assert float(theta.sigma2) * scaled == pytest.approx(peer.noise_variance_, rel=1e-10)
    lengths = (theta.W**2).sum(0) + theta.sigma2
    np.testing.assert_allclose(lengths * scaled, peer.explained_variance_, rtol=1e-10)
    directions = theta.W / theta.W.norm(dim=0)
    np.testing.assert_allclose((directions.T @ torch.from_numpy(peer.components_.T)).abs(), np.eye(q), atol=1e-8)
    flat = ppca.reconstruct(x, theta, shrink=False)
    np.testing.assert_allclose(flat, peer.inverse_transform(peer.transform(x.numpy())), atol=1e-9)


def test_gram_form_equals_the_covariance_form() -> None:
    x = cloud(6, 20, 1, offset=2.0)
    theta = ppca.fit(x, 3)
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))
    noise = values.flip(0)[3:].mean()
    C = theta.W @ theta.W.T
    top = vectors[:, -3:]
    torch.testing.assert_close(C, (top * (values[-3:] - noise)) @ top.T, rtol=1e-9, atol=1e-9)
    assert float(theta.sigma2) == pytest.approx(float(noise), rel=1e-11)


def test_posterior_is_bayes_rule() -> None:
    x = cloud(40, 4, 11)
    theta = ppca.rotate(ppca.fit(x, 2), ppca.rotation(0.7))
    found = ppca.posterior(x, theta)
    rng = torch.Generator().manual_seed(0)
    for z in torch.randn(3, 40, 2, generator=rng, dtype=torch.float64):
        prior = MultivariateNormal(torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)).log_prob(z)
        identity = theta.sigma2 * torch.eye(4, dtype=torch.float64)
        likelihood = MultivariateNormal(ppca.decode(z, theta), identity).log_prob(x)
        after = MultivariateNormal(found.mean, found.cov).log_prob(z)
        torch.testing.assert_close(prior + likelihood - after, ppca.log_prob(x, theta), rtol=1e-10, atol=1e-10)


def test_shrinkage_is_the_ratio_of_posterior_mean_to_projection() -> None:
    x = cloud(60, 5, 2)
    theta = ppca.fit(x, 2)
    z = ppca.posterior(x, theta).mean
    exact = torch.linalg.lstsq(theta.W, (x - theta.mean).T, driver="gelsd").solution.T
    torch.testing.assert_close(z, exact * ppca.shrinkage(theta))
    torch.testing.assert_close(ppca.shrinkage(theta) + ppca.uncertainty(theta), torch.ones(2, dtype=torch.float64))
    assert float(ppca.reconstruct(x, theta).sub(theta.mean).norm()) < float(
        ppca.reconstruct(x, theta, shrink=False).sub(theta.mean).norm())


def test_pca_is_the_limit_without_noise() -> None:
    x = cloud(60, 5, 2)
    flat = ppca.fit(x, 2, sigma2=0.0)
    peer = PCA(2).fit(x.numpy())
    np.testing.assert_allclose(ppca.reconstruct(x, flat), peer.inverse_transform(peer.transform(x.numpy())), atol=1e-10)
    assert float(ppca.posterior(x, flat).cov.abs().max()) == 0.0
    errors = [float((ppca.posterior(x, ppca.fit(x, 2, sigma2=s)).mean - ppca.posterior(x, flat).mean).abs().max())
              for s in (1e-2, 1e-4, 1e-6)]
    assert errors[1] == pytest.approx(errors[0] / 100, rel=0.1)
    assert errors[2] == pytest.approx(errors[1] / 100, rel=0.1)
    with pytest.raises(ValueError, match="no density; give sigma2 > 0"):
        ppca.log_prob(x, flat)


def test_tiny_noise_loses_no_digits() -> None:
    rng = torch.Generator().manual_seed(0)
    truth = ppca.params(torch.zeros(4), torch.randn(4, 2, generator=rng), 1e-10)
    drawn = ppca.sample(truth, 20_000, 5)
    off = ((drawn.x - ppca.reconstruct(drawn.x, truth, shrink=False)) ** 2).sum(1) / 1e-10
    assert float(off.mean()) == pytest.approx(2.0, abs=5 * 2 / math.sqrt(20_000))   # chi-squared with D - q = 2
    assert float(ppca.fit(drawn.x, 2).sigma2) == pytest.approx(1e-10, rel=0.05)


def test_columns_are_zero_where_fixed_noise_exceeds_the_eigenvalue() -> None:
    x = cloud(300, 6, 4)
    values = spectrum(x).values
    for j in range(4):
        for noise, nonzero in ((float(values[j]) * 0.999, j + 1), (float(values[j]) * 1.001, j)):
            theta = ppca.fit(x, 4, sigma2=noise)
            assert int((theta.W.norm(dim=0) > 0).sum()) == nonzero
    theta = ppca.fit(x, 2, sigma2=float(values[0]) * 2)
    torch.testing.assert_close(ppca.posterior(x, theta).cov, torch.eye(2, dtype=torch.float64))
    assert float(ppca.posterior(x, theta).mean.abs().max()) == 0.0


def test_samples_have_the_moments_of_the_model() -> None:
    theta = ppca.params([1.0, -2.0, 0.5], [[2.0, 0.0], [1.0, 0.5], [0.0, 1.0]], 0.3)
    n = 40_000
    drawn = ppca.sample(theta, n, seed=3)
    cov = theta.W @ theta.W.T + 0.3 * torch.eye(3, dtype=torch.float64)
    error = (cov.diagonal() / n).sqrt()
    assert bool(((drawn.x.mean(0) - theta.mean).abs() < 5 * error).all())
    spread = ((cov.diagonal()[:, None] * cov.diagonal() + cov**2) / n).sqrt()
    assert bool(((torch.cov(drawn.x.T) - cov).abs() < 5 * spread).all())
    torch.testing.assert_close(drawn.decoded, ppca.decode(drawn.z, theta))
    assert torch.equal(drawn.x, ppca.sample(theta, n, seed=3).x)
    assert not torch.equal(drawn.x, ppca.sample(theta, n, seed=4).x)


def test_rotation_changes_z_but_not_the_density() -> None:
    x = cloud(50, 5, 9)
    theta = ppca.fit(x, 3)
    rotated = ppca.rotate(theta, ppca.rotation(1.1, 3, (0, 2)))
    torch.testing.assert_close(ppca.log_prob(x, rotated), ppca.log_prob(x, theta), rtol=1e-12, atol=1e-12)
    assert float((rotated.W - theta.W).abs().max()) > 0.1
    torch.testing.assert_close(ppca.reconstruct(x, rotated), ppca.reconstruct(x, theta))


@pytest.mark.parametrize("scale", [1e-130, 1e-8, 1.0, 1e8, 1e130])
def test_affine_rule(scale: float) -> None:
    x = cloud(60, 4, 5)
    base, moved = ppca.fit(x, 2), ppca.fit(x * scale, 2)
    assert ppca.log_likelihood(x * scale, moved) == pytest.approx(
        ppca.log_likelihood(x, base) - x.numel() * math.log(scale), rel=1e-9)


def test_many_rows_with_a_trend_are_centred_block_by_block() -> None:
    """More rows than the pilot mean uses and than one block has, with a mean that changes from row to row."""
    x = cloud(20_000, 3, 5) + torch.linspace(0, 40, 20_000, dtype=torch.float64)[:, None] ** 1.5
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    found = spectrum(x)
    torch.testing.assert_close(found.mean, x.mean(0), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found.values, values, rtol=1e-9, atol=1e-9)


def test_offset_loses_no_digits() -> None:
    x = cloud(500, 4, 5)
    torch.testing.assert_close(ppca.fit(x + 1e7, 2).W, ppca.fit(x, 2).W, rtol=1e-6, atol=1e-6)


def test_permutation_and_duplication() -> None:
    x = cloud(80, 4, 6)
    theta = ppca.fit(x, 2)
    for same in (x.flip(0), torch.cat([x, x])):
        for a, b in zip(ppca.fit(same, 2), theta, strict=True):
            torch.testing.assert_close(a, b)


def test_arrays_lists_and_float32_are_accepted() -> None:
    x = cloud(40, 3, 8)
    expected = ppca.fit(x, 1)
    read_only = x.numpy().copy()
    read_only.flags.writeable = False
    for form in (x.numpy(), x.tolist(), read_only):
        torch.testing.assert_close(ppca.fit(form, 1).W, expected.W)
    theta = ppca.fit(x.float(), 1)
    assert theta.W.dtype == torch.float64
    torch.testing.assert_close(theta.W, expected.W, atol=1e-5, rtol=1e-5)


def test_real_digits_with_constant_columns() -> None:
    x = load_digits().data
    theta = ppca.fit(x, 10)
    assert theta.W.shape == (64, 10)
    assert float(theta.sigma2) * len(x) / (len(x) - 1) == pytest.approx(PCA(10).fit(x).noise_variance_, rel=1e-9)
    assert math.isfinite(ppca.log_likelihood(x, theta))


def test_q_zero_is_a_round_gaussian() -> None:
    x = cloud(50, 3, 1)
    theta = ppca.fit(x, 0)
    assert theta.W.shape == (3, 0)
    assert float(theta.sigma2) == pytest.approx(float(x.var(0, correction=0).mean()))
    torch.testing.assert_close(ppca.log_prob(x, theta), dense(theta).log_prob(x))
    assert ppca.posterior(x, theta).mean.shape == (50, 0)
    torch.testing.assert_close(ppca.reconstruct(x, theta), theta.mean.expand(50, 3))
    torch.testing.assert_close(ppca.reconstruct(x, theta, shrink=False), theta.mean.expand(50, 3))


def test_fewer_points_than_dimensions() -> None:
    x = cloud(5, 12, 1)
    for q in range(4):
        theta = ppca.fit(x, q)
        torch.testing.assert_close(ppca.log_prob(x, theta), dense(theta).log_prob(x), rtol=1e-9, atol=1e-9)
    with pytest.raises(ValueError, match=r"vary in 4 directions only .* choose q below 4"):
        ppca.fit(x, 4)


NAN = [[0.0, 1.0], [2.0, math.nan], [1.0, 1.0]]
BAD = {
    "q too large": (cloud(9, 3, 0), 3, "q = 3 latent dimensions: choose a whole number from 0 to 2"),
    "q negative": (cloud(9, 3, 0), -1, "from 0 to 2"),
    "q fractional": (cloud(9, 3, 0), 1.5, "whole number"),
    "one point": ([[1.0, 2.0, 3.0]], 1, "one point has no spread"),
    "equal points": ([[1.0, 2.0]] * 7, 1, "all points are equal"),
    "rank one": ([[float(i), 2.0 * i] for i in range(9)], 1,
                 "vary in 1 direction only.*choose q below 1, scale the columns alike"),
    "NaN": (NAN, 1, "row 2, column 2 of x is missing.*dgm.ppca.missing"),
    "infinite": ([[0.0, math.inf], [1.0, 2.0]], 1, "row 1, column 2 of x is infinite"),
    "too small": (cloud(9, 3, 0) * 1e-170, 1, "change the unit"),
    "too large": (cloud(9, 3, 0) * 1e170, 1, "change the unit"),
    "cube": (np.zeros((2, 2, 2)), 1, "give a table"),
    "empty": (np.zeros((0, 3)), 1, "at least 1 row and one column"),
    "no columns": (np.zeros((3, 0)), 0, "at least 1 row and one column"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_raises(name: str) -> None:
    x, q, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        ppca.fit(x, q)


def test_constant_column_stays_constant_in_the_mean() -> None:
    x = torch.cat([cloud(50, 3, 2), torch.full((50, 1), 7.0, dtype=torch.float64)], dim=1)
    theta = ppca.fit(x, 2)
    assert float(theta.W[3].abs().max()) < 1e-12
    assert float(theta.mean[3]) == pytest.approx(7.0)
    assert math.isfinite(ppca.log_likelihood(x, theta))


def test_parameters_and_rotations_are_checked() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        ppca.params([0.0, 0.0], [[1.0], [0.0], [1.0]], 1.0)
    with pytest.raises(ValueError, match="0 or more"):
        ppca.params([0.0, 0.0], [[1.0], [0.0]], -1.0)
    with pytest.raises(ValueError, match="0 or more"):
        ppca.fit(cloud(9, 3, 0), 1, sigma2=-1.0)
    with pytest.raises(ValueError, match="sigma2 has to be a finite number"):
        ppca.fit(cloud(9, 3, 0), 1, sigma2=math.nan)
    with pytest.raises(ValueError, match="orthogonal"):
        ppca.rotate(ppca.fit(cloud(9, 3, 0), 2), 2 * torch.eye(2))
    with pytest.raises(ValueError, match="two different axes"):
        ppca.rotation(1.0, 2, (0, 0))
    with pytest.raises(ValueError, match="give 0 or more"):
        ppca.sample(ppca.fit(cloud(9, 3, 0), 2), -1)
