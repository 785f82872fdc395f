"""dgm.datasets.openml against a stand-in for OpenML: a download arrives whole, a failure names its cause, and only
whole downloads are stored."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dgm import datasets
from dgm.datasets import openml, registry
from dgm.errors import DataError
from tests.dgm.datasets.openml_server import (
    DESCRIPTION,
    FEATURES,
    QUALITIES,
    SEARCH,
    TABLE,
    Server,
    answers,
    arff,
    running,
)

ROWS = 30
PIXELS = np.random.default_rng(0).integers(0, 256, (ROWS, 784), dtype=np.uint8)
LABELS = np.arange(ROWS) % 10
BODIES = answers(arff(PIXELS, LABELS), ROWS, 784)
NETWORK = ("network", "cut", "reached", "answered", "sent nothing")   # words of a cause that lies outside the program


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DGM_CACHE", str(tmp_path))
    monkeypatch.setattr(openml, "DELAY", 0.01)
    registry._load.cache_clear()
    yield tmp_path
    registry._load.cache_clear()


@pytest.fixture
def server(cache: Path) -> Iterator[Server]:
    with running(Server(dict(BODIES))) as server:
        yield server


def failure(cache: Path) -> str:
    """The sentence of a download that fails, of which nothing stays on the disk."""
    with pytest.raises(DataError) as caught:
        datasets.load("mnist")
    assert list(cache.iterdir()) == []
    assert not datasets.is_local("mnist")
    assert socket.getdefaulttimeout() is None
    message = str(caught.value)
    assert "choose 'digits' or 'mnist-5k'" in message
    assert "\n" not in message
    assert not message.endswith(".")
    return message


def works(cache: Path) -> None:
    data = datasets.load("mnist")
    assert np.array_equal((data.x * 255).round().numpy(), PIXELS)
    assert np.array_equal(data.labels, LABELS)
    assert [path.name for path in cache.iterdir()] == ["mnist_784.npz"]


@pytest.mark.parametrize("encoding", ["plain", "gzip", "chunked"])
def test_a_download_arrives_and_is_stored(server: Server, cache: Path, encoding: str) -> None:
    server.encoding = encoding
    works(cache)
    assert [*dict.fromkeys(server.asked)] == [SEARCH, DESCRIPTION, FEATURES, QUALITIES, TABLE]
    assert len(server.asked) == 5
    registry._load.cache_clear()
    works(cache)
    assert len(server.asked) == 5


def test_a_slow_download_arrives_and_reports_its_progress(server: Server, cache: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openml, "POLL", 0.02)
    monkeypatch.setattr(openml, "TIMEOUT", 5.0)
    server.pause = {TABLE: 0.02, SEARCH: 0.1}
    seen = [(progress, socket.getdefaulttimeout()) for progress in datasets.fetch("mnist")]
    assert max(progress for progress, _ in seen) > 0
    assert {limit for _, limit in seen} == {None}      # the limit of a download is not that of the whole process
    works(cache)


def test_a_server_that_sends_nothing_is_named(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openml, "TIMEOUT", 0.2)
    server.pause = {TABLE: 2.0}
    assert "OpenML sent nothing for 0.2 s" in failure(cache)


@pytest.mark.parametrize(("path", "status"), [(SEARCH, 404), (TABLE, 404), (SEARCH, 503), (TABLE, 500)])
def test_a_refusal_is_named_by_its_status(server: Server, cache: Path, path: str, status: int) -> None:
    server.status = {path: status}
    assert f"OpenML answered {status}" in failure(cache)


def test_a_set_that_openml_does_not_know_is_named(server: Server, cache: Path) -> None:
    server.status = {SEARCH: 412, SEARCH + "/status/deactivated": 412}
    assert "Dataset mnist_784 with version 1 not found" in failure(cache)


@pytest.mark.parametrize("encoding", ["plain", "gzip", "chunked"])
@pytest.mark.parametrize("path", [SEARCH, DESCRIPTION, FEATURES, QUALITIES, TABLE])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_cut_line_is_named_and_the_next_download_is_whole(server: Server, cache: Path, encoding: str, path: str,
                                                            share: float) -> None:
    server.encoding, server.cut = encoding, {path: share}
    assert "the connection was cut or the answer damaged" in failure(cache)
    server.cut = {}
    works(cache)


def test_only_the_tables_text_is_asked_for(server: Server, cache: Path) -> None:
    """OpenML offers the table as parquet too; scikit-learn reads the other one."""
    works(cache)
    assert b"parquet_url" in server.bodies[DESCRIPTION]
    assert not any("parquet" in path or path.endswith(".pq") for path in server.asked)


def test_altered_bytes_are_noticed(server: Server, cache: Path) -> None:
    table = server.bodies[TABLE]
    server.bodies[TABLE] = table[:-2] + bytes([table[-2] ^ 1]) + table[-1:]
    assert "damaged on its way (The md5 checksum" in failure(cache)


def test_no_connection_is_named(server: Server, cache: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server.address = f"127.0.0.1:{closed.getsockname()[1]}"
        message = failure(cache)
    assert "OpenML cannot be reached ([Errno 111] Connection refused)" in message
    assert "connect to the network" in message


def test_a_call_that_scikit_learn_refuses_is_no_failure_of_the_network(
        server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openml, "RETRIES", 0)
    message = failure(cache)
    assert "do not agree (InvalidParameterError: The 'n_retries' parameter" in message
    assert not any(word in message.replace("need no network", "") for word in NETWORK)
    assert server.asked == []


def test_an_answer_of_another_form_is_no_failure_of_the_network(server: Server, cache: Path) -> None:
    server.bodies[SEARCH] = b'{"data": {}}'
    message = failure(cache)
    assert "do not agree (KeyError" in message
    assert not any(word in message.replace("need no network", "") for word in NETWORK)


@pytest.mark.parametrize("value", [256, -1, 0.5, "?"])
def test_values_that_are_no_pixels_are_refused(server: Server, cache: Path, value: object) -> None:
    pixels = PIXELS.astype(object)
    pixels[3, 5] = value
    server.bodies = answers(arff(pixels, LABELS), ROWS, 784)
    assert "no whole numbers from 0 to 255" in failure(cache)


def test_a_table_of_other_pixels_is_refused(server: Server, cache: Path) -> None:
    server.bodies = answers(arff(PIXELS[:, :100], LABELS), ROWS, 100)
    assert "(30, 100) and not (N, 784)" in failure(cache)


def test_a_folder_that_cannot_be_written_is_named(server: Server, cache: Path,
                                                  monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("DGM_CACHE", str(file))
    with pytest.raises(DataError, match=r"cannot be stored in .*file .*set DGM_CACHE"):
        datasets.load("mnist")


def test_each_byte_of_a_stored_copy_counts(server: Server, cache: Path) -> None:
    works(cache)
    path = cache / "mnist_784.npz"
    packed = path.read_bytes()
    wrong = 0
    for at in np.linspace(0, len(packed) - 1, 300).astype(int):
        path.write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1:])
        try:
            pixels, labels = openml.read("mnist_784")
        except DataError:
            assert not path.exists()
        else:
            wrong += not (np.array_equal(pixels, PIXELS) and np.array_equal(labels, LABELS))
    assert wrong == 0
