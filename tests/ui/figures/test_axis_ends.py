"""Ends of axes: outside of what is shown, and the same after a small change."""

import itertools

import numpy as np
import pytest

from ui.figures.axis_ends import PREFERRED, steady_span, steady_top


@pytest.mark.parametrize("value", np.geomspace(1e-9, 1e9, 400))
def test_the_top_is_not_below_the_value_nor_far_above_it(value: float) -> None:
    steps = [after / before for before, after in itertools.pairwise(PREFERRED)]
    assert value * (1 - 1e-9) <= steady_top(float(value)) <= value * max(steps) * (1 + 1e-9)


def test_a_preferred_number_is_its_own_top() -> None:
    assert [steady_top(number) for number in PREFERRED[:-1]] == list(PREFERRED[:-1])


@pytest.mark.parametrize("low", np.linspace(-50, 50, 41))
@pytest.mark.parametrize("width", [1e-6, 0.3, 7.0, 2000.0])
def test_a_span_contains_what_is_shown_and_little_more(low: float, width: float) -> None:
    start, end = steady_span(float(low), float(low + width))
    step = steady_top(width / 8)
    assert start <= low + 1e-8 * step
    assert end >= low + width - 1e-8 * step
    assert end - start <= width + 2 * step + 1e-9 * abs(low)


def test_ends_stand_still_in_most_small_changes() -> None:
    """A change moves an end only where a multiple of the step lies between."""
    width, change = 8.0, 0.08
    spans = [steady_span(low, low + width) for low in np.arange(-100, 100, change)]
    moved = sum(before != after for before, after in itertools.pairwise(spans))
    assert 0 < moved / len(spans) < 2 * change / steady_top(width / 8)
