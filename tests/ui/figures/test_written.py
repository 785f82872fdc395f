"""Numbers as texts: shares that add up as written, and the browser's texts beside Python's."""

import pytest

from tests.ui.take_home.node import script
from ui.figures import written

VALUES = (0.0, 1.0, -2.35, 4.9e-8, 3.8e-6, 0.00012, -0.00012, 0.5, 99.6, 1234.6, -1.234e7, 1e-300)
FILES = ("live_figure/placed.js", "live_figure/follow_q.js")


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
@pytest.mark.parametrize("value", VALUES)
def test_the_browser_writes_numbers_as_python_does(value: float, digits: int) -> None:
    found = script("written", *FILES)(value, digits)
    assert found == written.written(value, f".{digits}g")
    assert "e" not in found


@pytest.mark.parametrize("weights", [[0.206, 0.487, 0.307], [1.0], [1 / 3] * 3, [1 / 12] * 12, [0.005, 0.995],
                                     [0.125, 0.125, 0.75]])
def test_shares_add_up_and_are_nearly_their_values(weights: list[float]) -> None:
    texts = written.shares(weights)
    assert sum(round(100 * float(text)) for text in texts) == 100
    assert all(abs(float(text) - weight) < 0.01 for text, weight in zip(texts, weights, strict=True))
