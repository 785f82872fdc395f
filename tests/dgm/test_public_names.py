"""The names that scripts and other projects rely on, each used once the way its docstring says."""

import inspect
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import torch

from dgm import autoregressive, bayes, datasets, elbo, gmm, gradients, jobs, likelihood, ppca, vae
from dgm.ppca import convergence

X = datasets.load("faithful").x


@pytest.mark.parametrize("topic", [autoregressive, bayes, datasets, elbo, gmm, gradients, jobs, likelihood, ppca,
                                   vae])
def test_a_topic_shows_its_public_names_and_no_module(topic: ModuleType) -> None:
    assert set(dir(topic)) == set(topic.__all__)
    assert not [name for name in dir(topic) if isinstance(getattr(topic, name), ModuleType)]


def test_datasets() -> None:
    data = datasets.load("iris", seed=0)
    assert data.name == "iris"
    assert data.x.shape == (150, 4)
    assert data.labels.shape == (150,)
    assert data.image_shape is None
    assert {"faithful", "iris", "wine"} <= set(datasets.names("points"))
    assert {"digits", "mnist-5k", "mnist", "fashion-mnist"} <= set(datasets.names("images"))
    assert datasets.is_local("iris")
    assert list(datasets.fetch("iris")) == []
    assert [len(rows) for rows in data.split()] == [105, 15, 30]


@pytest.mark.parametrize("x", [X, X.numpy(), X.float()], ids=["float64", "numpy", "float32"])
def test_gmm(x: torch.Tensor | np.ndarray) -> None:
    params = gmm.init(x, 2, seed=0, method="k-means++")
    assert isinstance(params, gmm.Params)
    assert params._fields == ("log_weights", "means", "covs")
    steps = gmm.em(x, params, covariance="full", floor=0)
    first, second = next(steps), next(steps)
    assert first.resp.shape == (272, 2)
    assert second.log_lik > first.log_lik
    fitted = gmm.fit(x, 2, covariance="full", restarts=1, seed=0, tol=1e-8, max_steps=200)
    assert fitted.resp.shape == (272, 2)
    log_prob = gmm.log_prob(x, fitted.params)
    assert log_prob.shape == (272,)
    assert float(torch.as_tensor(log_prob).mean()) == pytest.approx(float(fitted.log_lik), abs=1e-6)


@pytest.mark.parametrize("x", [X, X.numpy(), X.float()], ids=["float64", "numpy", "float32"])
def test_ppca(x: torch.Tensor | np.ndarray) -> None:
    params = ppca.fit(x, 1)
    assert params._fields[:3] == ("mean", "W", "sigma2")
    assert (params.mean.shape, params.W.shape) == ((2,), (2, 1))
    assert ppca.log_prob(x, params).shape == (272,)
    assert next(ppca.em(x, 1, expanded=False, seed=0)) is not None
    posterior = ppca.posterior(x, params)
    assert posterior.mean.shape == (272, 1)


def test_gradients() -> None:
    q = gradients.Gaussian(0.5, 1.0)
    eps = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert {"quadratic", "exponential", "cosine"} <= set(gradients.COSTS)
    names = {"log-derivative", "log-derivative + best baseline", "log-derivative + leave-one-out", "reparametrization"}
    assert names <= set(gradients.ESTIMATORS)
    for name in names:
        for cost in ("quadratic", "exponential", "cosine"):
            made = gradients.COSTS[cost](1.3)
            assert gradients.ESTIMATORS[name](made, q, eps).shape == (1000, 2)
            moments = gradients.exact(name, made, q, samples=5)
            assert moments.mean.shape == moments.variance.shape == (2,)


def test_bayes() -> None:
    coin = bayes.BetaBernoulli(2.0, 3.0)
    data = torch.tensor([1.0, 0.0, 1.0, 1.0])
    assert isinstance(coin.posterior(data), bayes.BetaBernoulli)
    assert isinstance(coin.log_evidence(data), float)
    assert 0 < coin.posterior(data).map() < 1
    assert coin.mle(data) == pytest.approx(0.75)
    for prior in (bayes.NormalNormal(0.0, 4.0, 1.0), bayes.NormalInverseGamma(0.0, 1.0, 2.0, 2.0)):
        predictive = prior.posterior(data).predictive()
        assert torch.isfinite(torch.as_tensor(predictive.log_prob(torch.tensor(0.3))))
        assert predictive.variance > 0
    assert bayes.LinearRegression(alpha=1.0, beta=2.0) is not None


def test_vae() -> None:
    x = datasets.binarise(datasets.load("digits").x[:100])
    checkpoint = vae.advance(vae.init(vae.Config(hidden=16), x), x, 3)
    recon, kl = vae.elbo_terms(checkpoint, x)
    assert recon.shape == kl.shape == (100,)
    assert vae.iwae_bound(checkpoint, x, 5, 0).shape == (100,)
    assert vae.decode(checkpoint, vae.encode(checkpoint, x).mean).shape == x.shape
    assert vae.sample(checkpoint, 4, 0).shape == (4, 64)
    again = vae.load(vae.save(checkpoint))
    assert all(torch.equal(again.params[name], value) for name, value in checkpoint.params.items())
    assert vae.pretrained("digits").config.latent == 2


def test_likelihood() -> None:
    x = likelihood.load_column("waiting")
    best = likelihood.fit("mixture", x)
    assert likelihood.terms(best, x).product == 0
    assert best.log_prob([60.0]).shape == (1,)
    assert best.sample(5).shape == (5,)


def test_autoregressive() -> None:
    x = datasets.binarise(datasets.load("digits").x[:100])
    checkpoint = autoregressive.advance(autoregressive.init(autoregressive.Config(hidden=(16,)), x), x, 3)
    assert autoregressive.log_prob(checkpoint, x).shape == (100,)
    assert autoregressive.sample(checkpoint, 4).shape == (4, 64)
    assert autoregressive.load(autoregressive.save(checkpoint)).step == 3


def test_jobs() -> None:
    assert {"play", "pause", "step", "reset", "latest", "progress", "position"} <= set(dir(jobs.Run))
    assert inspect.signature(jobs.executor).parameters == {}


def test_samples_of_every_topic_are_drawn_alike() -> None:
    """sample(count, seed=0): none for a count of 0, and the same for the same seed."""
    theta = gmm.Params(torch.zeros(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
    plane, line = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0), bayes.LinearRegression(1.0, 1.0)
    made = autoregressive.init(autoregressive.Config(hidden=(4,)), torch.eye(4))
    draws = [gmm.sample, ppca.sample, vae.sample, autoregressive.sample]
    models = [theta, plane, vae.init(vae.Config(hidden=4), torch.eye(4)), made]
    called = [*((lambda *args, f=f, m=m: f(m, *args)) for f, m in zip(draws, models, strict=True)),
              line.posterior((torch.eye(2), [0.0, 1.0])).sample, likelihood.Laplace(0, 1).sample,
              elbo.Mixture([0.5, 0.5], [-1.0, 1.0], [1.0, 1.0]).sample, elbo.Histogram(0.0, 1.0, [0.5, 0.5]).sample,
              elbo.Categorical([0.5, 0.5]).sample, elbo.NormalModel().sample,
              elbo.NormalModel(curvature=0.5).posterior(1.0).sample, autoregressive.Table((0,), ([0.5],)).sample]
    for sample in called:
        for count in (0, 3):
            one, again = (found if isinstance(found, torch.Tensor) else found[0]
                          for found in (sample(count), sample(count, 0)))
            assert len(one) == count
            assert torch.equal(one, again)
    for sample in (*draws, bayes.LinearRegression.sample, likelihood.Laplace.sample, elbo.Family.sample):
        assert list(inspect.signature(sample).parameters)[1:3] == ["count", "seed"]
    assert torch.equal(gradients.noise(3), gradients.noise(3, 0))


@pytest.mark.parametrize(("function", "order"), [
    (elbo.elbo, "model x q"), (elbo.monte_carlo, "model x q samples seed"), (elbo.landscape, "model x q theta"),
    (elbo.importance_weighted, "model x q"), (elbo.coordinate_ascent, "model x q theta"),
    (vae.elbo_terms, "checkpoint x samples seed"), (vae.iwae_bound, "checkpoint x samples seed"),
    (vae.elbo_surgery, "checkpoint x samples seed")])
def test_arguments_of_one_kind_come_in_one_order(function: Callable[..., object], order: str) -> None:
    names = list(inspect.signature(function).parameters)
    assert names[:len(order.split())] == order.split()


def test_a_students_t_and_a_half_step_have_the_same_fields_everywhere() -> None:
    assert bayes.StudentT._fields == tuple(likelihood.StudentT().parameters) == ("location", "scale", "dof")
    assert {kind._fields[:2] for kind in (gmm.HalfStep, elbo.HalfStep, convergence.HalfStep)} == {("kind", "step")}
