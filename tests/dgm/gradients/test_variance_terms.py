"""dgm.gradients.variance_terms: orders, signs, means and variances of the terms."""

import pytest

from dgm.gradients import COSTS, Gaussian, exact, noise
from dgm.gradients.formula_parser import formula
from dgm.gradients.variance_terms import expand


@pytest.mark.parametrize("parameter", ["mu", "sigma"])
def test_a_parabola_has_no_higher_orders(parameter: str) -> None:
    for s in (0.1, 1.0):
        a = expand(COSTS["general quadratic"](0.7, -1.1, 2.0), Gaussian(0.4, s), parameter)
        assert sum(t.curve for t in a.terms).tolist() == pytest.approx(a.estimate.tolist(), rel=1e-9)
        assert a.remainder == pytest.approx(0.0, abs=1e-9 * a.variance)
        assert sum(t.mean for t in a.terms) == pytest.approx(a.gradient)


@pytest.mark.parametrize("parameter", ["mu", "sigma"])
def test_moments_of_terms_against_sampling(parameter: str) -> None:
    q, u = Gaussian(0.4, 0.3), noise(200_000, 3)
    a = expand(formula("exp(-x**2) + 1"), q, parameter)
    shape = {"mu": (u, u**2, u**3), "sigma": (u**2 - 1, u * (u**2 - 1), u**2 * (u**2 - 1))}[parameter]
    for term, power in zip(a.terms, shape, strict=True):
        scale = term.curve[-1] / {"mu": (3.2, 3.2**2, 3.2**3),
                                  "sigma": (9.24, 3.2 * 9.24, 10.24 * 9.24)}[parameter][a.terms.index(term)]
        drawn = scale * power
        assert abs(drawn.mean() - term.mean) < 4 * drawn.std() / len(u) ** 0.5
        spread = ((drawn - drawn.mean()) ** 4).mean().sqrt() / len(u) ** 0.5
        assert abs(drawn.var() - term.variance) < 4 * spread


def test_orders_in_sigma() -> None:
    """Halving sigma quadruples the variance of the first term, leaves the second, quarters the third."""
    wide, narrow = (expand(COSTS["cosine"](1.0), Gaussian(0.4, s)) for s in (0.2, 0.1))
    ratios = [n.variance / w.variance for n, w in zip(narrow.terms, wide.terms, strict=True)]
    assert ratios == pytest.approx([4.0, 1.0, 0.25], rel=1e-8)
    assert [t.changes_sign for t in wide.terms] == [True, False, True]
    law = exact("log-derivative", COSTS["cosine"](1.0), Gaussian(0.4, 0.1))
    assert narrow.variance == pytest.approx(law.variance[0].item())
    with pytest.raises(ValueError, match="mu or sigma"):
        expand(COSTS["cosine"](1.0), Gaussian(0.4, 0.1), "phi")
