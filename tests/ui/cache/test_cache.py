"""ui.cache: values are keys; copied results can be changed, shared ones are one object; own ones are of a session."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.runtime.caching import cache_resource_api

from ui import cache
from ui.cache.store import Store


@pytest.fixture(autouse=True)
def _empty() -> None:
    cache.clear()


@pytest.mark.parametrize("decorator", [cache.copied, cache.shared])
def test_equal_tensors_are_one_argument(decorator: Callable[..., Any]) -> None:
    calls = []

    @decorator()
    def total(x: torch.Tensor) -> float:
        calls.append(x)
        return float(x.sum())

    x = torch.arange(4.0)
    assert total(x) == total(x.clone()) == total(torch.arange(8.0)[::2] / 2) == 6.0
    assert len(calls) == 1
    for other in (x + 1, x.reshape(2, 2), x.double()):
        total(other)
    assert len(calls) == 4


def test_a_call_is_the_same_with_and_without_names_and_without_what_begins_with_an_underscore() -> None:
    calls = []

    @cache.shared()
    def sum_of(a: int, b: int, *, c: int = 0, _found: object = None) -> int:
        calls.append((a, b, c))
        return a + b + c

    assert sum_of(1, 2, c=3) == sum_of(b=2, a=1, c=3, _found=object()) == sum_of(1, c=3, b=2) == 6
    assert sum_of(2, 1, c=3) == 6
    assert calls == [(1, 2, 3), (2, 1, 3)]


def test_two_functions_have_results_of_their_own() -> None:
    assert cache.shared()(lambda n: n + 1)(1) == 2
    assert cache.shared()(lambda n: n + 2)(1) == 3


def test_copied_results_are_copies_and_shared_ones_are_not() -> None:
    def numbers(n: int) -> list[int]:
        return list(range(n))

    copied, shared = cache.copied()(numbers), cache.shared()(numbers)
    copied(3).append(5)
    copied(3).append(6)
    assert copied(3) == shared(3) == [0, 1, 2]
    assert shared(3) is shared(3)


def test_what_a_function_raises_is_raised_again_and_not_kept() -> None:
    calls = []

    @cache.shared()
    def half(n: int) -> int:
        calls.append(n)
        return 1 // n

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            half(0)
    assert calls == [0, 0]


def test_own_results_are_replaced_by_the_same_session_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    session, calls = ["first"], []
    monkeypatch.setattr(cache_resource_api, "get_session_id_or_throw", lambda: session[0])
    monkeypatch.setattr(cache, "_results", Store(cache.LIMIT, 3_500))

    @cache.own()
    def zeros(n: int) -> bytes:
        calls.append((session[0], n))
        return bytes(1000)

    zeros(1)
    session[0] = "other"
    for n in (1, 2, 3, 4):
        zeros(n)
    session[0] = "first"
    zeros(1)
    cache.clear()
    zeros(1)
    assert calls == [("first", 1), *(("other", n) for n in (1, 2, 3, 4))]
    session[0] = "other"
    zeros(1)
    assert calls[-1] == ("other", 1)
    assert len(calls) == 6


def test_one_thread_computes_while_the_others_wait() -> None:
    calls, found = [], []

    @cache.shared()
    def slow(n: int) -> object:
        calls.append(n)
        time.sleep(0.05)
        return object()

    threads = [threading.Thread(target=lambda: found.append(slow(7))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [7]
    assert len(set(map(id, found))) == 1
