"""Every function that evaluates a mixture agrees with the fit, at any scale, with any far point, in any unit."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans

from dgm import gmm
from dgm.datasets import load
from dgm.errors import DataError
from dgm.gmm import selection
from dgm.runtime import generator

F = load("faithful").x
R = torch.randn(120, 2, generator=generator(4), dtype=torch.float64)
TOLERANCE = 1e-9     # of 1 + |log p|: what a sum over hundreds of points and 8-digit squares leaves


def far(*values: float) -> torch.Tensor:
    return torch.cat([F, torch.tensor([[value, value] for value in values], dtype=torch.float64)])


def columns(*factors: float) -> torch.Tensor:
    return torch.tensor(factors, dtype=torch.float64)


HOSTILE = {
    "three rows of 1e20": far(1e20, 1e20, 1e20),
    "different rows near 1e20": torch.cat([F, 1e20 + 1e5 * R[:5]]),
    "rows as wide as the digits at 1e15": torch.cat([F, 1e15 + R[:9]]),
    "one row of 1e99": far(1e99),
    "columns 1e-100 and 1e100": F * columns(1e-100, 1e100),
    "columns 1e-150 and 1e150": F * columns(1e-150, 1e150),
    "scales 1e-20, 1 and 1e20 in one column": torch.cat([F[:90] * 1e-20, F[:90], F[:90] * 1e20]),
    "a narrow cluster in a wide one": torch.cat([5 + 1e-12 * R, R]),
    "narrow ones at zero and offset": torch.cat([1e-9 * R, R + 1e7]),
    "widths 1e-8, 1 and 1e8": torch.cat([1e-8 * R, 3 + 1e8 * R, R]),
    "offset 1e8": F + 1e8,
    "offset 1e14": F + 1e14,
    "offset 1e12 and none": torch.cat([F + 1e12, R]),
    "times 1e-139": F * 1e-139,
    "times 1e100": F * 1e100,
    "one point many times": torch.cat([F, F[:1].repeat(100, 1)]),
}


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
@pytest.mark.parametrize("name", list(HOSTILE))
def test_all_functions_agree_with_the_fit(name: str, covariance: str) -> None:
    x = HOSTILE[name]
    n, price = len(x), gmm.free_parameters(3, 2, covariance)
    for floor in (gmm.FLOOR, 0.0):
        try:
            step = gmm.fit(x, 3, covariance, floor=floor, max_steps=60)
        except gmm.CollapseError:
            assert floor == 0
            continue
        theta, parts = step.params, gmm.elbo(x, step.resp, step.params)
        found = {
            "score": gmm.score(x, theta), "log_prob": float(gmm.log_prob(x, theta).mean()),
            "e_step": gmm.e_step(x, theta).log_lik, "elbo": parts.log_lik, "bound": parts.bound,
            "bic_per_point": (price * math.log(n) - gmm.bic(x, theta, covariance)) / (2 * n),
            "aic_per_point": (2 * price - gmm.aic(x, theta, covariance)) / (2 * n),
            "em": next(gmm.em(x, theta, covariance, floor)).log_lik,
        }
        tolerance = TOLERANCE * (1 + abs(step.log_lik))
        assert found == {key: pytest.approx(step.log_lik, abs=tolerance) for key in found}
        torch.testing.assert_close(gmm.e_step(x, theta).resp, step.resp, rtol=0, atol=1e-7)
        assert 0 <= parts.gap < 1e-9
        assert parts.kl >= 0
        assert bool(gmm.log_prob(gmm.sample(theta, 50).x, theta).isfinite().all())


def test_three_rows_of_1e20_are_one_component() -> None:
    x = HOSTILE["three rows of 1e20"]
    step = gmm.fit(x, 3)
    assert step.log_lik == pytest.approx(-4.126, abs=5e-4)
    assert gmm.bic(x, step.params) == pytest.approx(2365, abs=0.5)
    k = int(step.params.means[:, 0].argmax())
    assert step.params.means[k].tolist() == [1e20, 1e20]
    others = [j for j in range(3) if j != k]
    weights = step.params.log_weights.exp().numpy()
    means, covs = step.params.means.numpy(), step.params.covs.numpy()
    expected = np.log(sum(weights[j] * multivariate_normal(means[j], covs[j]).pdf(F.numpy()) for j in others))
    np.testing.assert_allclose(gmm.log_prob(F, step.params).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
@pytest.mark.parametrize("a", [1e100, 1e-139, 3.0])
def test_the_unit_of_the_data_changes_nothing_but_the_volume(covariance: str, a: float) -> None:
    for method, floor in itertools.product(gmm.STARTS[:-1], (1e-2, gmm.FLOOR, 0.0)):
        plain, other = (gmm.fit(x, 2, covariance, seed=3, floor=floor, method=method) for x in (F, a * F))
        shift = 2 * math.log(a)
        tolerance = TOLERANCE * (1 + abs(shift))
        assert other.index == plain.index
        for name in ("log_lik", "objective", "bound", "complete"):
            assert getattr(other, name) + shift == pytest.approx(getattr(plain, name), abs=tolerance)
        torch.testing.assert_close(other.params.means / a, plain.params.means, rtol=1e-9, atol=0)
        torch.testing.assert_close(other.params.covs / a / a, plain.params.covs, rtol=1e-7, atol=0)
        assert other.rate == pytest.approx(plain.rate, rel=1e-5, nan_ok=True)
        torch.testing.assert_close(other.resp, plain.resp, rtol=0, atol=1e-7)


def test_an_offset_changes_nothing() -> None:
    x = (F * 1000).round() / 1024                       # exact with and without the offset
    for covariance in gmm.COVARIANCES:
        plain, other = gmm.fit(x, 3, covariance, seed=1), gmm.fit(x + 2.0**27, 3, covariance, seed=1)
        assert other.index == plain.index
        assert other.log_lik == pytest.approx(plain.log_lik, abs=1e-9)
        torch.testing.assert_close(other.params.means - 2.0**27, plain.params.means, rtol=0, atol=1e-6)
    groups, moved = gmm.kmeans(x, x[:3]), gmm.kmeans(x + 2.0**27, x[:3] + 2.0**27)
    assert torch.equal(groups.labels, moved.labels)


def test_the_comparison_of_k_does_not_depend_on_the_unit() -> None:
    plain, other = (selection.candidate(a * F, 2, tol=1e-5) for a in (1.0, 1e100))
    for name in ("log_lik", "aic_per_point", "bic_per_point", "held_out"):
        assert getattr(other, name) + 2 * math.log(1e100) == pytest.approx(getattr(plain, name), abs=1e-9)
    assert other.held_out_error == pytest.approx(plain.held_out_error, rel=1e-9)


@pytest.mark.parametrize("a", [1e-150, 1e100, 1e-20, 1e150])
def test_k_means_in_any_unit(a: float) -> None:
    plain, other = gmm.kmeans(F, F[:3]), gmm.kmeans(a * F, a * F[:3])
    assert torch.equal(plain.labels, other.labels)
    assert other.inertia / a / a == pytest.approx(plain.inertia, rel=1e-12)


def test_k_means_beside_a_far_point() -> None:
    alone = gmm.kmeans(F, F[:2])
    model = KMeans(2, init=F[:2].numpy(), n_init=1, algorithm="lloyd", tol=0).fit(F.numpy())
    assert alone.labels.tolist() == model.labels_.tolist()
    for value in (1e20, 1e150, 1e300):
        x = far(value)
        state = gmm.kmeans(x, torch.cat([F[:2], x[-1:]]))
        assert state.labels.tolist() == [*alone.labels.tolist(), 2]
        assert state.inertia == pytest.approx(alone.inertia * len(F) / len(x), rel=1e-12)
    with pytest.raises(DataError, match="squared distances leave float64"):
        gmm.kmeans(far(1e300), F[:2])
    with pytest.raises(DataError, match="squared distances leave float64"):
        gmm.kmeans(F * 1e-200, F[:2] * 1e-200)


@pytest.mark.parametrize("value", [1e150, 1e300, 1.7e308])
def test_a_row_out_of_reach_is_a_sentence_everywhere(value: float) -> None:
    x, theta = far(value), gmm.fit(F, 2).params
    with pytest.raises(DataError, match="column 1 holds a point"):
        gmm.fit(x, 3)
    for call in (gmm.score, gmm.log_prob, gmm.e_step, gmm.bic, gmm.aic):
        if value > 1e154:
            with pytest.raises(DataError, match=f"row {len(x)} of x is so far"):
                call(x, theta)
    if value < 1e154:
        assert gmm.log_prob(x, theta)[-1] < -1e298


def test_a_density_far_out_against_exact_arithmetic() -> None:
    import mpmath

    theta = gmm.Params(torch.tensor([0.25, 0.75]).double().log(), columns(1e20, 1.0)[:, None],
                       columns(1e-8, 4.0)[:, None, None])
    points = [1e20, 1.0, 0.0, -1e3, 1e19, 1e20 - 2**14, 1e30, 1e-300]
    with mpmath.workdps(60):
        parts = list(zip((0.25, 0.75), theta.means[:, 0].tolist(), theta.covs[:, 0, 0].tolist(), strict=True))
        expected = [float(mpmath.log(sum(w * mpmath.npdf(mpmath.mpf(x), m, mpmath.sqrt(v)) for w, m, v in parts)))
                    for x in points]
    np.testing.assert_allclose(gmm.log_prob(points, theta).numpy(), expected, rtol=1e-13)
