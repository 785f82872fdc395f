"""Draws against enumeration, the cache against single passes, and completions against the exact conditional."""

import math
import time

import numpy as np
import pytest
import torch

from dgm import autoregressive
from dgm.errors import DgmError
from tests.dgm.autoregressive.test_models import HIDDEN, X, random_model

SMALL = X[:, :6]
ALL = autoregressive.all_images(6)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("order", ["rows", "spiral", "random"])
def test_moments_of_draws_are_those_of_enumeration(hidden: tuple[int, ...], order: str) -> None:
    n, model = 10_000, random_model(hidden, order, SMALL)
    p = autoregressive.log_prob(model, ALL).exp()
    x = autoregressive.sample(model, n, seed=1)
    for of in (lambda image: image, lambda image: image[:, :, None] * image[:, None, :]):
        exact = torch.tensordot(p, of(ALL), 1)
        error = (exact * (1 - exact) / n).sqrt()
        assert bool(((of(x).mean(0) - exact).abs() <= 4.5 * error + 1e-12).all())


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_cache_gives_the_conditionals_of_one_pass(hidden: tuple[int, ...]) -> None:
    model = random_model(hidden, "random")
    for seed in range(5):
        path = autoregressive.path(model, seed)
        image = autoregressive.path_image(path, 12)
        np.testing.assert_allclose(path.p, autoregressive.conditionals(model, image[None])[0][path.order], atol=1e-12)
        assert bool(((path.u < path.p) == (path.x == 1)).all())
        assert float(path.log_terms.sum()) == pytest.approx(float(autoregressive.log_prob(model, image[None])[0]))


def test_the_image_grows_pixel_by_pixel() -> None:
    path = autoregressive.path(random_model((9,), "columns"), 3)
    for steps in range(13):
        image = autoregressive.path_image(path, steps)
        assert set(torch.nonzero(image >= 0).flatten().tolist()) == set(path.order[:steps].tolist())
        assert image[path.order[:steps]].tolist() == path.x[:steps].tolist()


def test_a_larger_call_begins_with_the_same_images() -> None:
    model = random_model((9,), "rows")
    assert torch.equal(autoregressive.sample(model, 20, 3)[:5], autoregressive.sample(model, 5, 3))
    assert torch.equal(autoregressive.path_image(autoregressive.path(model, 3), 12),
                       autoregressive.sample(model, 1, 3)[0])


@pytest.mark.parametrize("known", [[0, 1], [2, 5], [5], [0, 3, 4], []])
@pytest.mark.parametrize("hidden", [(), (30,)])
def test_completions_have_the_exact_conditional(known: list[int], hidden: tuple[int, ...]) -> None:
    model = random_model(hidden, "rows", SMALL)
    held = torch.zeros(6, dtype=torch.bool)
    held[known] = True
    image = torch.tensor([1.0, 0, 1, 1, 0, 1])
    agree = (ALL[:, held] == image[held]).all(1)
    p = autoregressive.log_prob(model, ALL).exp() * agree
    exact = (p / p.sum()) @ ALL
    n, drawn = 4000, 40_000
    found = autoregressive.complete(model, image, held, n, seed=2, drawn=drawn)
    assert found.exact == (known in ([0, 1], []))
    assert bool((found.x[:, held] == image[held]).all())
    error = (exact * (1 - exact).clamp_min(0) * (1 / n + (0 if found.exact else 1 / found.effective))).sqrt()
    assert bool(((found.x.mean(0) - exact).abs() <= 4.5 * error + 1e-12).all())


def test_unknown_pixels_may_be_missing() -> None:
    model, x, known = random_model((), "rows", SMALL), torch.tensor([1.0, 0, 1, 1, 0, 1]), torch.arange(6) < 3
    gone = torch.where(known, x, math.nan)
    found, whole = (autoregressive.complete(model, image, known, 5) for image in (gone, x))
    assert torch.equal(found.x, whole.x)
    with pytest.raises(DgmError, match="missing"):
        autoregressive.complete(model, gone, ~known, 5)


def test_the_effective_number_is_between_one_and_all() -> None:
    model = random_model((), "rows", SMALL)
    found = autoregressive.complete(model, torch.ones(6), [0, 0, 0, 0, 0, 1], 10, drawn=500)
    assert 1 <= found.effective <= 500
    assert not found.exact
    assert found.drawn == 500


def test_a_thousand_digits_are_drawn_at_once() -> None:
    model = autoregressive.pretrained("made")
    autoregressive.sample(model, 10)
    begin = time.process_time()
    x = autoregressive.sample(model, 1000, seed=1)
    assert time.process_time() - begin < 1.5      # 0.1 s on an idle core; the benchmark measures it
    assert x.shape == (1000, 64)
    mean = float(autoregressive.log_prob(model, x).mean())
    assert math.isfinite(mean)
