"""dgm.runtime: a wrong device raises with the remedy, generators depend on (seed, streams) alone."""

import pytest
import torch

from dgm import runtime


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
