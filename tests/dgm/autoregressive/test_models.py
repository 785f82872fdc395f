"""Masked networks: probabilities that sum to 1, conditionals that see earlier pixels alone, any order."""

import numpy as np
import pytest
import torch

from dgm import autoregressive, datasets
from dgm.autoregressive.model import logits, masks
from dgm.errors import ArgumentError, DataError

HIDDEN = [(), (7,), (30,), (9, 20)]
X = (torch.rand(40, 12, generator=torch.Generator().manual_seed(3)) < 0.4).float()


def random_model(hidden: tuple[int, ...], order: str, x: torch.Tensor = X) -> autoregressive.Checkpoint:
    """Weights far from 0, so that each dependence that the masks allow shows."""
    config = autoregressive.Config(hidden=hidden, order=order, order_seed=4, dtype="float64")
    model = autoregressive.init(config, x)
    g = torch.Generator().manual_seed(1)
    average = {name: torch.randn(value.shape, generator=g, dtype=torch.float64)
               for name, value in model.average.items()}
    return model._replace(average=average)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("order", autoregressive.ORDERS)
def test_probabilities_of_all_images_sum_to_one(hidden: tuple[int, ...], order: str) -> None:
    model = random_model(hidden, order)
    total = autoregressive.log_prob(model, autoregressive.all_images(12)).exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("pixels", range(1, 7))
def test_they_sum_to_one_for_any_number_of_pixels(pixels: int) -> None:
    for hidden in HIDDEN:
        model = random_model(hidden, "reversed", X[:, :pixels])
        total = autoregressive.log_prob(model, autoregressive.all_images(pixels)).exp().sum()
        assert float(total) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("order", autoregressive.ORDERS)
def test_no_gradient_reaches_a_pixel_that_is_not_before(hidden: tuple[int, ...], order: str) -> None:
    """d logit_i / d x_j = 0 for j at i or later, by autograd; for earlier j it is not, and `dependencies` says so."""
    model = random_model(hidden, order)
    masked = masks(model.config, 12)
    jacobian = torch.zeros(12, 12, dtype=torch.bool)
    for row in X[:20].double():
        found = torch.autograd.functional.jacobian(lambda x: logits(model.average, masked, x[None])[0], row)
        jacobian |= found != 0
    place = torch.empty(12, dtype=torch.long)
    place[autoregressive.order_of(model)] = torch.arange(12)
    before = place[None, :] < place[:, None]
    assert not bool(jacobian[~before].any())
    assert bool(jacobian[before].all())
    assert torch.equal(autoregressive.dependencies(model), before)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_later_pixel_does_not_change_a_conditional(hidden: tuple[int, ...]) -> None:
    model = random_model(hidden, "spiral")
    order = autoregressive.order_of(model)
    x = X[:1].clone()
    before = autoregressive.conditionals(model, x)
    for i in (0, 5, 11):
        changed = x.clone()
        changed[0, order[i:]] = 1 - changed[0, order[i:]]
        after = autoregressive.conditionals(model, changed)
        assert torch.equal(after[0, order[: i + 1]], before[0, order[: i + 1]])
        assert i == 11 or not torch.equal(after, before)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_free_parameters_are_those_that_a_gradient_reaches(hidden: tuple[int, ...]) -> None:
    model = random_model(hidden, "random")
    g, x = torch.Generator().manual_seed(0), autoregressive.all_images(12)[::3]
    seen = {name: torch.zeros(value.shape, dtype=torch.bool) for name, value in model.average.items()}
    for _ in range(12):     # a unit that is off under one draw of the weights is on under another
        params = {name: torch.randn(value.shape, generator=g, dtype=torch.float64).requires_grad_()
                  for name, value in model.average.items()}
        total = logits(params, masks(model.config, 12), x).sigmoid().sum()
        for name, slope in zip(params, torch.autograd.grad(total, list(params.values())), strict=True):
            seen[name] |= slope != 0
    found = sum(int(each.sum()) for each in seen.values())
    assert found == autoregressive.free_parameters(model.config, 12)


def test_the_order_is_honoured() -> None:
    """The same weights in another order are another distribution, whose chain rule follows that order."""
    values = [autoregressive.log_prob(random_model((), order), X) for order in ("rows", "reversed")]
    assert not torch.allclose(*values)
    model = random_model((9,), "random")
    joint = autoregressive.log_prob(model, autoregressive.all_images(12)).exp().reshape([2] * 12)
    order = autoregressive.order_of(model).tolist()
    table = autoregressive.table_of(joint, order)      # conditionals of the joint, by sums
    for image in X[:5]:
        path, exact = autoregressive.path_of(model, image), table.path(image)
        np.testing.assert_allclose(path.p, exact.p, atol=1e-10)
        assert path.order.tolist() == order


def test_made_without_hidden_units_is_the_logistic_model() -> None:
    """By hand: the logit of a pixel is linear in those before it; and MADE with idle hidden units is the same."""
    plain = random_model((), "columns")
    order = autoregressive.order_of(plain).tolist()
    image = X[3].double()
    for place, pixel in enumerate(order):
        seen = order[:place]
        logit = plain.average["out.bias"][pixel] + plain.average["skip.weight"][pixel, seen] @ image[seen]
        assert float(autoregressive.conditionals(plain, image[None])[0, pixel]) == pytest.approx(float(logit.sigmoid()))
    made = random_model((9,), "columns")
    idle = made._replace(average={**made.average, **plain.average,
                                  "out.weight": torch.zeros_like(made.average["out.weight"])})
    np.testing.assert_allclose(autoregressive.log_prob(idle, X), autoregressive.log_prob(plain, X), rtol=1e-14)


def test_the_logistic_model_is_scikit_learns_logistic_regression() -> None:
    """Trained to the end on one pixel given the others, both find the same maximum."""
    from sklearn.linear_model import LogisticRegression

    x = datasets.binarise(datasets.load("digits").x)[:, 18:22]
    model = autoregressive.init(autoregressive.Config(batch=0, learning_rate=0.05, average=0.0, dtype="float64"), x)
    model = autoregressive.advance(model, x, 1500)
    peer = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, :3].numpy(), x[:, 3].numpy())
    np.testing.assert_allclose(model.average["skip.weight"][3, :3], peer.coef_[0], atol=1e-3)
    assert float(model.average["out.bias"][3]) == pytest.approx(float(peer.intercept_[0]), abs=1e-3)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_order_of_a_batch_does_not_matter(hidden: tuple[int, ...]) -> None:
    model = random_model(hidden, "rows")
    rows = torch.randperm(40, generator=torch.Generator().manual_seed(5))
    np.testing.assert_allclose(autoregressive.log_prob(model, X[rows]), autoregressive.log_prob(model, X)[rows],
                               rtol=1e-12)
    alone = torch.cat([autoregressive.log_prob(model, image[None]) for image in X])
    np.testing.assert_allclose(alone, autoregressive.log_prob(model, X), rtol=1e-12)


def test_terms_add_to_log_p() -> None:
    model = random_model((9, 20), "random")
    p, terms = autoregressive.conditionals(model, X), autoregressive.log_terms(model, X)
    np.testing.assert_allclose(terms.exp(), torch.where(X == 1, p, 1 - p), atol=1e-14)
    assert bool(terms.isfinite().all())      # also where 1 - p is 0 to rounding
    np.testing.assert_allclose(terms.sum(1), autoregressive.log_prob(model, X), rtol=1e-13)


def test_a_new_model_has_independent_pixels() -> None:
    x = datasets.binarise(datasets.load("digits").x)
    for hidden in HIDDEN:
        p = autoregressive.conditionals(autoregressive.init(autoregressive.Config(hidden=hidden), x), x[:3])
        np.testing.assert_allclose(p, x.double().mean(0).clamp(0.01, 0.99).expand(3, 64), atol=1e-6)


def test_independent_pixels_by_hand() -> None:
    train, x = X[:30].double(), X[30:].double()
    p = (train.sum(0) + 1) / 32
    exact = (x * p.log() + (1 - x) * (1 - p).log()).sum(1)
    np.testing.assert_allclose(autoregressive.independent(train, x), exact, rtol=1e-12)


@pytest.mark.parametrize("name", autoregressive.ORDERS)
def test_an_order_names_each_pixel_once(name: str) -> None:
    for pixels in (1, 2, 9, 12, 64, 784):
        order = autoregressive.pixel_order(name, pixels, seed=1)
        assert order.sort().values.tolist() == list(range(pixels))
    assert autoregressive.pixel_order("spiral", 9)[0] == 4


def test_wrong_input_is_an_error() -> None:
    model = random_model((), "rows")
    for wrong in (X * 0.5, X[:, :5], [[2.0] * 12]):
        with pytest.raises(DataError):
            autoregressive.log_prob(model, wrong)
    for fields in ({"hidden": (1, 2, 3)}, {"hidden": (0,)}, {"order": "zigzag"}, {"dropout": 1.0}):
        with pytest.raises(ArgumentError):
            autoregressive.Config(**fields)
    with pytest.raises(ArgumentError):
        autoregressive.log_prob(model._replace(average={}), X)
