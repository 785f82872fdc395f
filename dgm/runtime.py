"""Where and how numbers are made: device, random generators, threads."""

import os

# Two torch threads on two shared cores train a small network a hundred times slower than one.
# OpenMP reads this setting when torch is first imported, so it comes before the import.
os.environ.setdefault("OMP_NUM_THREADS", os.environ.get("DGM_THREADS", "1"))

import torch

DEVICES = ("auto", "cpu", "cuda")
_MASK = (1 << 64) - 1


def set_threads(count: int | None = None) -> int:
    """Set the number of torch's threads to `count`, or to DGM_THREADS (default 1), and return it.

    ValueError when DGM_THREADS is no whole number.

    >>> from dgm import runtime
    >>> runtime.set_threads(1)
    1
    """
    count = count or int(os.environ.get("DGM_THREADS", "1"))
    torch.set_num_threads(count)
    return count


def device(choice: str = "auto") -> torch.device:
    """The torch device that `choice` names: "auto" (CUDA where torch sees one), "cpu" or "cuda".

    ValueError for another name, and for "cuda" where torch sees none.

    >>> from dgm import runtime
    >>> runtime.device("cpu")
    device(type='cpu')
    """
    if choice not in DEVICES:
        raise ValueError(f"unknown device {choice!r}: choose one of {', '.join(DEVICES)}")
    if choice == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device is visible to torch: choose 'cpu' or 'auto'")
    if choice == "auto":
        choice = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(choice)


def mix(seed: int, *streams: int) -> int:
    """One 63-bit seed from (seed, streams...), so that neighbouring seeds and steps do not correlate.

    Each integer goes through splitmix64 (Steele, Lea, Flood 2014). Returns an int in [0, 2^63).

    >>> from dgm import runtime
    >>> runtime.mix(3, 5) == runtime.mix(3, 5), runtime.mix(3, 5) == runtime.mix(5, 3)
    (True, False)
    """
    state = seed & _MASK
    for stream in (0, *streams):
        state = (state ^ (stream & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


def generator(seed: int, *streams: int, on: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator that depends on (seed, streams...) alone, e.g. (seed, step).

    on: the device on which it draws; the numbers of two devices differ.

    >>> import torch
    >>> from dgm import runtime
    >>> torch.randint(10, (3,), generator=runtime.generator(0)).tolist()
    [2, 5, 3]
    """
    return torch.Generator(device=on).manual_seed(mix(seed, *streams))
