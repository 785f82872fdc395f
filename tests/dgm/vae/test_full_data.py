"""benchmarks.vae_full_data against a stand-in for OpenML: a row where the data can be had, else one sentence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import vae_full_data
from dgm.datasets import openml, registry
from tests.dgm.datasets.openml_server import Server, answers, arff, running

ROWS = 140
PIXELS = np.random.default_rng(0).integers(0, 256, (ROWS, 784), dtype=np.uint8)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """It has MNIST and nothing else."""
    monkeypatch.setenv("DGM_CACHE", str(tmp_path))
    monkeypatch.setattr(openml, "DELAY", 0.01)
    registry._load.cache_clear()
    with running(Server(answers(arff(PIXELS, np.arange(ROWS) % 10), ROWS, 784))) as server:
        yield server
    registry._load.cache_clear()


def test_a_row_where_the_data_can_be_had_and_a_sentence_where_not(
        server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(vae_full_data, "IWAE_SAMPLES", 20)
    vae_full_data.main(["--epochs", "2"])
    _, _, mnist, fashion = capsys.readouterr().out.splitlines()
    name, elbo, iwae, published, epochs, _ = (cell.strip() for cell in mnist.strip("|").split("|"))
    assert (name, published, epochs) == ("mnist", "-86.76", "2")
    assert -1000 < float(elbo) < float(iwae) < -400      # of 784 random pixels, near 784 log 2 = 543
    assert fashion.startswith("fashion-mnist is not measured here: ")
    assert fashion.count(".") == 1


def test_the_division_is_the_published_one_and_pixels_are_drawn_anew(server: Server) -> None:
    data = vae_full_data.parts("mnist")
    assert [len(part) for part in data] == [110, 10, 20]
    torch.testing.assert_close(data.train, torch.from_numpy(PIXELS[:110]).float() / 255)
    mean = torch.stack([vae_full_data.drawn(data.train, 2, epoch) for epoch in range(40)]).mean(0)
    error = (data.train * (1 - data.train) / 40).sum().sqrt().item()
    assert abs((mean - data.train).sum().item()) < 4 * error
    assert {*data.test.unique().tolist()} == {0.0, 1.0}
