"""What runs by gradient steps have in common: which histories are thinned, and the sentence of a run that diverged."""

from typing import NamedTuple

import pytest
import torch

from dgm.elbo import amortized
from dgm.errors import DivergedError
from dgm.gradient_run import require_finite, thinned


class At(NamedTuple):
    step: int


def test_a_history_keeps_every_second_item_once_it_is_too_long() -> None:
    items = tuple(At(step) for step in range(0, 50, 10))
    assert thinned(items, 10, 5) == (items, 10)
    assert thinned(items, 10, 4) == ((At(0), At(20), At(40)), 20)


def test_adam_is_a_remedy_for_another_optimizer_alone() -> None:
    losses = torch.tensor([1.0, torch.nan])
    with pytest.raises(DivergedError, match=r"at step 9: lower the learning rate \(now 0.5\) or choose Adam, then"):
        require_finite(10, losses, (), 0.5, "SGD")
    with pytest.raises(DivergedError, match=r"at step 9: lower the learning rate \(now 0.5\), then"):
        require_finite(10, losses, (), 0.5, "Adam")


def test_an_encoder_that_diverges_names_the_step() -> None:
    run = amortized.init(amortized.Config())
    run = run._replace(params={**run.params, "b": torch.tensor([1e200, 0.0], dtype=torch.float64)})
    with pytest.raises(DivergedError, match=r"at step 0: lower the learning rate \(now 0.02\), then"):
        amortized.advance(run, 2)
