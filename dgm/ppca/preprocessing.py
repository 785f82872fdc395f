"""Preparing data for the PCA model: scale, grey levels, and rows that are held out."""

from typing import Any

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_number, as_seed, as_tensor
from dgm.errors import DataError
from dgm.ppca.covariance_spectrum import as_data


def standardise(x: Any) -> Tensor:
    """Columns of mean 0 and variance 1 (with 1/N), float64; constant columns become 0.

    x: (N, D), in any unit. Returns (N, D). DataError when x is no table of numbers.

    >>> import torch
    >>> from dgm import ppca
    >>> ppca.standardise(torch.tensor([[1.0, 7.0], [3.0, 7.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    data = as_data(x)
    spread = data.amax(0) / 2 - data.amin(0) / 2        # halves, because a difference can leave float64
    unit = torch.where(spread > 0, spread, 1.0)         # a column of equal values is exactly 0 in this frame
    scaled = torch.where(spread > 0, (data / 2 - data.amin(0) / 2) / unit, 0.0)
    centred = scaled - scaled.mean(0)
    sd = centred.std(0, correction=0)
    return torch.where(spread > 0, centred / torch.where(sd > 0, sd, 1.0), 0.0)


def dequantise(x: Any, levels: float, seed: int = 0) -> Tensor:
    """x plus uniform noise one level wide, in -1/2 .. 1/2 levels (Theis, van den Oord and Bethge 2016).

    A density on whole numbers has no bound: pixels that never vary would send it to infinity at large q.

    x: whole multiples of 1/levels, any shape. levels: positive. Returns the same shape, float64.

    >>> import torch
    >>> from dgm.ppca.preprocessing import dequantise
    >>> x = torch.tensor([[0.0, 0.25, 1.0]])
    >>> torch.equal((dequantise(x, levels=4) * 4).round() / 4, x.double())
    True
    """
    values, levels = as_tensor(x), as_number(levels, "levels", above=0)
    noise = torch.rand(values.shape, generator=runtime.generator(as_seed(seed)), dtype=torch.float64) - 0.5
    return values + noise / levels


def hold_out_third(x: Any) -> tuple[Tensor, Tensor]:
    """The rows to fit and the third that is held out; the same rows for the same number of rows.

    x: (N, D), N of at least 2. Returns (max(2, 2 N // 3), D) and the rest, which is empty where N = 2.
    DataError when x is no such table.

    >>> import torch
    >>> from dgm.ppca.preprocessing import hold_out_third
    >>> [len(part) for part in hold_out_third(torch.zeros(9, 2))]
    [6, 3]
    """
    data = as_data(x)
    if len(data) < 2:
        raise DataError("one row cannot be divided: give at least 2 rows")
    rows = torch.randperm(len(data), generator=runtime.generator(0, len(data)))
    cut = max(2, 2 * len(data) // 3)
    return data[rows[:cut]], data[rows[cut:]]
