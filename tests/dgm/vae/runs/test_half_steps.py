"""half_steps: one half of the parameters stays bit for bit, and each half raises its own term of the bound."""

import pytest
import torch

from dgm import vae
from dgm.vae.runs import half_steps
from tests.dgm.vae.integrable_models import X, trained
from tests.dgm.vae.small_models import IMAGES, start


def same(one: vae.Checkpoint, other: vae.Checkpoint, part: str) -> bool:
    return all(torch.equal(one.params[name], other.params[name]) for name in one.params if name.startswith(part))


@pytest.mark.parametrize("optimizer", vae.OPTIMIZERS)
def test_one_half_stays_bit_for_bit_and_the_other_moves(optimizer: str) -> None:
    run = vae.advance(start(optimizer=optimizer), IMAGES, 20)      # its optimizer's state is not zero
    e, m = half_steps.encoder_step(run, IMAGES, 7), half_steps.decoder_step(run, IMAGES, 7)
    assert [same(e.checkpoint, run, part) for part in ("encoder.", "decoder.")] == [False, True]
    assert [same(m.checkpoint, run, part) for part in ("encoder.", "decoder.")] == [True, False]
    assert e.checkpoint.step == m.checkpoint.step == 27
    assert m.before.kl == m.after.kl
    assert e.before == m.before


def test_a_half_step_goes_the_way_of_the_whole_one() -> None:
    """From one checkpoint, the step of either half is that half of the step of both."""
    run = vae.advance(start(optimizer="Adam"), IMAGES, 5)
    whole = vae.advance(run, IMAGES, 1)
    halves = {"encoder": half_steps.encoder_step(run, IMAGES, 1), "decoder": half_steps.decoder_step(run, IMAGES, 1)}
    for name, value in whole.params.items():    # an optimizer's kernel may round the last bit otherwise in a part
        torch.testing.assert_close(halves[name[:7]].checkpoint.params[name], value, rtol=1e-6, atol=1e-7)


def test_the_e_step_moves_the_bound_towards_a_log_p_that_stays() -> None:
    run = trained()
    half = half_steps.encoder_step(run, X, 300)
    assert half.after.bound > half.before.bound
    assert torch.equal(vae.log_evidence(run, X).log_p, vae.log_evidence(half.checkpoint, X).log_p)
    assert half.after.bound < vae.log_evidence(run, X).log_p.mean() + 0.05


def test_the_m_step_raises_the_reconstruction() -> None:
    half = half_steps.decoder_step(start(), IMAGES, 200)
    assert half.after.recon > half.before.recon


def test_a_run_goes_on_from_a_half_step() -> None:
    half = half_steps.encoder_step(start(), IMAGES, 3)
    assert vae.advance(half.checkpoint, IMAGES, 3).step == 6
