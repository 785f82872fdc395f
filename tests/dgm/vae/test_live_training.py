"""live_training: run and history do not depend on the cuts, the history is bounded, no images are sent to a worker."""

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from dgm import vae
from dgm.errors import DivergedError
from dgm.vae import live_training

DIGITS = vae.Images("digits")
CONFIG = vae.Config(hidden=8, batch=16)


def same(a: live_training.Training, b: live_training.Training) -> bool:
    plain = [(one.records, one.every, one.step, one.checkpoint.config) for one in (a, b)]
    snapshots = [[(snapshot.step, snapshot.means.tolist()) for snapshot in one.snapshots] for one in (a, b)]
    return plain[0] == plain[1] and snapshots[0] == snapshots[1] and all(
        torch.equal(getattr(a.checkpoint, part)[name], getattr(b.checkpoint, part)[name])
        for part in ("params", "moments") for name in getattr(a.checkpoint, part))


@pytest.mark.parametrize("settings", [{}, {"gradient": "log-derivative", "optimizer": "SGD"}, {"optimizer": "RMSProp"}])
def test_any_cut_gives_the_same_checkpoint_and_curve(settings: dict[str, Any]) -> None:
    first = live_training.start(vae.Config(hidden=8, batch=16, **settings), DIGITS, every=7)
    whole = live_training.advance(first, DIGITS, 40)
    cut = first
    for steps in (1, 6, 0, 7, 13, 3, 10):
        cut = live_training.advance(cut, DIGITS, steps)
    assert same(whole, cut)
    assert [record.step for record in whole.records] == [0, 7, 14, 21, 28, 35]
    assert first.records == ()
    assert torch.equal(whole.checkpoint.params["decoder.out.weight"],
                       vae.advance(first.checkpoint, vae.split_images(DIGITS).train,
                                   40).params["decoder.out.weight"])


def test_long_curves_are_thinned_the_same_way_for_all_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_training, "MAX_RECORDS", 10)
    monkeypatch.setattr(live_training, "MEASURED", 4)
    first = live_training.start(CONFIG, DIGITS, every=1)
    whole = live_training.advance(first, DIGITS, 100)
    cut = first
    for steps in (9, 1, 1, 30, 19, 40):
        cut = live_training.advance(cut, DIGITS, steps)
        assert len(cut.records) <= 10
    assert same(whole, cut)
    assert whole.every == 16
    assert [record.step for record in whole.records] == list(range(0, 97, 16))


def test_snapshots_are_bounded_and_are_the_validation_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_training, "MAX_SNAPSHOTS", 4)
    run = live_training.start(CONFIG, DIGITS, every=2)
    for steps in (1, 3, 6, 7, 9):
        run = live_training.advance(run, DIGITS, steps)
        assert len(run.snapshots) <= 4
    assert [snapshot.step for snapshot in run.snapshots] == [0, 8, 16, 24]
    validation = vae.split_images(DIGITS).validation[: live_training.MEASURED]
    at_24 = live_training.advance(live_training.start(CONFIG, DIGITS, every=2), DIGITS, 24).checkpoint
    assert torch.equal(run.snapshots[-1].means, vae.encode(at_24, validation).mean)


def test_records_are_the_bounds_terms_on_both_parts() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS, every=20), DIGITS, 20)
    data = vae.split_images(DIGITS)
    record = run.records[-1]
    for part, recon, kl in ((data.train, record.train_recon, record.train_kl),
                            (data.validation, record.held_out_recon, record.held_out_kl)):
        terms = vae.elbo_terms(run.checkpoint, part[:200], seed=5, samples=200)
        single = torch.stack([vae.elbo_terms(run.checkpoint, part[:200], seed=seed)[0].mean() for seed in range(50)])
        assert abs(recon - terms[0].mean().item()) < 4.5 * single.std()
        assert kl == pytest.approx(terms[1].mean().item(), rel=1e-5)


def test_a_record_needs_a_stride() -> None:
    with pytest.raises(ValueError, match="every has to be"):
        live_training.start(CONFIG, DIGITS, every=0)


def test_a_diverging_run_is_unchanged() -> None:
    config = vae.Config(hidden=8, optimizer="SGD", learning_rate=1e8)
    run = live_training.advance(live_training.start(config, DIGITS), DIGITS, 0)
    bad = run.checkpoint.params | {"decoder.out.weight": run.checkpoint.params["decoder.out.weight"] * 1e38}
    with pytest.raises(DivergedError, match="lower the learning rate"):
        live_training.advance(run._replace(checkpoint=run.checkpoint._replace(params=bad)), DIGITS, 30)
    assert run.step == 0
    assert len(run.records) == 1


def test_what_is_sent_to_a_worker_contains_no_images() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS), DIGITS, 3)
    sent = (*run.checkpoint.params.values(), *run.checkpoint.moments.values(), *(one.means for one in run.snapshots))
    numbers = sum(value.numel() for value in sent)
    assert len(pickle.dumps((run, DIGITS, 100))) < 4 * numbers + 6000


OTHER_PROCESS = """
import hashlib
from dgm import vae
from dgm.vae import live_training
images = vae.Images("digits")
run = live_training.advance(live_training.start(vae.Config(hidden=8, batch=16), images, every=10), images, 25)
print(hashlib.sha256(vae.save(run.checkpoint)).hexdigest(), run.records)
"""


def test_another_process_gives_the_same_bits() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS, every=10), DIGITS, 25)
    other = subprocess.run([sys.executable, "-c", OTHER_PROCESS], capture_output=True, text=True, check=True,
                           timeout=300, cwd=Path(__file__).parents[3])
    assert other.stdout.strip() == f"{hashlib.sha256(vae.save(run.checkpoint)).hexdigest()} {run.records}"
