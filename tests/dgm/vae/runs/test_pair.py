"""pair: the runs are those that each would be alone, cuts change no bit, and both see the same noise."""

from dataclasses import replace

import pytest
import torch

from dgm import vae
from dgm.vae import live_training
from dgm.vae.runs import pair

IMAGES = vae.Images("digits")
A = vae.Config(hidden=6, batch=16, seed=3)
OTHERS = [replace(A, gradient="log-derivative"), replace(A, latent=3), replace(A, batch=20, optimizer="SGD"),
          replace(A, beta=0.01, warm_up=10), replace(A, seed=9, hidden=0)]


@pytest.mark.parametrize("other", OTHERS, ids=["estimator", "latents", "batch", "beta", "seed"])
def test_each_run_is_the_run_alone_and_cuts_change_no_bit(other: vae.Config) -> None:
    whole = pair.advance(pair.start(A, other, IMAGES), IMAGES, 20)
    cut = pair.advance(pair.advance(pair.start(A, other, IMAGES), IMAGES, 7), IMAGES, 13)
    alone = live_training.advance(live_training.start(replace(other, seed=A.seed), IMAGES), IMAGES, 20)
    assert whole.step == cut.step == 20
    for name, value in alone.checkpoint.params.items():
        assert torch.equal(whole.b.checkpoint.params[name], value)
        assert torch.equal(cut.b.checkpoint.params[name], value)
    assert whole.b.records == alone.records == cut.b.records


def test_equal_settings_are_equal_runs_bit_for_bit() -> None:
    both = pair.advance(pair.start(A, A, IMAGES), IMAGES, 12)
    assert all(torch.equal(value, both.b.checkpoint.params[name]) for name, value in both.a.checkpoint.params.items())


@pytest.mark.parametrize("other", OTHERS)
def test_the_noise_that_both_use_is_shared(other: vae.Config) -> None:
    other = replace(other, seed=A.seed)
    for step in (0, 15, 16, 100):
        one, two = pair.noise(A, 1350, step), pair.noise(other, 1350, step)
        assert one.rows is not None
        assert two.rows is not None
        assert torch.equal(one.rows, two.rows[:16])
        assert torch.equal(one.eps, two.eps[:16, :2])


def test_runs_at_unequal_steps_are_refused() -> None:
    both = pair.start(A, A, IMAGES)
    with pytest.raises(ValueError, match="two runs at the same step"):
        pair.advance(both._replace(a=live_training.advance(both.a, IMAGES, 1)), IMAGES, 1)
