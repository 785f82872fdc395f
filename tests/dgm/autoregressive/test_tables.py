"""Full tables: products of conditionals, any joint in any order, draws, counts."""

import math

import numpy as np
import pytest
import torch

from dgm import autoregressive
from dgm.errors import ArgumentError, DataError

JOINT = torch.rand(2, 2, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
JOINT = JOINT / JOINT.sum()
ORDERS = [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)]


@pytest.mark.parametrize("order", ORDERS)
def test_every_joint_is_a_product_of_conditionals_in_every_order(order: tuple[int, ...]) -> None:
    table = autoregressive.table_of(JOINT, order)
    np.testing.assert_allclose(table.joint(), JOINT, rtol=1e-13)
    assert float(table.joint().sum()) == pytest.approx(1, abs=1e-14)


def test_conditionals_are_shares_of_the_joint() -> None:
    table = autoregressive.table_of(JOINT, (2, 0, 1))
    assert float(table.conditionals[0][0]) == pytest.approx(float(JOINT[:, :, 1].sum()))
    # of conditionals[1] the index is the bit of pixel 2; of conditionals[2] the bits of pixels 2 and 0
    assert float(table.conditionals[1][1]) == pytest.approx(float(JOINT[1, :, 1].sum() / JOINT[:, :, 1].sum()))
    assert float(table.conditionals[2][0b10]) == pytest.approx(float(JOINT[0, 1, 1] / JOINT[0, :, 1].sum()))


@pytest.mark.parametrize("order", ORDERS)
def test_log_prob_and_path_agree_with_the_joint(order: tuple[int, ...]) -> None:
    table = autoregressive.table_of(JOINT, order)
    x = autoregressive.all_images(3)
    np.testing.assert_allclose(table.log_prob(x).exp(), JOINT.flatten(), rtol=1e-13)
    for image in x:
        path = table.path(image)
        assert path.order.tolist() == list(order)
        assert path.x.tolist() == image[list(order)].tolist()
        assert float(path.log_terms.sum()) == pytest.approx(float(table.log_prob(image[None])[0]))


@pytest.mark.parametrize("order", ORDERS)
def test_draws_have_the_joint_probabilities(order: tuple[int, ...]) -> None:
    n, table = 20_000, autoregressive.table_of(JOINT, order)
    x = table.sample(n, seed=2)
    shares = autoregressive.fit_table(x).joint()
    errors = (JOINT * (1 - JOINT) / n).sqrt()
    assert bool(((shares - JOINT).abs() < 4.5 * errors).all())


def test_the_fit_has_the_largest_likelihood() -> None:
    x = autoregressive.table_of(JOINT).sample(200, seed=1)
    best = autoregressive.fit_table(x, (1, 0, 2))
    counts = torch.tensor([float((x == image).all(1).sum()) for image in autoregressive.all_images(3)])
    np.testing.assert_allclose(best.joint().flatten(), counts / 200, atol=1e-15)
    found = float(best.log_prob(x).sum())
    for place in range(3):
        for index in range(2**place):
            for change in (-0.02, 0.02):
                moved = float(best.conditionals[place][index]) + change
                if 0 <= moved <= 1:
                    assert float(best.with_conditional(place, index, moved).log_prob(x).sum()) < found


def test_a_moved_conditional_changes_what_comes_after_alone() -> None:
    before = autoregressive.table_of(JOINT)
    after = before.with_conditional(2, 3, 0.9)
    assert float(after.joint()[1, 1, 1]) == pytest.approx(0.9 * float(JOINT[1, 1].sum()))
    np.testing.assert_allclose(after.joint()[0], before.joint()[0], rtol=1e-14)
    np.testing.assert_allclose(after.joint().sum(2), before.joint().sum(2), rtol=1e-14)
    assert float(before.conditionals[2][3]) != 0.9


def test_impossible_images() -> None:
    table = autoregressive.table_of([[0.0, 0.0], [0.25, 0.75]])
    assert float(table.log_prob([[0, 1]])[0]) == -math.inf
    assert float(table.conditionals[1][0]) == 0.5
    np.testing.assert_allclose(autoregressive.fit_table([[0, 0]], pseudo=1).joint(), [[0.4, 0.2], [0.2, 0.2]])


def test_wrong_tables_are_an_error() -> None:
    for order, tables in [((0, 0), ([0.5], [0.5, 0.5])), ((0, 1), ([0.5],)), ((0,), ())]:
        with pytest.raises(ArgumentError):
            autoregressive.Table(order, tables)
    with pytest.raises(DataError):
        autoregressive.Table((0,), ([1.5],))
    with pytest.raises(DataError):
        autoregressive.table_of([[0.5, -0.5], [1, 0]])
    with pytest.raises(DataError):
        autoregressive.fit_table(torch.zeros(2, 13))
