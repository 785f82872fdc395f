"""Preparing data for the PCA model: scale, grey levels, and rows that are held out."""

import torch
from torch import Tensor

from dgm import runtime


def standardise(x: Tensor) -> Tensor:
    """Columns of mean 0 and variance 1 (with 1/N), float64; constant columns become 0.

    x: (N, D). Returns (N, D).

    >>> import torch
    >>> from dgm import ppca
    >>> ppca.standardise(torch.tensor([[1.0, 7.0], [3.0, 7.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    centred = x.double() - x.double().mean(0)
    sd = centred.std(0, correction=0)
    return centred / torch.where(sd > 0, sd, 1.0)


def dequantise(x: Tensor, levels: float, seed: int = 0) -> Tensor:
    """x plus uniform noise one level wide, in -1/2 .. 1/2 levels (Theis, van den Oord and Bethge 2016).

    A density on whole numbers has no bound: pixels that never vary would send it to infinity at large q.

    x: whole multiples of 1/levels, any shape. Returns the same shape, float64.

    >>> import torch
    >>> from dgm.ppca.preprocessing import dequantise
    >>> x = torch.tensor([[0.0, 0.25, 1.0]])
    >>> torch.equal((dequantise(x, levels=4) * 4).round() / 4, x.double())
    True
    """
    noise = torch.rand(x.shape, generator=runtime.generator(seed), dtype=torch.float64) - 0.5
    return x.double() + noise / levels


def hold_out_third(x: Tensor) -> tuple[Tensor, Tensor]:
    """The rows to fit and the third that is held out; the same rows for the same number of rows.

    x: (N, D). Returns (max(2, 2 N // 3), D) and the rest.

    >>> import torch
    >>> from dgm.ppca.preprocessing import hold_out_third
    >>> [len(part) for part in hold_out_third(torch.zeros(9, 2))]
    [6, 3]
    """
    rows = torch.randperm(len(x), generator=runtime.generator(0, len(x)))
    cut = max(2, 2 * len(x) // 3)
    return x[rows[:cut]], x[rows[cut:]]
