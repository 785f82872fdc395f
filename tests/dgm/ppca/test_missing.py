"""dgm.ppca.missing: EM on what was observed, against complete data and against conditional Gaussians."""

import math
from itertools import islice, pairwise

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from dgm import ppca
from dgm.ppca import missing
from dgm.ppca.missing import _row_posteriors, observed

TRUTH = ppca.params([1.0, -2.0, 0.5, 3.0, 0.0],
                    [[2.0, 0.0], [1.0, 0.7], [-0.5, 1.0], [0.3, -1.0], [0.8, 0.4]], 0.2)


def with_gaps(n: int, share: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Complete data and the same with values missing completely at random."""
    full = ppca.sample(TRUTH, n, seed).x
    gaps = torch.rand(full.shape, generator=torch.Generator().manual_seed(seed + 1)) < share
    return full, full.masked_fill(gaps, math.nan)


def cov(theta: ppca.Params) -> Tensor:
    return theta.W @ theta.W.T + theta.sigma2 * torch.eye(len(theta.mean), dtype=torch.float64)


def test_without_gaps_it_is_the_closed_form() -> None:
    full, _ = with_gaps(200, 0.0)
    found, exact = missing.fit(full, 2, tol=1e-13), ppca.fit(full, 2)
    torch.testing.assert_close(found.params.mean, exact.mean, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(cov(found.params), cov(exact), atol=1e-5, rtol=1e-5)
    assert found.log_lik == pytest.approx(ppca.log_likelihood(full, exact) / 200, abs=1e-10)


def test_likelihood_is_the_marginal_gaussian_of_the_observed_values() -> None:
    _, x = with_gaps(60, 0.4)
    x[7] = math.nan
    step = next(islice(missing.em(x, 2), 3, None))
    theta, C, total = step.params, cov(step.params), 0.0
    for row in x:
        o = ~row.isnan()
        if o.any():
            total += float(MultivariateNormal(theta.mean[o], C[o][:, o]).log_prob(row[o]))
    assert step.log_lik == pytest.approx(total / 60, abs=1e-11)


@pytest.mark.parametrize("expanded", [False, True])
def test_the_likelihood_increases(expanded: bool) -> None:
    _, x = with_gaps(80, 0.3, seed=4)
    path = [step.log_lik for step in islice(missing.em(x, 2, expanded, seed=2), 60)]
    assert all(b >= a - 1e-11 for a, b in pairwise(path))
    assert path[-1] > path[0] + 0.5


@pytest.mark.parametrize("expanded", [False, True])
def test_no_step_falls_at_a_fine_noise(expanded: bool) -> None:
    """Noise of 1e-6 beside data of 1, with and without gaps; the closed form is the maximum where there are none."""
    fine, rounding = 1e-6, 5 * torch.finfo(torch.float64).eps * 10 / 1e-6     # of values up to 10 over the noise
    full = ppca.sample(TRUTH._replace(sigma2=torch.tensor(fine**2, dtype=torch.float64)), 100, 0).x
    gaps = full.masked_fill(with_gaps(100, 0.2)[1].isnan(), math.nan)
    for x in (full, gaps):
        path = [step.log_lik for step in islice(missing.em(x, 2, expanded), 150)]
        assert min(b - a for a, b in pairwise(path)) > -rounding
    complete = [step.log_lik for step in islice(missing.em(full, 2, expanded), 150)]
    best = ppca.log_likelihood(full, ppca.fit(full, 2)) / 100
    assert complete[-1] < best + 1e-6                       # sigma^2 of the closed form is rounded with S
    assert not expanded or complete[-1] > best - 1e-6


def test_plain_and_expanded_reach_the_same_maximum() -> None:
    _, x = with_gaps(150, 0.3, seed=4)
    ends = [list(islice(missing.em(x, 2, expanded), 600))[-1] for expanded in (False, True)]
    assert ends[0].log_lik == pytest.approx(ends[1].log_lik, abs=1e-7)
    torch.testing.assert_close(cov(ends[0].params), cov(ends[1].params), atol=2e-3, rtol=2e-3)


def test_the_gradient_of_the_observed_likelihood_vanishes() -> None:
    _, x = with_gaps(100, 0.25, seed=9)
    found = missing.fit(x, 2, tol=1e-14).params
    theta = ppca.Params(*(value.clone().requires_grad_() for value in found))
    C = cov(theta)
    total = torch.stack([MultivariateNormal(theta.mean[o], C[o][:, o]).log_prob(row[o])
                         for row in x for o in [~row.isnan()] if bool(o.any())]).sum() / len(x)
    total.backward()
    for value in theta:
        assert value.grad is not None
        assert float(value.grad.abs().max()) < 1e-5


def test_a_fit_says_whether_it_converged() -> None:
    _, x = with_gaps(100, 0.25, seed=9)
    assert missing.fit(x, 2, tol=1e-6).gain <= 1e-6 < missing.fit(x, 2, tol=1e-6, max_steps=3).gain
    path = list(islice(missing.em(x, 2), 4))
    assert [step.gain for step in path] == [math.inf, *(b.log_lik - a.log_lik for a, b in pairwise(path))]
    assert missing.fit(x, 2, max_steps=3).gain == path[-1].gain


def test_close_to_the_complete_data_fit() -> None:
    """With 15% gaps the means differ from the complete-data ones by less than 5 of their standard errors."""
    full, x = with_gaps(4000, 0.15, seed=3)
    partial, complete = missing.fit(x, 2).params, ppca.fit(full, 2)
    error = (cov(complete).diagonal() * 0.15 / 0.85 / 4000).sqrt()
    assert bool(((partial.mean - complete.mean).abs() < 5 * error).all())
    C = cov(complete)
    spread = ((C.diagonal()[:, None] * C.diagonal() + C**2) * 0.4 / 4000).sqrt()
    assert bool(((cov(partial) - C).abs() < 5 * spread).all())


def test_imputation_is_the_conditional_gaussian() -> None:
    _, x = with_gaps(40, 0.4, seed=6)
    x[3] = math.nan
    filled = missing.impute(x, TRUTH)
    C = cov(TRUTH)
    for row, mean, sd in zip(x, filled.mean, filled.sd, strict=True):
        o, m = ~row.isnan(), row.isnan()
        gain = C[m][:, o] @ torch.linalg.inv(C[o][:, o]) if o.any() else torch.zeros(int(m.sum()), 0).double()
        torch.testing.assert_close(mean[m], TRUTH.mean[m] + gain @ (row[o] - TRUTH.mean[o]), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(sd[m] ** 2, (C[m][:, m] - gain @ C[o][:, m]).diagonal(), rtol=1e-9, atol=1e-9)
        assert torch.equal(mean[o], row[o])
        assert float(sd[o].sum()) == 0.0


def test_intervals_have_their_nominal_coverage() -> None:
    full, x = with_gaps(3000, 0.3, seed=8)
    filled = missing.impute(x, missing.fit(x, 2).params)
    gaps = x.isnan()
    score = ((full - filled.mean) / filled.sd)[gaps]
    inside = float((score.abs() < 1.96).double().mean())
    assert inside == pytest.approx(0.95, abs=5 * math.sqrt(0.95 * 0.05 / int(gaps.sum())) + 0.005)
    naive = (full - x.nanmean(0))[gaps]
    assert float(((full - filled.mean)[gaps] ** 2).mean()) < 0.5 * float((naive**2).mean())


def test_posterior_of_a_full_row_is_the_models_own() -> None:
    full, _ = with_gaps(20, 0.0)
    data, seen = observed(full)
    rows = _row_posteriors(data - TRUTH.mean, seen, TRUTH)
    expected = ppca.posterior(full, TRUTH)
    torch.testing.assert_close(rows.mean, expected.mean)
    torch.testing.assert_close(rows.cov[0], expected.cov)


def test_bad_input_raises() -> None:
    _, x = with_gaps(20, 0.2)
    empty = x.clone()
    empty[:, 2] = math.nan
    with pytest.raises(ValueError, match="column 3 has no value"):
        missing.em(empty, 1)
    with pytest.raises(ValueError, match="from 0 to 4"):
        missing.em(x, 5)
    with pytest.raises(ValueError, match="infinite"):
        missing.em([[1.0, math.inf], [0.0, 1.0]], 1)
    line = torch.outer(torch.arange(12.0), torch.tensor([1.0, 2.0, 0.5]))
    line[0, 1] = math.nan
    with pytest.raises(ValueError, match="fallen to rounding"):
        missing.fit(line, 1, tol=-1.0)
    assert missing.fit(x, 1, max_steps=1).log_lik > next(missing.em(x, 1)).log_lik


def test_erased_values_are_imputed_better_than_by_the_mean() -> None:
    full, _ = with_gaps(500, 0.0)
    filled = missing.impute(missing.erase(full, 0.3, seed=1), TRUTH)
    errors = missing.imputation_errors(full, filled, TRUTH)
    assert errors.missing == pytest.approx(750, abs=5 * math.sqrt(2500 * 0.3 * 0.7))
    assert errors.model == pytest.approx(errors.expected, rel=4 / math.sqrt(2 * errors.missing))
    assert errors.model < 0.7 * errors.column_mean
    with pytest.raises(ValueError, match="no value is missing"):
        missing.imputation_errors(full, missing.impute(full, TRUTH), TRUTH)


def test_lower_half_is_erased() -> None:
    images = torch.arange(12.0).reshape(2, 6)
    seen = missing.erase_lower_half(images, (3, 2))
    assert torch.equal(seen[:, :2], images[:, :2].double())
    assert bool(seen[:, 2:].isnan().all())
