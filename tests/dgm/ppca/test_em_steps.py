"""dgm.ppca.em_steps and convergence: EM reaches the closed form, at the speed that the eigenvalues predict."""

import math
from itertools import islice, pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import MultivariateNormal

from dgm import ppca
from dgm.errors import ArgumentError
from dgm.ppca.convergence import covariance_distances, half_steps, measured_rate, predicted_rates
from dgm.ppca.covariance_spectrum import Scatter, Spectrum, decompose, scatter, spectrum
from dgm.ppca.em_steps import bound, e_step, init, iterate, m_step
from dgm.ppca.profile_likelihood import profile_log_lik


def with_spectrum(values: list[float], n: int = 200, seed: int = 0) -> Tensor:
    """Data whose covariance (1/N) has exactly these eigenvalues, in random directions."""
    rng = torch.Generator().manual_seed(seed)
    dim = len(values)
    raw = torch.randn(n, dim, generator=rng, dtype=torch.float64)
    white = torch.linalg.qr(raw - raw.mean(0))[0] * math.sqrt(n)
    basis = torch.linalg.qr(torch.randn(dim, dim, generator=rng, dtype=torch.float64))[0]
    return white * torch.tensor(values, dtype=torch.float64).sqrt() @ basis.T + 1.5


def run_em(x: Tensor, q: int, expanded: bool, tol: float = 1e-9, most: int = 3000) -> tuple[list[float], ppca.Params]:
    best = float(profile_log_lik(spectrum(x), q))
    path = []
    for step in islice(ppca.em(x, q, expanded), most):
        path.append(step.log_lik)
        if best - step.log_lik < tol:
            break
    return path, step.params


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 8), st.integers(0, 10_000), st.booleans(), st.data())
def test_em_increases_to_the_closed_form(dim: int, seed: int, expanded: bool, data: st.DataObject) -> None:
    q = data.draw(st.integers(1, dim - 2))
    rng = torch.Generator().manual_seed(seed)
    top = [6.0 - 0.5 * j + float(torch.rand(1, generator=rng)) * 0.2 for j in range(q)]
    x = with_spectrum([*top, *(0.2 + 0.8 * torch.rand(dim - q, generator=rng, dtype=torch.float64)).tolist()], 60, seed)
    path, theta = run_em(x, q, expanded)
    assert all(b >= a - 1e-11 for a, b in pairwise(path))
    exact = ppca.fit(x, q)
    torch.testing.assert_close(theta.W @ theta.W.T, exact.W @ exact.W.T, atol=2e-3, rtol=1e-3)
    assert float(theta.sigma2) == pytest.approx(float(exact.sigma2), rel=1e-3)
    assert path[-1] == pytest.approx(ppca.log_likelihood(x, exact) / len(x), abs=1e-8)


def test_e_step_against_the_posterior_of_every_point() -> None:
    x = with_spectrum([4.0, 2.0, 0.7, 0.5], 30)
    theta = ppca.rotate(ppca.fit(x, 2), ppca.rotation(0.4))
    moments, mean_log_lik = e_step(scatter(x), theta)
    z = ppca.posterior(x, theta)
    centred = x - theta.mean
    torch.testing.assert_close(moments.cross, centred.T @ z.mean / 30)
    torch.testing.assert_close(moments.second, z.mean.T @ z.mean / 30 + z.cov)
    torch.testing.assert_close(moments.cov, z.cov)
    identity = torch.eye(4, dtype=torch.float64)
    exact = MultivariateNormal(theta.mean, theta.W @ theta.W.T + theta.sigma2 * identity).log_prob(x).mean()
    assert mean_log_lik == pytest.approx(float(exact), abs=1e-12)


def test_m_step_maximises_the_bound() -> None:
    data = scatter(with_spectrum([4.0, 2.0, 0.7, 0.5], 30))
    moments, _ = e_step(data, init(data, 2, seed=3))
    best = m_step(data, moments)
    rng = torch.Generator().manual_seed(1)
    for _ in range(50):
        near = best._replace(W=best.W + 0.05 * torch.randn(4, 2, generator=rng, dtype=torch.float64),
                             sigma2=best.sigma2 * (0.1 * torch.randn(1, generator=rng, dtype=torch.float64)).exp()[0])
        assert bound(data, moments, near) < bound(data, moments, best)


@pytest.mark.parametrize("expanded", [False, True])
def test_gap_is_zero_after_e_and_positive_after_m(expanded: bool) -> None:
    data = scatter(with_spectrum([4.0, 2.0, 0.7, 0.5], 30))
    steps = list(islice(iterate(data, init(data, 2), expanded), 12))
    halves = half_steps(data, steps, expanded)
    assert [h.kind for h in halves] == ["E", "M"] * 11 + ["E"]
    bounds = [h.bound for h in halves]
    assert all(b >= a - 1e-12 for a, b in pairwise(bounds))
    for half in halves:
        gap = half.log_lik - half.bound
        assert gap == pytest.approx(0.0, abs=1e-12) if half.kind == "E" else gap > 0
    assert half_steps(data, []) == []


def test_half_steps_of_other_data_are_refused() -> None:
    x = with_spectrum([4.0, 2.0, 0.7, 0.5], 30)
    steps = list(islice(iterate(scatter(x), init(scatter(x), 2)), 3))
    with pytest.raises(ArgumentError, match="the same points"):
        half_steps(scatter(3 * x), steps)


def test_the_maximum_is_a_fixed_point() -> None:
    x = with_spectrum([4.0, 2.0, 0.7, 0.5], 30)
    exact = ppca.fit(x, 2)
    for expanded in (False, True):
        again = list(islice(iterate(scatter(x), exact, expanded), 3))[-1].params
        torch.testing.assert_close(again.W @ again.W.T, exact.W @ exact.W.T)
        torch.testing.assert_close(again.sigma2, exact.sigma2)


SPECTRA = [([5.0, 2.0, 1.1, 0.6, 0.5], 1), ([6.0, 4.0, 2.6, 0.9, 0.4], 2), ([3.0, 2.5, 2.2, 0.3, 0.2, 0.1], 3),
           ([9.0, 1.0, 0.5], 1), ([4.0, 3.0, 2.0, 1.0, 0.8, 0.7], 2)]


@pytest.mark.parametrize(("values", "q"), SPECTRA)
@pytest.mark.parametrize("expanded", [False, True])
def test_measured_rate_is_the_predicted_one(values: list[float], q: int, expanded: bool) -> None:
    data = scatter(with_spectrum(values))
    spec = decompose(data)
    exact = ppca.closed_form(spec, q)
    rates = predicted_rates(spec, q, expanded)
    assert rates.slowest < 1
    steps = list(islice(iterate(data, init(data, q, seed=1), expanded), 4000))
    assert measured_rate(covariance_distances(steps, exact), floor=1e-12) == pytest.approx(rates.slowest, abs=1e-3)


@pytest.mark.parametrize(("values", "q"), SPECTRA)
def test_every_direction_converges_at_its_ratio_of_eigenvalues(values: list[float], q: int) -> None:
    """A perturbation of column j along u_i is multiplied by lambda_i / lambda_j, plain and expanded alike."""
    lam = torch.tensor(values, dtype=torch.float64)
    data = Scatter(9, torch.zeros(len(values)), float(lam.sum()), torch.diag(lam).numpy(), None)
    exact = ppca.closed_form(decompose(data), q)
    for j in range(q):
        for i in range(q, len(values)):
            W = exact.W.clone()
            W[i, j] += 1e-6
            for expanded in (False, True):
                after = m_step(data, e_step(data, exact._replace(W=W))[0], expanded)
                assert float(after.W[i, j]) / 1e-6 == pytest.approx(values[i] / values[j], abs=1e-3)


@pytest.mark.parametrize(("values", "q"), SPECTRA)
def test_prediction_against_autograd_through_the_textbook_step(values: list[float], q: int) -> None:
    """The whole D q + 1 Jacobian by autograd: among its eigenvalues are the directions and the rotations' ones."""
    S = torch.diag(torch.tensor(values, dtype=torch.float64))
    dim = len(values)
    theta = ppca.closed_form(Spectrum(9, torch.zeros(dim), S.diagonal(), torch.eye(dim, dtype=torch.float64)), q)

    def step(flat: Tensor) -> Tensor:
        W, s2 = flat[:-1].reshape(dim, q), flat[-1]
        inverse = torch.linalg.inv(W.T @ W + s2 * torch.eye(q, dtype=torch.float64))
        new = S @ W @ torch.linalg.inv(s2 * torch.eye(q, dtype=torch.float64) + inverse @ W.T @ S @ W)
        return torch.cat([new.reshape(-1), (S - S @ W @ inverse @ new.T).trace()[None] / dim])

    at = torch.cat([theta.W.reshape(-1), theta.sigma2[None]])
    jacobian = torch.autograd.functional.jacobian(step, at)
    assert isinstance(jacobian, Tensor)
    moduli = torch.linalg.eigvals(jacobian).abs().sort(descending=True).values
    rotations = q * (q - 1) // 2
    torch.testing.assert_close(moduli[:rotations], torch.ones(rotations, dtype=torch.float64))
    rates = predicted_rates(Spectrum(9, torch.zeros(dim), S.diagonal(), torch.eye(dim, dtype=torch.float64)), q)
    assert rates.slowest == pytest.approx(float(moduli[rotations]), abs=1e-7)
    assert rates.direction == pytest.approx(values[q] / values[q - 1])


def test_rate_of_a_column_length_at_fixed_noise() -> None:
    """1 - 2 (lambda - sigma^2) sigma^2 / lambda^2, from one column that is 0.1% too long."""
    values = torch.tensor([5.0, 2.0, 1.0, 1.0], dtype=torch.float64)
    data = Scatter(9, torch.zeros(4), float(values.sum()), torch.diag(values).numpy(), None)
    spec = decompose(data)
    theta = ppca.closed_form(spec, 2)
    for j in range(2):
        W = theta.W.clone()
        W[:, j] *= 1.001
        after = m_step(data, e_step(data, theta._replace(W=W))[0])
        ratio = float((after.W[:, j].norm() / theta.W[:, j].norm() - 1) / 0.001)
        assert ratio == pytest.approx(float(predicted_rates(spec, 2).length[j]), abs=2e-3)


def test_expanded_em_at_small_noise() -> None:
    rng = torch.Generator().manual_seed(0)
    for dim, q in ((10, 3), (4, 1), (20, 5)):
        W = torch.randn(dim, q, generator=rng, dtype=torch.float64)
        x = ppca.sample(ppca.params(torch.zeros(dim), W, 1e-3), 2000, seed=dim).x
        path, theta = run_em(x, q, expanded=True, tol=1e-8)
        assert len(path) <= 21        # the start and at most 20 steps
        exact = ppca.fit(x, q)
        torch.testing.assert_close(theta.W @ theta.W.T, exact.W @ exact.W.T, rtol=1e-3, atol=1e-3)
        plain, _ = run_em(x, q, expanded=False, tol=1e-8, most=300)
        assert len(plain) == 300


@pytest.mark.parametrize("rows", [200, 5])
@pytest.mark.parametrize("expanded", [False, True])
def test_no_step_falls_at_a_fine_noise(expanded: bool, rows: int) -> None:
    """Noise of 1e-6 beside data of 1, up to the maximum of the rounded S; 5 rows of 7 columns: of the points."""
    rng, fine = torch.Generator().manual_seed(0), 1e-6
    plane, W = torch.randn(rows, 2, generator=rng), torch.randn(2, 7, generator=rng)
    x = plane.double() @ W.double() + fine * torch.randn(rows, 7, generator=rng, dtype=torch.float64)
    path = [step.log_lik for step in islice(ppca.em(x, 2, expanded), 300)]
    rounding = 7 * torch.finfo(torch.float64).eps * float(x.norm(dim=1).max()) / fine     # of S, over the noise
    assert min(b - a for a, b in pairwise(path)) > -rounding
    spec = spectrum(x)
    if rows < 7:
        roots = torch.linalg.svdvals(x - x.mean(0))[: rows - 1]
        spec = spec._replace(values=torch.cat([roots**2 / rows, torch.zeros(8 - rows, dtype=torch.float64)]))
    best = float(profile_log_lik(spec, 2))
    assert path[-1] < best + rounding
    assert not expanded or path[-1] == pytest.approx(best, abs=rounding)


def test_gram_form_takes_the_same_steps() -> None:
    x = with_spectrum([4.0, 2.0, 1.0, 0.5, 0.3, 0.2], 7)[:5]
    wide = scatter(x)
    assert wide.cov is None
    tall = Scatter(wide.n, wide.mean, wide.trace, torch.cov(x.T, correction=0).numpy(), None)
    for a, b in zip(islice(iterate(wide, init(wide, 2)), 20), islice(iterate(tall, init(tall, 2)), 20), strict=True):
        assert a.log_lik == pytest.approx(b.log_lik, abs=1e-10)
        torch.testing.assert_close(a.params.W, b.params.W)


def test_earlier_steps_do_not_change() -> None:
    x = with_spectrum([4.0, 2.0, 0.7, 0.5], 30)
    steps = ppca.em(x, 2, seed=1)
    first = next(steps)
    copy = first.params.W.clone()
    list(islice(steps, 5))
    assert torch.equal(first.params.W, copy)
    assert torch.equal(next(ppca.em(x, 2, seed=1)).params.W, copy)
    assert not torch.equal(next(ppca.em(x, 2, seed=2)).params.W, copy)


def test_q_zero_and_one_step() -> None:
    x = with_spectrum([4.0, 2.0, 0.7], 30)
    steps = list(islice(ppca.em(x, 0), 3))
    assert steps[-1].log_lik == pytest.approx(ppca.log_likelihood(x, ppca.fit(x, 0)) / 30)
    with pytest.raises(ValueError, match="q = 0 has no W"):
        predicted_rates(spectrum(x), 0)


def test_bad_input_raises() -> None:
    line = torch.outer(torch.arange(9.0), torch.tensor([1.0, 2.0, 0.5]))
    with pytest.raises(ValueError, match=r"fallen to rounding.*smaller q"):
        list(islice(ppca.em(line, 1, expanded=True), 200))
    with pytest.raises(ValueError, match="fallen to rounding"):
        next(ppca.em([[1.0, 2.0]] * 5, 1))
    with pytest.raises(ValueError, match="from 0 to 2"):
        ppca.em(line, 3)
    with pytest.raises(ValueError, match="NaN"):
        ppca.em([[1.0, math.nan], [0.0, 1.0]], 1)
    with pytest.raises(ValueError, match="fewer than two steps"):
        measured_rate(torch.tensor([1.0]))
