"""Where and how numbers are made: device, random generators, threads."""

import torch

from dgm import environment
from dgm.arguments import as_choice, as_integer, shown
from dgm.errors import ArgumentError

DEVICES = ("auto", "cpu", "cuda")
_MASK = (1 << 64) - 1

environment.end_limit()     # numpy and torch have read it with their import


def set_threads(count: int | None = None) -> int:
    """Set the number of torch's threads to `count`, or to DGM_THREADS (default 1), and return it.

    ArgumentError when `count` or DGM_THREADS is no whole number from 1 on.

    >>> from dgm import runtime
    >>> runtime.set_threads(1)
    1
    """
    count = environment.threads() if count is None else as_integer(count, "count", 1, environment.MOST_THREADS)
    torch.set_num_threads(count)
    return count


def device(choice: str = "auto") -> torch.device:
    """The torch device that `choice` names: "auto" (CUDA where torch sees one), "cpu" or "cuda".

    ArgumentError for another name, and for "cuda" where torch sees none.

    >>> from dgm import runtime
    >>> runtime.device("cpu")
    device(type='cpu')
    """
    choice = as_choice(choice, "device", DEVICES)
    if choice == "cuda" and not torch.cuda.is_available():
        raise ArgumentError("no CUDA device is visible to torch: choose 'cpu' or 'auto'")
    if choice == "auto":
        choice = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(choice)


def mix(seed: int, *streams: int) -> int:
    """One 63-bit seed from (seed, streams...), so that neighbouring seeds and steps do not correlate.

    Each integer goes through splitmix64 (Steele, Lea, Flood 2014). Returns an int in [0, 2^63).
    ArgumentError for what is no whole number.

    >>> from dgm import runtime
    >>> runtime.mix(3, 5) == runtime.mix(3, 5), runtime.mix(3, 5) == runtime.mix(5, 3)
    (True, False)
    """
    state = _whole(seed, "seed") & _MASK
    for stream in (0, *streams):
        state = (state ^ (_whole(stream, "a stream") & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


def _whole(value: int, name: str) -> int:
    """`value` as an int, also below 0; ints pass at once, because mix runs at every step of a training."""
    return value if type(value) is int else as_integer(value, name)


def generator(seed: int, *streams: int, on: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator that depends on (seed, streams...) alone, e.g. (seed, step).

    on: the device on which it draws; the numbers of two devices differ. ArgumentError for a seed or stream that is no
    whole number, and for a device that torch does not have.

    >>> import torch
    >>> from dgm import runtime
    >>> torch.randint(10, (3,), generator=runtime.generator(0)).tolist()
    [2, 5, 3]
    """
    mixed = mix(seed, *streams)
    try:
        return torch.Generator(device=on).manual_seed(mixed)
    except (RuntimeError, TypeError, ValueError):
        raise ArgumentError(f"torch has no generator on the device {shown(on)}: choose 'cpu' or 'cuda'") from None
