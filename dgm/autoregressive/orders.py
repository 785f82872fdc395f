"""Orders in which the pixels of an image are drawn: p(x) = prod_i p(x_order[i] | x_order[0], ..., x_order[i-1])."""

import math
from typing import Any

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_choice, as_integer, as_seed, as_vector
from dgm.errors import ArgumentError

ORDERS = ("rows", "columns", "reversed", "spiral", "random")
MAX_PIXELS = 4096


def pixel_order(name: str, pixels: int, seed: int = 0, width: int | None = None) -> Tensor:
    """order (D,) int64: order[i] is the pixel that is drawn i-th.

    name: "rows" (as one reads), "columns", "reversed" (the last pixel of the rows first), "spiral" (from the middle
    outwards) or "random" (decided by `seed`). pixels: D, 1 to 4,096. width: pixels of a row; the root of D where D is a
    square, else D. ArgumentError for another name, or a width that does not divide D.

    >>> from dgm import autoregressive
    >>> autoregressive.pixel_order("columns", 4).tolist()
    [0, 2, 1, 3]
    """
    name, pixels, seed = as_choice(name, "name", ORDERS), as_integer(pixels, "pixels", 1, MAX_PIXELS), as_seed(seed)
    width = as_integer(width, "width", 1, pixels) if width is not None else _width(pixels)
    if pixels % width:
        raise ArgumentError(f"width has to divide the {pixels} pixels, and {width} does not")
    grid = torch.arange(pixels).reshape(-1, width)
    if name == "random":
        return torch.randperm(pixels, generator=runtime.generator(seed, pixels))
    if name == "spiral":
        return _from_the_middle(grid)
    found = grid.T if name == "columns" else grid
    return found.flatten().flip(0) if name == "reversed" else found.flatten()


def _width(pixels: int) -> int:
    root = math.isqrt(pixels)
    return root if root * root == pixels else pixels


def _from_the_middle(grid: Tensor) -> Tensor:
    """By the ring around the middle, and on a ring by the angle."""
    rows, columns = (torch.arange(size, dtype=torch.float64) - (size - 1) / 2 for size in grid.shape)
    ring = torch.maximum(rows.abs()[:, None], columns.abs()[None]).flatten()
    angle = torch.atan2(rows[:, None].expand(grid.shape), columns[None].expand(grid.shape)).flatten()
    return (ring * 16 + angle).argsort(stable=True)


def as_order(order: Any, count: int) -> tuple[int, ...]:
    """A permutation of 0 .. count - 1 as ints; None is the order of the numbers. ArgumentError for anything else."""
    if order is None:
        return tuple(range(count))
    found = tuple(int(value) if value == value.round() else -1 for value in as_vector(order, "order"))
    if sorted(found) != list(range(count)):
        raise ArgumentError(f"order has to name each pixel from 0 to {count - 1} once")
    return found


def ranks(order: Tensor) -> Tensor:
    """(D,): the place of each pixel in the order."""
    found = torch.empty_like(order)
    found[order] = torch.arange(len(order))
    return found
