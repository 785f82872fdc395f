"""Every public callable of dgm with hostile arguments, and with the same numbers written in other ways.

A call may give a result without NaN, or an error of dgm.errors whose message is one sentence. Errors of torch, numpy
or Python are faults; only a wrong number of arguments is left to Python.
"""

import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.dgm.attack import (
    autoregressive_calls,
    bayes_calls,
    elbo_calls,
    gmm_calls,
    gradients_calls,
    ground_calls,
    likelihood_calls,
    ppca_calls,
    vae_calls,
)
from tests.dgm.attack.discovery import MODULES, Call, public
from tests.dgm.attack.rules import difference, equal, fault, fault_of_message, leaves, outcome
from tests.dgm.attack.values import HOSTILE, IN_FIELDS, as_array, changes, same_array, same_number

CALLS: dict[str, Callable[[], dict[str, Call]]] = {
    "autoregressive": autoregressive_calls.calls, "likelihood": likelihood_calls.calls,
    "bayes": bayes_calls.calls, "datasets": ground_calls.dataset_calls, "elbo": elbo_calls.calls,
    "gmm": gmm_calls.calls,
    "gradients": gradients_calls.calls, "ground": ground_calls.ground_calls, "jobs": ground_calls.job_calls,
    "ppca": ppca_calls.calls, "vae": vae_calls.calls,
}
CASES = [pytest.param(topic, name, id=f"{topic}-{name}") for topic in MODULES for name in public(topic)]
HUGE = ("10^20", "1e300")    # as a number of steps, years of work
PATIENCE = 3   # calls without an end, after which a callable is given up
SHOWN = 40    # faults of one callable in a report

SURROUNDINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "once more": nullcontext,
    "without gradients": torch.no_grad,
    "in inference mode": torch.inference_mode,
    "with float64 as torch's default": lambda: settings(torch.set_default_dtype, torch.float64, torch.float32),
    "with deterministic algorithms": lambda: settings(torch.use_deterministic_algorithms, True, False),
    "with numpy's errors raised": lambda: np.errstate(all="raise"),
}

Variant = tuple[str, Callable[..., Any], dict[str, Any]]


@contextmanager
def settings(change: Callable[[Any], None], inside: Any, after: Any) -> Iterator[None]:
    change(inside)
    try:
        yield
    finally:
        change(after)


@cache
def calls(topic: str) -> dict[str, Call]:
    return CALLS[topic]()


def call_of(topic: str, name: str) -> Call:
    found = calls(topic).get(name)
    assert found is not None, f"give {name} a valid call in tests/dgm/attack"
    return found


def hostile_variants(call: Call) -> Iterator[Variant]:
    """Each argument in turn, and each field of a composed one, replaced by every hostile value."""
    for name, valid in call.args.items():
        if name in call.trusted:
            continue
        for label, make in {**HOSTILE, **changes(valid)}.items():
            if name in call.steps and label in HUGE:
                continue
            yield f"{name} = {label}", call.function, {**call.args, name: make()}
        for part, old, replaced in fields_of(valid):
            if f"{name}.{part}" in call.trusted:
                continue
            inside = {label: HOSTILE[label] for label in IN_FIELDS} | changes(old)
            for label, make in inside.items():
                yield f"{name}.{part} = {label}", call.function, {**call.args, name: replaced(make())}
    yield from variants_of_self(call)


def variants_of_self(call: Call) -> Iterator[Variant]:
    """The method of a NamedTuple, each field of which is replaced in turn."""
    owner = getattr(call.function, "__self__", None)
    if call.made or not isinstance(owner, tuple):
        return
    for part, old, replaced in fields_of(owner):
        for label, make in ({label: HOSTILE[label] for label in IN_FIELDS} | changes(old)).items():
            yield f"self.{part} = {label}", getattr(replaced(make()), call.function.__name__), call.args


def fields_of(valid: Any) -> Iterator[tuple[str, Any, Callable[[Any], Any]]]:
    """Parts of a NamedTuple or of a tuple of arrays: name, value, and how to replace it."""
    if isinstance(valid, tuple) and hasattr(valid, "_fields"):
        for part in valid._fields:
            yield part, getattr(valid, part), lambda new, part=part: valid._replace(**{part: new})
    elif isinstance(valid, tuple) and as_array(valid) is None:
        for index, old in enumerate(valid):
            yield str(index), old, lambda new, index=index: (*valid[:index], new, *valid[index + 1:])


def same_variants(call: Call) -> Iterator[Variant]:
    """Each argument in turn written in another way that means the same."""
    for name, valid in call.args.items():
        if name in call.trusted:
            continue
        for label, value in same_values(valid):
            yield f"{name} as {label}", call.function, {**call.args, name: value}
        if not hasattr(valid, "_fields"):
            for part, old, replaced in fields_of(valid):
                for label, value in same_values(old):
                    yield f"{name}.{part} as {label}", call.function, {**call.args, name: replaced(value)}


def same_values(valid: Any) -> Iterator[tuple[str, Any]]:
    if as_array(valid) is not None:
        yield from same_array(valid)
    elif isinstance(valid, bool | int | float):
        yield from same_number(valid)


def report(faults: list[str]) -> None:
    if faults:
        more = f"\n... and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        pytest.fail("\n".join(faults[:SHOWN]) + more, pytrace=False)


@pytest.mark.parametrize(("topic", "name"), CASES)
def test_hostile_arguments_give_a_result_or_a_sentence(topic: str, name: str) -> None:
    call = call_of(topic, name)
    assert not fault(call.function, call.args, call.nan), "the valid call fails"
    before = torch.get_default_dtype(), torch.is_grad_enabled()
    faults: list[str] = []
    for label, function, args in hostile_variants(call):
        if found := fault(function, args, call.nan):
            faults.append(f"{name}({label}): {found}")
        if sum("no end after" in each for each in faults) > PATIENCE:
            faults.append("and so on: stopped here")
            break
    report(faults)
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == before


@pytest.mark.parametrize("topic", MODULES)
def test_no_generator_waits_with_its_errors_until_it_is_used(topic: str) -> None:
    """A public function that yields would check its arguments at the first step alone: it returns an iterator."""
    late = [name for name in public(topic) if inspect.isgeneratorfunction(call_of(topic, name).function)]
    report([f"{name} is a generator function: check its arguments, then return an inner one" for name in late])


@pytest.mark.parametrize(("topic", "name"), CASES)
def test_the_same_numbers_give_the_same_bits(topic: str, name: str) -> None:
    call = call_of(topic, name)
    expected = outcome(call.function, call.args)
    faults = []
    for label, function, args in same_variants(call):
        try:
            found = difference(expected, outcome(function, args), call.unequal)
        except Exception as error:
            found = f"{type(error).__name__}: {error}"[:200]
        faults += [f"{name}({label}): {found}"] * bool(found)
    report(faults)


@pytest.mark.parametrize(("topic", "name"), CASES)
def test_neither_settings_of_torch_and_numpy_nor_earlier_calls_change_a_bit(topic: str, name: str) -> None:
    """And a call leaves its arguments and the global generators as they were."""
    call = call_of(topic, name)
    given = list(leaves(call.args))
    before = [value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value) for _, value in given]
    states = torch.get_rng_state(), np.random.get_state()[1]
    expected = outcome(call.function, call.args)
    faults = []
    for label, surroundings in SURROUNDINGS.items():
        with surroundings():
            try:
                found = difference(expected, outcome(call.function, call.args), call.unequal)
            except Exception as error:
                found = f"{type(error).__name__}: {error}"[:200]
        faults += [f"{name} {label}: {found}"] * bool(found)
    faults += [f"{name} writes to {path}" for (path, value), old in zip(given, before, strict=True)
               if not equal(value, old)]
    report(faults)
    assert torch.equal(states[0], torch.get_rng_state())
    assert np.array_equal(states[1], np.random.get_state()[1])


@pytest.mark.parametrize("topic", MODULES)
def test_there_is_no_call_of_what_is_gone(topic: str) -> None:
    assert set(calls(topic)) <= set(public(topic))


@pytest.mark.parametrize(("message", "fine"), [
    ("seed has to be a whole number from 0 on, not 'a'", True), ("W has to be a table (D, q)", True),
    ("K = 3 components for 2 points: choose K from 1 to 2", True), ("", False), ("Seed is wrong", False),
    ("seed is wrong.", False), ("seed is wrong. Give another", False), ("got tensor([1.])", False),
    ("The size of tensor a (2) must match the size of tensor b (3)", False), ("x\nis wrong", False),
])
def test_the_rule_for_messages(message: str, fine: bool) -> None:
    assert bool(fault_of_message(message)) is not fine
