"""ui.kept_work.saved_tree: what is written is read bit for bit, and a file makes nothing but records of dgm."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from dgm import vae
from dgm.vae import live_training
from ui.kept_work import saved_tree

IMAGES = vae.Images("digits")


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("value", [
    None, True, 3, -1.5, math.inf, 0.1 + 0.2, "π ⟨text⟩", b"", b"\x00\xff", [1, (2, [3])], {"a": {1: 2.0}},
    {"t": torch.arange(6).reshape(2, 3).t()}, torch.zeros(0, 3, dtype=torch.float64), vae.Images("digits", 3)])
def test_values_come_back(tmp_path: Path, value: Any) -> None:
    assert saved_tree.write(tmp_path / "a" / "value", value) > 0
    assert same(value, saved_tree.read(tmp_path / "a" / "value"))


def test_a_run_that_was_written_goes_on_bit_for_bit(tmp_path: Path) -> None:
    start = live_training.start(vae.Config(hidden=8), IMAGES)
    half = live_training.advance(start, IMAGES, 15)
    saved_tree.write(tmp_path / "run", half)
    found = saved_tree.read(tmp_path / "run")
    assert same(half, found)
    assert same(live_training.advance(found, IMAGES, 10), live_training.advance(half, IMAGES, 10))


@pytest.mark.parametrize("value", [object(), Path("/"), {"f": print}, 1 + 2j])
def test_other_objects_cannot_be_written(tmp_path: Path, value: Any) -> None:
    with pytest.raises(TypeError):
        saved_tree.write(tmp_path / "value", value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tree", [
    {"record": "os:system", "fields": {"command": "true"}}, {"record": "dgm.runtime:set_threads", "fields": {}},
    {"record": "dgm.vae.model:nothing", "fields": {}}, {"record": "dgm.vae.images:Images", "fields": {"none": 1}},
    {"tensor": "7"}, {"float": "x"}, {}, [], "{"])
def test_a_file_makes_no_other_object(tmp_path: Path, tree: Any) -> None:
    save_file({}, tmp_path / "value", metadata={"tree": tree if tree == "{" else json.dumps(tree)})
    assert saved_tree.read(tmp_path / "value") in (None, [])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 100])
def test_a_damaged_file_is_no_value(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "value").write_bytes(content)
    assert saved_tree.read(tmp_path / "value") is None
    assert saved_tree.read(tmp_path / "absent") is None
