"""Where and how numbers are made: device, random generators, threads."""

import os

# Two torch threads on two shared cores train a small network a hundred times slower than one.
# OpenMP reads this when torch is first imported, so it is set before.
os.environ.setdefault("OMP_NUM_THREADS", os.environ.get("DGM_THREADS", "1"))

import torch

DEVICES = ("auto", "cpu", "cuda")
_MASK = (1 << 64) - 1


def set_threads(count: int | None = None) -> int:
    """Set torch's threads to `count`, or to DGM_THREADS (default 1), and return it."""
    count = count or int(os.environ.get("DGM_THREADS", "1"))
    torch.set_num_threads(count)
    return count


def device(choice: str = "auto") -> torch.device:
    """The device named "auto" (CUDA if there is one), "cpu" or "cuda". ValueError when it cannot be had."""
    if choice not in DEVICES:
        raise ValueError(f"unknown device {choice!r}: choose one of {', '.join(DEVICES)}")
    if choice == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device is visible to torch: choose 'cpu' or 'auto'")
    if choice == "auto":
        choice = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(choice)


def mix(seed: int, *streams: int) -> int:
    """One 63-bit seed from (seed, streams...): splitmix64, so that neighbouring steps do not correlate."""
    state = seed & _MASK
    for stream in (0, *streams):
        state = (state ^ (stream & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


def generator(seed: int, *streams: int, on: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator that depends on (seed, streams...) alone, e.g. (seed, step)."""
    return torch.Generator(device=on).manual_seed(mix(seed, *streams))
