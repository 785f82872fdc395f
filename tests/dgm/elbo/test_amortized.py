"""Training is a pure fold; both parts of the gap are 0 or more, add up, and are 0 where theory says so."""

import pickle

import pytest
import torch

from dgm import elbo
from dgm.elbo import amortized
from dgm.errors import DgmError
from tests.dgm.elbo.cases import BOTH, HUMPS, LECTURE, LINE, PARABOLA

XS = torch.linspace(-3, 4, 15, dtype=torch.float64)


def trained(model: elbo.NormalModel, steps: int = 300, **fields: float) -> amortized.Encoder:
    return amortized.advance(amortized.init(amortized.Config(model, **fields)), steps)


def same(one: amortized.Encoder, other: amortized.Encoder) -> bool:
    return one.step == other.step and all(torch.equal(one.params[name], other.params[name]) for name in one.params)


def test_a_run_does_not_depend_on_how_it_is_cut() -> None:
    whole, cut = trained(HUMPS, 30), trained(HUMPS, 0)
    for steps in (7, 0, 1, 22):
        cut = pickle.loads(pickle.dumps(amortized.advance(cut, steps)))
    assert same(whole, cut)
    with torch.inference_mode():
        assert same(whole, trained(HUMPS, 30))
    assert not same(whole, trained(HUMPS, 30, seed=1))


@pytest.mark.parametrize("model", [LECTURE, LINE, HUMPS, PARABOLA, BOTH], ids=str)
def test_the_gap_splits_into_two_parts(model: elbo.NormalModel) -> None:
    found = amortized.sweep(trained(model, 60), XS)
    assert bool((found.approximation >= 0).all())
    assert bool((found.amortization >= 0).all())
    total = found.approximation + found.amortization
    assert torch.allclose(total, found.log_evidence - found.bound, atol=3e-9)
    for i in (0, 7, 14):
        x = float(XS[i])
        parts = elbo.elbo(model, x, elbo.Gaussian(found.mean[i], found.sd[i]))
        assert float(found.bound[i]) == pytest.approx(parts.bound, rel=1e-9, abs=1e-8)
        best = elbo.gaussian_fits(model, x).reverse[0]
        assert float(found.best_bound[i]) == pytest.approx(best.bound, abs=1e-7)
        assert float(found.log_evidence[i]) == pytest.approx(model.log_evidence(x), abs=1e-9)


def test_the_linear_encoder_of_a_linear_model_closes_the_gap() -> None:
    """The exact posterior's mean is linear in x and its deviation constant."""
    before = amortized.sweep(trained(LECTURE, 0, hidden=0), XS)
    after = amortized.sweep(trained(LECTURE, 800, hidden=0, batch=128), XS)
    assert float(after.approximation.max()) == 0
    assert float(before.amortization.mean()) > 0.3
    assert float(after.amortization.max()) < 0.02
    assert torch.allclose(after.best_mean, XS / 2, atol=1e-6)
    assert torch.allclose(after.best_sd, torch.full_like(XS, 0.5**0.5), atol=1e-6)


def test_a_linear_encoder_is_not_enough_for_two_humps() -> None:
    model = elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.4, 0.4))
    linear, wider = (amortized.sweep(trained(model, 500, hidden=hidden, batch=128), XS) for hidden in (0, 16))
    assert float(wider.amortization.mean()) < float(linear.amortization.mean())
    assert float(linear.approximation.max()) > 0.05       # no Gaussian is a posterior of two humps


def test_losses_are_estimates_of_minus_the_bound() -> None:
    run = trained(LECTURE, 600)
    assert float(run.losses[-100:].mean()) < float(run.losses[:20].mean())
    entropy = 0.5 * (1 + torch.log(torch.tensor(2 * torch.pi * 2)))        # of x ~ N(0, 2): the least loss
    last = run.losses[-200:]
    assert float(last.mean()) == pytest.approx(float(entropy), abs=4 * float(last.std()) / 200**0.5)


def test_a_foreign_encoder_is_an_error() -> None:
    run = trained(LECTURE, 1)
    for wrong in (run._replace(params={}), run._replace(params={**run.params, "b": torch.zeros(3)}), None):
        with pytest.raises(DgmError):
            amortized.encode(wrong, [0.0])


def test_the_best_gaussian_is_found_from_an_encoder_in_the_wrong_hump() -> None:
    model = elbo.NormalModel((0.9, 0.1), (-3.0, 1.0), (0.4, 0.4))
    run = trained(model, 0, hidden=0)
    wrong = run._replace(params={"W": torch.zeros(2, 1), "b": torch.tensor([1.0, -1.0])})
    found = amortized.sweep(wrong, [-1.0, -1.5])
    assert bool((found.best_mean < -1).all())
    for i, x in enumerate((-1.0, -1.5)):
        assert float(found.best_bound[i]) == pytest.approx(elbo.gaussian_fits(model, x).reverse[0].bound, abs=1e-7)
