"""checkpoint_history: within its bytes, spread evenly, first and newest kept."""

from itertools import pairwise

import pytest
import torch

from dgm import vae
from dgm.vae.runs import checkpoint_history as history
from tests.dgm.vae.small_models import start

RUN = start()
SIZE = history.bytes_of(RUN)


def remembered(steps: range, limit: int = 10**9, every: int = 10) -> history.History:
    found = history.History(limit=limit, every=every)
    for step in steps:
        found = history.remember(found, RUN._replace(step=step))
    return found


def test_multiples_of_every_and_the_newest_are_kept() -> None:
    assert history.steps(remembered(range(0, 36, 5))) == (0, 10, 20, 30, 35)


@pytest.mark.parametrize("count", [1, 9, 40, 333])
def test_the_limit_of_bytes_holds_and_steps_are_spread_evenly(count: int) -> None:
    found = remembered(range(0, 10 * count, 10), limit=8 * SIZE)
    assert len(found.kept) * SIZE <= 8 * SIZE
    steps = history.steps(found)
    assert (steps[0], steps[-1]) == (0, 10 * (count - 1))
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert all(gap == found.every for gap in gaps[:-1])
    assert count < 9 or len(found.kept) >= 4


def test_a_limit_below_two_checkpoints_keeps_the_first_and_the_newest() -> None:
    assert history.steps(remembered(range(0, 100, 10), limit=1)) == (0, 90)


def test_the_place_on_the_slider_finds_the_last_checkpoint_before_it() -> None:
    found = remembered(range(0, 60, 10))
    assert [history.at(found, step).step for step in (0, 9, 10, 44, 1000)] == [0, 0, 10, 40, 50]
    assert torch.equal(history.at(found, 9).params["encoder.out.bias"], RUN.params["encoder.out.bias"])


def test_nothing_happens_for_a_step_that_is_there_and_another_model_is_refused() -> None:
    found = remembered(range(0, 30, 10))
    assert history.steps(history.remember(found, RUN)) == (0, 10, 20)
    with pytest.raises(ValueError, match="another model"):
        history.remember(found, start(latent=3)._replace(step=99))
    with pytest.raises(ValueError, match="the history is empty"):
        history.at(history.History(), 3)
    assert history.at(found, 5).moments == {}
    assert isinstance(history.at(found, 5), vae.Checkpoint)
