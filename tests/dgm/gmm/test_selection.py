"""Choosing K: criteria, folds and the held-out log-likelihood."""

import pytest
import torch

from dgm import gmm
from dgm.datasets import load
from dgm.gmm import selection


def test_candidates_find_the_number_of_clusters() -> None:
    x = load("three-clusters").x
    row = [selection.candidate(x, k, restarts=2, tol=1e-4) for k in (1, 2, 3, 4)]
    assert selection.best(row).k == 3
    assert selection.best(row, "held_out").k >= 3
    assert row[2].held_out > row[1].held_out + 2 * row[1].held_out_error
    assert [one.log_lik for one in row] == sorted(one.log_lik for one in row)
    for one in row:
        assert one.bic_per_point < one.aic_per_point < one.log_lik
        assert one.held_out < one.log_lik


def test_held_out_points_take_no_part_in_the_fit() -> None:
    x = load("faithful").x
    values = selection.held_out(x, 2, count=4, seed=3, tol=1e-4)
    rows = selection.folds(len(x), 4, 3)
    assert sorted(torch.cat(rows).tolist()) == list(range(len(x)))
    fitted = torch.ones(len(x), dtype=torch.bool)
    fitted[rows[1]] = False
    theta = gmm.fit(x[fitted], 2, seed=3, tol=1e-4).params
    torch.testing.assert_close(values[rows[1]], gmm.log_prob(x[rows[1]], theta))
    with pytest.raises(ValueError, match="choose 2 to"):
        selection.folds(3, 4)
    with pytest.raises(ValueError, match="one of aic_per_point, bic_per_point, held_out"):
        selection.best([], "mdl")
