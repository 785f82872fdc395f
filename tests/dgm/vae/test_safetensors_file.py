"""safetensors_file and checkpoint_file: a saved run is loaded bit for bit, and every other file is an error."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from dgm import safetensors_file, vae
from dgm.errors import CheckpointError

X = (torch.arange(60).reshape(10, 6) % 3 == 0).float()


def trained(**settings: object) -> vae.Checkpoint:
    return vae.advance(vae.init(vae.Config(**{"hidden": 4, "batch": 4, **settings}), X), X, 3)


def same(a: vae.Checkpoint, b: vae.Checkpoint) -> bool:
    tensors = [(a.params, b.params), (a.moments, b.moments), ({"": a.losses}, {"": b.losses})]
    return (a.config, a.step) == (b.config, b.step) and all(
        list(p) == list(q) and all(torch.equal(p[name], q[name]) and p[name].dtype == q[name].dtype for name in p)
        for p, q in tensors)


def edited(change: Callable[[dict[str, torch.Tensor], dict[str, str]], object]) -> bytes:
    """A good file with its tensors and metadata changed."""
    file = safetensors_file.read(vae.save(trained()))
    change(file.tensors, file.metadata)
    return safetensors.torch.save(file.tensors, file.metadata)


def with_config(**values: object) -> bytes:
    def change(_: dict[str, torch.Tensor], texts: dict[str, str]) -> None:
        texts["config"] = json.dumps(json.loads(texts["config"]) | values)

    return edited(change)


@pytest.mark.parametrize("settings", [
    {}, {"optimizer": "SGD"}, {"optimizer": "RMSProp", "dtype": "float64"}, {"latent": 16, "hidden": 0},
    {"likelihood": "gaussian", "hidden": 0, "gradient": "exact", "batch": 0, "learning_rate": 1e-3},
])
def test_a_run_continues_from_a_file_exactly(settings: dict[str, object], tmp_path: Path) -> None:
    run = trained(**settings)
    path = tmp_path / "deep" / "run.safetensors"
    packed = vae.save(run, path)
    assert path.read_bytes() == packed
    assert [entry.name for entry in path.parent.iterdir()] == ["run.safetensors"]
    for source in (packed, path, str(path)):
        assert same(vae.load(source), run)
    assert same(vae.advance(vae.load(packed), X, 4), vae.advance(run, X, 4))


def test_the_same_content_is_the_same_bytes() -> None:
    notes = {name: f"note {name}" for name in "zyxwvuabcdef"}  # 12 texts: the same order is no accident
    first, again = (safetensors_file.write(safetensors_file.File({"b": X, "a": X[0]}, order)) for order in (
        notes, dict(reversed(notes.items()))))
    assert first == again
    assert safetensors_file.read(first).metadata == notes
    assert int.from_bytes(first[:8], "little") % 8 == 0
    tensors = safetensors_file.read(first).tensors
    assert all(torch.equal(value, {"b": X, "a": X[0]}[name]) for name, value in tensors.items())


def test_notes_are_saved_and_cannot_replace_the_format_or_the_step() -> None:
    texts = vae.describe(vae.save(trained(), notes={"data": "digits", "step": "999"}))
    assert texts["data"] == "digits"
    assert texts["step"] == "3"
    assert json.loads(texts["config"])["hidden"] == 4


def test_a_header_whose_length_starts_like_a_pickle_is_read() -> None:
    for length in range(100, 500):
        packed = safetensors_file.write(safetensors_file.File({"a": torch.ones(2)}, {"pad": "x" * length}))
        if packed[0] == 0x80:
            assert torch.equal(safetensors_file.read(packed).tensors["a"], torch.ones(2))
            return
    raise AssertionError("no header began with that byte")


class Evil:
    """A pickle that would make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


def test_pickles_are_errors_and_are_not_executed(tmp_path: Path) -> None:
    target = tmp_path / "ran"
    archive = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, archive)
    for packed in (pickle.dumps(Evil(target)), archive.getvalue()):
        with pytest.raises(CheckpointError, match="pickle or an archive, which may carry code: export"):
            vae.load(packed)
    assert not target.exists()


def test_files_that_are_not_weights() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packer:
        packer.writestr("a", "b")
    numbers = io.BytesIO()
    np.save(numbers, np.ones(3))
    good = vae.save(trained())
    header = b'{"__metadata__":{"format":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    junk = [b"\0", b"hello", b"\x89PNG\r\n", archive.getvalue(), numbers.getvalue(), good[:7], good[:100], good[:-1],
            good + b"\0", b"\xff" * 64, (2**62).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]",
            len(header).to_bytes(8, "little") + header + bytes(4)]
    for packed in junk:
        with pytest.raises(CheckpointError, match=r"damaged or no safetensors|pickle or an archive"):
            vae.load(packed)
    with pytest.raises(CheckpointError, match="empty"):
        vae.load(b"")


def test_errors_name_missing_and_too_large_files(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.safetensors", tmp_path, "nul\0name"):
        with pytest.raises(CheckpointError, match="cannot be read: check"):
            vae.load(path)
    large = tmp_path / "large.safetensors"
    with large.open("wb") as stream:
        stream.truncate(safetensors_file.LIMIT + 1)  # a sparse file: no disk is used
    with pytest.raises(CheckpointError, match=r"large.safetensors is larger than 256 MiB"):
        vae.load(large)
    with pytest.raises(CheckpointError, match="larger than"):
        safetensors_file.read(bytes(11), limit=10)


def drop(name: str) -> Callable[[dict[str, torch.Tensor], dict[str, str]], object]:
    return lambda tensors, _: tensors.pop(name)


def put(name: str, value: torch.Tensor) -> Callable[[dict[str, torch.Tensor], dict[str, str]], object]:
    return lambda tensors, _: tensors.update({name: value})


def text(name: str, value: str) -> Callable[[dict[str, torch.Tensor], dict[str, str]], object]:
    return lambda _, texts: texts.update({name: value})


@pytest.mark.parametrize(("change", "reason"), [
    (drop("encoder.out.bias"), "lacks tensor 'encoder.out.bias'"),
    (drop("decoder.out.bias"), "lacks tensor 'decoder.out.bias'"),
    (drop("moments.mean"), "lacks tensor 'mean'"),
    (put("extra", torch.ones(1)), "unexpected tensor 'extra'"),
    (put("x" * 500, torch.ones(1)), r"unexpected tensor 'x{57}\.\.\.'"),
    (put("encoder.out.bias", torch.ones(5)), r"encoder.out.bias is torch.float32 \(5,\) where .* \(4,\)"),
    (put("decoder.out.bias", torch.ones(6, 1)), "where the file's own configuration"),
    (put("decoder.out.bias", torch.zeros(0)), "where the file's own configuration"),
    (put("encoder.out.bias", torch.ones(4).double()), "torch.float64"),
    (put("encoder.out.bias", torch.ones(4).long()), "torch.int64"),
    (put("encoder.out.bias", torch.tensor([1, 2, float("nan"), 3])), "not finite"),
    (put("decoder.out.bias", torch.full((6,), float("inf"))), "not finite"),
    (put("moments.square", torch.full((100,), 1.0)), "square is"),
    (put("losses", torch.tensor([float("nan")])), "not finite"),
    (put("losses", torch.ones(2, 2)), "where the file's own configuration"),
    (text("format", "dgm.vae 99"), "not a VAE saved by this project"),
    (text("step", "-1"), "at which step"), (text("step", "1e9"), "at which step"),
    (text("step", "9" * 5000), "at which step"), (text("step", "²"), "at which step"),
    (text("config", "not json"), "configuration cannot be used"), (text("config", "[" * 10**5), "cannot be used"),
    (text("config", "[]"), "another version"), (text("config", "{}"), "another version"),
])
def test_altered_files_give_one_sentence(
        change: Callable[[dict[str, torch.Tensor], dict[str, str]], object], reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason) as caught:
        vae.load(edited(change))
    assert "\n" not in str(caught.value)
    assert ": " in str(caught.value)


def test_negative_squares_in_the_optimizer_are_an_error() -> None:
    run = trained()
    bad = run._replace(moments=run.moments | {"square": -run.moments["square"] - 1})
    with pytest.raises(CheckpointError, match="negative"):
        vae.load(vae.save(bad))


@pytest.mark.parametrize("values", [
    {"latent": "2"}, {"latent": True}, {"latent": 2.0}, {"latent": vae.MAX_LATENT + 1}, {"latent": 0},
    {"hidden": 10**9},
    {"hidden": -1}, {"beta": "1"}, {"beta": None}, {"beta": float("nan")}, {"beta": float("inf")},
    {"beta": 10**400}, {"beta": -1}, {"learning_rate": 0}, {"sigma2": 0}, {"seed": 1.5}, {"batch": -1},
    {"batch": 10**12},
    {"optimizer": "eval"}, {"optimizer": ["Adam"]}, {"gradient": "__class__"}, {"gradient": "exact"},
    {"likelihood": {}}, {"dtype": "load"}, {"dtype": "float16"}, {"color": 1},
])
def test_configurations_that_no_run_can_have_are_errors(values: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="configuration cannot be used"):
        vae.load(with_config(**values))


def test_a_configuration_of_another_model_is_an_error() -> None:
    for values in ({"hidden": 5}, {"latent": 3}, {"hidden": 0}, {"dtype": "float64"}, {"optimizer": "RMSProp"}):
        with pytest.raises(CheckpointError):
            vae.load(with_config(**values))


@given(st.data())
def test_a_file_with_changed_bytes_is_an_error_or_still_a_model(data: st.DataObject) -> None:
    packed = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = vae.load(bytes(packed))
    except CheckpointError:
        return
    assert all(value.isfinite().all() for value in loaded.params.values())
    assert vae.decode(loaded, torch.zeros(1, loaded.config.latent)).shape == (1, 6)


GOOD = vae.save(trained())


def test_other_names_are_no_pretrained_models() -> None:
    for name in ("../checkpoints/digits", "", "nothing"):
        with pytest.raises(CheckpointError, match="no pretrained model"):
            vae.pretrained(name)
