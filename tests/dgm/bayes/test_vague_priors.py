"""dgm.bayes with priors from almost nothing to almost certainty, against 90 digits: right, or refused in a sentence."""

import itertools
import math
from typing import Any

import mpmath
import pytest
import torch

from dgm import bayes, runtime
from dgm.errors import DgmError

DIGITS = 90     # the covariances here lose forty
CLOSED, CHAIN = 1e-9, 1e-5    # relative errors of the formula and the joint density; of a chain of rounded posteriors
VALUES = [1.0, 2.0, 4.0, 3.0, -7.25]
WIDE = (1e-300, 1e-100, 1e-12, 1.0, 1e12, 1e100)


def normal_normal(x: list[float], mean: float, var: float, noise: float) -> float:
    n, v, s = len(x), mpmath.mpf(var), mpmath.mpf(noise)
    away = [mpmath.mpf(value) - mpmath.mpf(mean) for value in x]
    distance = sum(d * d for d in away) / s - sum(away) ** 2 * v / (s * (s + n * v))
    return float(-(distance + (n - 1) * mpmath.log(s) + mpmath.log(s + n * v) + n * mpmath.log(2 * mpmath.pi)) / 2)


def normal_inverse_gamma(x: list[float], *prior: float) -> float:
    n, (m, k, a, b) = len(x), map(mpmath.mpf, prior)
    mean = sum(map(mpmath.mpf, x)) / n
    scatter = sum((mpmath.mpf(value) - mean) ** 2 for value in x)
    a2, b2 = a + mpmath.mpf(n) / 2, b + scatter / 2 + k * n * (mean - m) ** 2 / (2 * (k + n))
    return float(mpmath.loggamma(a2) - mpmath.loggamma(a) + a * mpmath.log(b) - a2 * mpmath.log(b2)
                 + (mpmath.log(k) - mpmath.log(k + n) - n * mpmath.log(2 * mpmath.pi)) / 2)


def urn(alpha: list[float], counts: list[int]) -> float:
    rising = lambda a, n: mpmath.fsum(mpmath.log(a + i) for i in range(n))  # noqa: E731
    exact = [mpmath.mpf(a) for a in alpha]
    return float(mpmath.fsum(map(rising, exact, counts)) - rising(mpmath.fsum(exact), sum(counts)))


def regression(model: bayes.LinearRegression, phi: torch.Tensor, y: torch.Tensor) -> float:
    x, target, n = mpmath.matrix(phi.tolist()), mpmath.matrix(y.tolist()), len(y)
    cov = mpmath.eye(n) / mpmath.mpf(model.beta) + x * x.T / mpmath.mpf(model.alpha)
    root = mpmath.cholesky(cov)
    z = mpmath.lu_solve(root, target)
    log_det = 2 * mpmath.fsum(mpmath.log(root[i, i]) for i in range(n))
    return float(-(mpmath.fsum(v * v for v in z) + log_det + n * mpmath.log(2 * mpmath.pi)) / 2)


def check(expected: float, model: bayes.Belief, data: Any) -> bool:
    """All routes that answer are right; False where the model refuses."""
    try:
        routes = bayes.routes(model, data)
    except DgmError:
        return False
    scale = max(1.0, abs(expected))
    assert routes.closed == pytest.approx(expected, abs=CLOSED * scale)
    if routes.marginal is not None:
        assert routes.marginal == pytest.approx(expected, abs=CLOSED * scale)
    assert routes.chain == pytest.approx(expected, abs=CHAIN * scale)
    return True


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("mean", [0.0, 1e8])
def test_a_normal_with_known_noise(offset: float, mean: float) -> None:
    x = [value + offset for value in VALUES]
    with mpmath.workdps(DIGITS):
        for var, noise in itertools.product((*WIDE, 1e300), WIDE[1:]):
            assert check(normal_normal(x, mean, var, noise), bayes.NormalNormal(mean, var, noise), x)


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("k", [1e-300, 1e-12, 1.0, 1e12])
def test_a_normal_with_unknown_noise(offset: float, k: float) -> None:
    x = [value + offset for value in VALUES]
    with mpmath.workdps(DIGITS):
        for a, b in itertools.product((1e-300, 1e-12, 1.0, 1e12), (1e-300, 1e-12, 1.0, 1e12)):
            model = bayes.NormalInverseGamma(0.0, k, a, b)
            expected = normal_inverse_gamma(x, 0.0, k, a, b)
            spread = b / a * (1 + 1 / k)   # of the first predictive: beyond the numbers the chain cannot begin
            assert check(expected, model, x) or not math.isfinite(spread)
            assert model.log_evidence(x) == pytest.approx(expected, rel=CLOSED)
            assert model.log_marginal(x) == pytest.approx(expected, rel=CLOSED)


def test_coins_and_dice() -> None:
    with mpmath.workdps(DIGITS):
        for a, b in itertools.product((*WIDE, 0.05, 30.0), repeat=2):
            for heads, tails in ((1, 0), (3, 2), (0, 30), (40, 11), (300, 700)):
                assert check(urn([a, b], [heads, tails]), bayes.BetaBernoulli(a, b), bayes.Counts(heads, tails))
            rolls = [0.0] * 3 + [2.0] * 5
            assert check(urn([a, b, a], [3, 0, 5]), bayes.DirichletCategorical((a, b, a)), rolls)


def design(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    rng = runtime.generator(0)
    n = 5 if kind.startswith("few") else 12
    x = torch.rand(n, generator=rng, dtype=torch.float64) * 2 - 1
    y = torch.sin(3 * x) + 0.2 * torch.randn(n, generator=rng, dtype=torch.float64)
    one = torch.ones_like(x)
    return {"degree 3": bayes.polynomial_features(x, 3), "few, degree 9": bayes.polynomial_features(x, 9),
            "degree 9": bayes.polynomial_features(x, 9), "degree 16": bayes.polynomial_features(x, 16),
            "the same column twice": torch.stack([one, x, x], 1),
            "large columns twice": 100 * torch.stack([one, x, x], 1),
            "far from 0": torch.stack([one, 1e8 + x], 1)}[kind], y


@pytest.mark.parametrize(("kind", "refused"), [
    ("degree 3", 0), ("few, degree 9", 0), ("degree 9", 0), ("degree 16", 2), ("the same column twice", 0),
    ("large columns twice", 1), ("far from 0", 3)])
def test_regressions(kind: str, refused: int) -> None:
    """refused: the most pairs (alpha, beta) of the sixteen for which a refusal is taken."""
    phi, y = design(kind)
    found = []
    with mpmath.workdps(DIGITS):
        for alpha, beta in itertools.product((1e-12, 1e-4, 1.0, 1e12), (1e-12, 1.0, 1e4, 1e12)):
            model = bayes.LinearRegression(alpha, beta)
            found.append(check(regression(model, phi, y), model, (phi, y)))
    assert found.count(False) <= refused


def test_a_refusal_names_the_remedy() -> None:
    phi, y = design("large columns twice")
    model = bayes.LinearRegression(1e-12, 1e12)
    for act in (model.posterior, model.log_evidence):
        with pytest.raises(DgmError, match="raise alpha or leave a column out"):
            act((phi, y))
    with pytest.raises(bayes.TooLargeError, match="use log_evidence"):
        bayes.LinearRegression(1e-4, 1e12).log_marginal(design("far from 0"))


def test_the_plane_of_a_prior_without_an_end() -> None:
    plane = bayes.normal_plane(bayes.NormalInverseGamma(0, 1e-12, 1e-12, 1e-12), [])
    assert torch.isfinite(plane.posterior).all()
    assert bayes.NormalInverseGamma(0, 1, 1e-12, 1).s2_quantile(0.01) == math.inf
