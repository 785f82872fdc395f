"""ui.cache: tensors are keys by value; copied results can be changed, shared ones are one object."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.runtime.caching import cache_resource_api

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


def test_own_results_are_replaced_by_the_same_session_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    session, calls = ["first"], []
    monkeypatch.setattr(cache_resource_api, "get_session_id_or_throw", lambda: session[0])

    @cache.own(entries=2)
    def squared(n: int) -> int:
        calls.append((session[0], n))
        return n * n

    squared(1)
    session[0] = "other"
    assert [squared(n) for n in (1, 2, 3, 4)] == [1, 4, 9, 16]
    session[0] = "first"
    assert squared(1) == 1
    assert calls == [("first", 1), *(("other", n) for n in (1, 2, 3, 4))]
