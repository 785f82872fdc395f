"""dgm.runtime: a wrong device raises with the remedy, generators depend on (seed, streams) alone."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dgm import runtime
from dgm.errors import ArgumentError

ROOT = Path(__file__).parents[2]


def test_generator_repeats_and_streams_differ() -> None:
    draw = lambda *key: torch.rand(4, generator=runtime.generator(*key)).tolist()  # noqa: E731
    assert draw(3, 5) == draw(3, 5)
    assert len({tuple(draw(*key)) for key in [(3, 5), (5, 3), (3, 6), (4, 5), (3,), (3, 5, 0)]}) == 6


def test_mix_stays_in_range_and_spreads() -> None:
    seeds = [runtime.mix(seed, step) for seed in range(-5, 50) for step in range(50)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_an_unknown_device_raises_with_the_choices() -> None:
    with pytest.raises(ValueError, match="auto, cpu, cuda"):
        runtime.device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_missing_cuda_raises_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="choose 'cpu' or 'auto'"):
        runtime.device("cuda")
    assert runtime.device("auto").type == "cpu"


@pytest.mark.parametrize("seed", [np.int64(5), np.uint8(5), 5.0, torch.tensor(5), np.array(5)])
def test_a_seed_of_any_kind_of_number(seed: Any) -> None:
    assert runtime.mix(seed) == runtime.mix(5)
    assert runtime.generator(1, seed).initial_seed() == runtime.generator(1, 5).initial_seed()


@pytest.mark.parametrize("seed", [2.5, "5", True, None, math.nan, [5]])
def test_a_seed_that_is_no_whole_number(seed: Any) -> None:
    with pytest.raises(ArgumentError, match="seed has to be a whole number"):
        runtime.generator(seed)
    with pytest.raises(ArgumentError, match="a stream has to be a whole number"):
        runtime.generator(0, seed)


def test_a_generator_on_an_absent_device() -> None:
    with pytest.raises(ArgumentError, match="no generator on the device 'abacus'"):
        runtime.generator(0, on="abacus")


@pytest.mark.parametrize("text", ["two", "0", "-1", "2.5", "²", "99999", "9" * 5000])
def test_a_wrong_number_of_threads_in_the_environment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGM_THREADS", text)
    with pytest.raises(ArgumentError, match=r"variable DGM_THREADS is .*: give a whole number from 1 to 1024"):
        runtime.set_threads()
    with pytest.raises(ArgumentError, match="count has to be"):
        runtime.set_threads(0)


@pytest.mark.parametrize("setting", [{}, {"DGM_THREADS": "2"}])
def test_torch_has_the_threads_of_the_setting_whatever_is_imported_first(setting: dict[str, str]) -> None:
    """`runtime` after a topic that imports numpy and torch; what this process starts sees no setting of dgm's."""
    script = ("from dgm import gmm, runtime; import os, torch; "
              "print(torch.get_num_threads(), os.getenv('OMP_NUM_THREADS'))")
    left = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "DGM_THREADS")}
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**left, "PYTHONPATH": str(ROOT), **setting},
                           capture_output=True, text=True, timeout=60, check=True)
    threads = min(int(setting.get("DGM_THREADS", 1)), os.cpu_count() or 1)
    assert found.stdout.split() == [str(threads), "None"]
