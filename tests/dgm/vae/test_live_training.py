"""live_training: checkpoint and curve do not depend on the cut, the curve stays bounded, little travels to a worker."""

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from dgm import datasets, vae
from dgm.errors import DataError, DivergedError
from dgm.vae import live_training

DIGITS = live_training.Images("digits")
CONFIG = vae.Config(hidden=8, batch=16)


def same(a: live_training.Training, b: live_training.Training) -> bool:
    plain = [(one.records, one.every, one.step, one.checkpoint.config) for one in (a, b)]
    films = [[(frame.step, frame.means.tolist()) for frame in one.film] for one in (a, b)]
    return plain[0] == plain[1] and films[0] == films[1] and all(
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
                       vae.advance(first.checkpoint, live_training.parts(DIGITS).train,
                                   40).params["decoder.out.weight"])


def test_long_curves_are_thinned_the_same_way_however_cut(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_film_is_bounded_and_shows_the_held_out_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_training, "MAX_FRAMES", 4)
    run = live_training.start(CONFIG, DIGITS, every=2)
    for steps in (1, 3, 6, 7, 9):
        run = live_training.advance(run, DIGITS, steps)
        assert len(run.film) <= 4
    assert [frame.step for frame in run.film] == [0, 8, 16, 24]
    held_out = live_training.parts(DIGITS).validation[: live_training.MEASURED]
    at_24 = live_training.advance(live_training.start(CONFIG, DIGITS, every=2), DIGITS, 24).checkpoint
    assert torch.equal(run.film[-1].means, vae.encode(at_24, held_out).mean)


def test_records_are_the_bounds_terms_on_held_out_images_too() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS, every=20), DIGITS, 20)
    data = live_training.parts(DIGITS)
    record = run.records[-1]
    for part, recon, kl in ((data.train, record.train_recon, record.train_kl),
                            (data.validation, record.held_recon, record.held_kl)):
        terms = vae.elbo_terms(run.checkpoint, part[:200], seed=5, samples=200)
        single = torch.stack([vae.elbo_terms(run.checkpoint, part[:200], seed)[0].mean() for seed in range(50)])
        assert abs(recon - terms[0].mean().item()) < 4.5 * single.std()
        assert kl == pytest.approx(terms[1].mean().item(), rel=1e-5)


def test_parts_are_black_and_white_disjoint_and_fixed() -> None:
    data, whole = live_training.parts(DIGITS), datasets.load("digits")
    assert data is live_training.parts(live_training.Images("digits"))
    assert [len(part) for part in data] == [1350, 150, 297]
    assert all(set(part.unique().tolist()) == {0.0, 1.0} for part in data)
    assert torch.equal(data.test, datasets.binarise(whole.x)[whole.split().test])
    assert not torch.equal(data.test, live_training.parts(live_training.Images("digits", 1)).test)


def test_addresses_that_lead_nowhere() -> None:
    with pytest.raises(DataError, match="has no images: choose one of digits"):
        live_training.parts(live_training.Images("iris"))
    with pytest.raises(DataError, match="no data set 'cats'"):
        live_training.start(CONFIG, live_training.Images("cats"))
    with pytest.raises(ValueError, match="every has to be"):
        live_training.start(CONFIG, DIGITS, every=0)


def test_a_diverging_run_keeps_what_it_had() -> None:
    config = vae.Config(hidden=8, optimizer="SGD", learning_rate=1e8)
    run = live_training.advance(live_training.start(config, DIGITS), DIGITS, 0)
    bad = run.checkpoint.params | {"decoder.out.weight": run.checkpoint.params["decoder.out.weight"] * 1e38}
    with pytest.raises(DivergedError, match="lower the learning rate"):
        live_training.advance(run._replace(checkpoint=run.checkpoint._replace(params=bad)), DIGITS, 30)
    assert run.step == 0
    assert len(run.records) == 1


def test_a_chunk_carries_the_checkpoint_and_no_images() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS), DIGITS, 3)
    carried = (*run.checkpoint.params.values(), *run.checkpoint.moments.values(), *(one.means for one in run.film))
    numbers = sum(value.numel() for value in carried)
    assert len(pickle.dumps((run, DIGITS, 100))) < 4 * numbers + 6000


ELSEWHERE = """
import hashlib
from dgm import vae
from dgm.vae import live_training
images = live_training.Images("digits")
run = live_training.advance(live_training.start(vae.Config(hidden=8, batch=16), images, every=10), images, 25)
print(hashlib.sha256(vae.save(run.checkpoint)).hexdigest(), run.records)
"""


def test_another_process_gives_the_same_bits() -> None:
    run = live_training.advance(live_training.start(CONFIG, DIGITS, every=10), DIGITS, 25)
    there = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=True, timeout=300,
                           cwd=Path(__file__).parents[3])
    assert there.stdout.strip() == f"{hashlib.sha256(vae.save(run.checkpoint)).hexdigest()} {run.records}"


def test_the_curve_as_a_table() -> None:
    text = live_training.curve_csv([live_training.Record(0, -40.5, 1.25, -41.0, 1.0),
                                    live_training.Record(100, -20.0, 3.0, -21.0, 3.5)])
    assert text == (
        "step,train_recon,train_kl,held_recon,held_kl,train_elbo,held_elbo\n"
        "0,-40.500000,1.250000,-41.000000,1.000000,-41.750000,-42.000000\n"
        "100,-20.000000,3.000000,-21.000000,3.500000,-23.000000,-24.500000\n")
    assert live_training.curve_csv([]).count("\n") == 1


def test_images_per_second() -> None:
    run = live_training.start(CONFIG, DIGITS)
    assert live_training.images_per_second(run, DIGITS, 100.0) == 1600
    whole = live_training.start(vae.Config(hidden=8, batch=0), DIGITS)
    assert live_training.images_per_second(whole, DIGITS, 2.0) == 2700
