"""dgm.gradients_terms: orders, signs, means and variances of the terms; and the VAE's signal-to-noise ratios."""

import pytest
import torch

from dgm import datasets, gradients_vae, runtime, vae, vae_run
from dgm.gradients import COSTS, Gaussian, exact, noise
from dgm.gradients_formula import formula
from dgm.gradients_terms import anatomy


@pytest.mark.parametrize("parameter", ["mu", "sigma"])
def test_a_parabola_has_no_higher_orders(parameter: str) -> None:
    for s in (0.1, 1.0):
        a = anatomy(COSTS["general quadratic"](0.7, -1.1, 2.0), Gaussian(0.4, s), parameter)
        assert sum(t.curve for t in a.terms).tolist() == pytest.approx(a.estimate.tolist(), rel=1e-9)
        assert a.rest == pytest.approx(0.0, abs=1e-9 * a.variance)
        assert sum(t.mean for t in a.terms) == pytest.approx(a.gradient)


@pytest.mark.parametrize("parameter", ["mu", "sigma"])
def test_moments_of_terms_against_sampling(parameter: str) -> None:
    q, u = Gaussian(0.4, 0.3), noise(200_000, 3)
    a = anatomy(formula("exp(-x**2) + 1"), q, parameter)
    shape = {"mu": (u, u**2, u**3), "sigma": (u**2 - 1, u * (u**2 - 1), u**2 * (u**2 - 1))}[parameter]
    for term, power in zip(a.terms, shape, strict=True):
        scale = term.curve[-1] / {"mu": (3.2, 3.2**2, 3.2**3),
                                  "sigma": (9.24, 3.2 * 9.24, 10.24 * 9.24)}[parameter][a.terms.index(term)]
        drawn = scale * power
        assert abs(drawn.mean() - term.mean) < 4 * drawn.std() / len(u) ** 0.5
        spread = ((drawn - drawn.mean()) ** 4).mean().sqrt() / len(u) ** 0.5
        assert abs(drawn.var() - term.variance) < 4 * spread


def test_orders_in_sigma() -> None:
    """Halving sigma quadruples the variance of the first term, keeps the second, quarters the third."""
    wide, narrow = (anatomy(COSTS["cosine"](1.0), Gaussian(0.4, s)) for s in (0.2, 0.1))
    ratios = [n.variance / w.variance for n, w in zip(narrow.terms, wide.terms, strict=True)]
    assert ratios == pytest.approx([4.0, 1.0, 0.25], rel=1e-8)
    assert [t.flips for t in wide.terms] == [True, False, True]
    law = exact("log-derivative", COSTS["cosine"](1.0), Gaussian(0.4, 0.1))
    assert narrow.variance == pytest.approx(law.variance[0].item())
    with pytest.raises(ValueError, match="mu or sigma"):
        anatomy(COSTS["cosine"](1.0), Gaussian(0.4, 0.1), "phi")


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return datasets.binarise(datasets.load("digits").x)[:300]


def test_both_vae_gradients_have_one_mean(digits: torch.Tensor) -> None:
    checkpoint = vae.init(vae.Config(hidden=8, latent=1, batch=16), digits)
    found = {name: gradients_vae.gradients(checkpoint, digits, name, 300)["encoder.out.bias"].double()
             for name in gradients_vae.NAMES}
    one, other = found.values()
    gap = one - other     # same images, same eps
    assert (gap.mean(0).abs() < 4 * gap.std(0) / len(gap) ** 0.5).all()
    assert one.var(0).sum() > 10 * other.var(0).sum()


def test_gradient_is_that_of_the_bound_with_its_kl(digits: torch.Tensor) -> None:
    """The one mini-batch written out with torch's own Gaussian and Bernoulli."""
    checkpoint = vae.init(vae.Config(hidden=8, latent=2, batch=16), digits)
    found = gradients_vae.gradients(checkpoint, digits, "reparametrization", 1, seed=4)
    rng = runtime.generator(4, 7, 0)
    batch = digits[torch.randint(len(digits), (16,), generator=rng)].float()
    eps = torch.randn(16, 2, generator=rng)
    params = {name: value.clone().requires_grad_() for name, value in checkpoint.params.items()}
    h = torch.tanh(batch @ params["encoder.hidden.weight"].T + params["encoder.hidden.bias"])
    mean, raw = (h @ params["encoder.out.weight"].T + params["encoder.out.bias"]).chunk(2, 1)
    scale = (0.5 * 12 * torch.tanh(raw / 12)).exp()
    g = torch.tanh((mean + scale * eps) @ params["decoder.hidden.weight"].T + params["decoder.hidden.bias"])
    logits = g @ params["decoder.out.weight"].T + params["decoder.out.bias"]
    recon = torch.distributions.Bernoulli(logits=logits).log_prob(batch).sum(1)
    kl = torch.distributions.kl_divergence(torch.distributions.Normal(mean, scale), torch.distributions.Normal(0.0, 1.0))
    (recon - kl.sum(1)).mean().backward()
    for name, rows in found.items():
        assert torch.allclose(rows[0], params[name].grad, rtol=1e-3, atol=1e-5), name


def test_ratio_of_known_rows() -> None:
    rows = torch.tensor([3.0, 4.0]) + 0.5 * torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    signal, spread = gradients_vae.ratio(rows)
    assert signal.item() == pytest.approx(5.0, abs=4 * 0.5 / 20_000**0.5)
    assert spread.item() == pytest.approx(0.5 * 2**0.5, rel=0.03)


def test_a_duel_does_not_see_its_cuts() -> None:
    images = vae_run.Images("digits")
    start = gradients_vae.start(vae.Config(hidden=8, latent=2, batch=32), images, every=10)
    whole = gradients_vae.advance(start, images, 20)
    cut = gradients_vae.advance(gradients_vae.advance(start, images, 7), images, 13)
    assert [r.step for r in whole.records] == [r.step for r in cut.records] == [0, 10, 20]
    for one, other in zip(whole.records, cut.records, strict=True):
        assert one.bounds == other.bounds
        assert torch.equal(one.signal.ratio, other.signal.ratio)
        assert one.signal.ratio.shape == (2, 4)
        assert one.signal.layers[0] == "encoder.hidden.weight"
        assert (one.signal.ratio[1] > one.signal.ratio[0]).all(), "reparametrization is the quieter one in every layer"
    assert whole.records[0].bounds[0] == pytest.approx(whole.records[0].bounds[1]), "same start"
    assert whole.runs[0].config.gradient == "log-derivative"


def test_border(digits: torch.Tensor) -> None:
    checkpoint = vae.init(vae.Config(hidden=8, latent=1, batch=16), digits)
    with pytest.raises(ValueError, match="at least 2"):
        gradients_vae.measure(checkpoint, digits, repeats=1)
    with pytest.raises(ValueError, match="choose one of"):
        gradients_vae.gradients(checkpoint, digits, "measure-valued", 2)
    with pytest.raises(ValueError, match="at least 1"):
        gradients_vae.start(vae.Config(), vae_run.Images("digits"), every=0)
