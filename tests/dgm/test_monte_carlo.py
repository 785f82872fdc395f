"""monte_carlo: the average of likelihoods, its error from the spread of repeats, and no underflow."""

import math

import pytest
import torch

from dgm.errors import DataError
from dgm.monte_carlo import log_mean
from dgm.runtime import generator


def test_it_is_the_logarithm_of_the_average() -> None:
    terms = torch.rand(50, 3, generator=generator(0), dtype=torch.float64) + 0.1
    torch.testing.assert_close(log_mean(terms.log()).value, terms.mean(0).log())


def test_terms_far_below_the_smallest_number_are_averaged() -> None:
    terms = torch.randn(40, generator=generator(1), dtype=torch.float64)
    shifted = log_mean(terms - 2000.0)
    assert float(shifted.value) == pytest.approx(float(log_mean(terms).value) - 2000.0)
    assert float(shifted.error) == pytest.approx(float(log_mean(terms).error))
    assert float(log_mean(torch.full((3,), -math.inf)).value) == -math.inf


def test_the_error_is_the_spread_of_repeats() -> None:
    """Of 4000 repeats of an average of 200 terms; the spread of a standard deviation is 1 / sqrt(2 R)."""
    repeats, samples = 4000, 200
    found = log_mean(0.5 * torch.randn(samples, repeats, generator=generator(2), dtype=torch.float64))
    spread, told = float(found.value.std()), float(found.error.mean())
    assert abs(spread / told - 1) < 5 / math.sqrt(2 * repeats) + 2 / samples


def test_equal_terms_count_all_and_one_large_term_counts_alone() -> None:
    assert float(log_mean(torch.zeros(7)).effective) == pytest.approx(7.0)
    assert float(log_mean(torch.tensor([0.0, -1e3, -1e3])).effective) == pytest.approx(1.0)


def test_terms_that_are_all_zero_are_not_known_exactly() -> None:
    found = log_mean([-math.inf] * 5)
    assert [float(part) for part in found] == [-math.inf, math.inf, 0.0]


@pytest.mark.parametrize("terms", [[0.0, math.nan], [0.0, math.inf], "ab", [[0.0], [1.0, 2.0]]])
def test_what_is_no_logarithm_is_refused(terms: object) -> None:
    with pytest.raises(DataError, match="log_terms"):
        log_mean(terms)      # type: ignore[arg-type]


def test_one_term_has_no_error() -> None:
    with pytest.raises(ValueError, match="draw at least 2"):
        log_mean(torch.zeros(1))
