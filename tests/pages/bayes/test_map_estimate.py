"""pages.bayes.map_estimate: the number by which MAPs over two axes are compared."""

import pytest
import torch

from dgm import bayes
from pages.bayes.map_estimate import compared_number


def test_compared_number() -> None:
    numbers = [compared_number(row.theta) for row in bayes.map_rows(bayes.NormalInverseGamma(0, 1, 2, 3))]
    assert numbers == pytest.approx([3 / 3.5, 3 / 3, 3 / 2.5])
    assert compared_number(None) is None
    assert compared_number(torch.tensor([0.2, 0.8])) == pytest.approx(0.2)
