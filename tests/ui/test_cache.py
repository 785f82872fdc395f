"""ui.cache: tensors are keys by value; copied results can be changed, shared ones are one object."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from ui import cache


@pytest.mark.parametrize("decorator", [cache.copied, cache.shared])
def test_equal_tensors_are_one_argument(decorator: Callable[..., Any]) -> None:
    calls = []

    @decorator(entries=8)
    def total(x: torch.Tensor) -> float:
        calls.append(x)
        return float(x.sum())

    x = torch.arange(4.0)
    assert total(x) == total(x.clone()) == total(torch.arange(8.0)[::2] / 2) == 6.0
    assert len(calls) == 1
    for other in (x + 1, x.reshape(2, 2), x.double()):
        total(other)
    assert len(calls) == 4


def test_copied_results_are_copies_and_shared_ones_are_not() -> None:
    def numbers(n: int) -> list[int]:
        return list(range(n))

    copied, shared = cache.copied(entries=1)(numbers), cache.shared(entries=1)(numbers)
    assert copied(3) == shared(3) == [0, 1, 2]
    assert copied(3) is not copied(3)
    assert shared(3) is shared(3)
