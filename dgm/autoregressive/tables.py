"""A few binary pixels by their full tables: each conditional is a table, and the joint probability is their product.

    p(x) = prod_i p(x_i | x_1, ..., x_i-1);   pixel i has a table of 2^(i-1) numbers, together 2^d - 1
Every joint probability is such a product, in any order of the pixels (slide "Likelihood as product of conditionals").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed, as_tensor, as_vector, shown
from dgm.autoregressive.drawing_path import Path
from dgm.autoregressive.images import as_image, as_images
from dgm.autoregressive.orders import as_order
from dgm.errors import ArgumentError, DataError

MAX_TABLE = 12    # pixels: 4,096 images
MAX_COUNT = 10**6


@dataclass(frozen=True)
class Table:
    """Conditionals of d pixels: conditionals[i][b] = p(x_order[i] = 1 | the i pixels before have the bits b).

    order: each pixel 0 .. d - 1 once. conditionals: one table (2^i,) for each place, 0 to 1; of its index b the pixel
    that is drawn first is the most significant bit. ArgumentError or DataError for anything else.

    >>> from dgm import autoregressive
    >>> coin = autoregressive.Table((0, 1), ([0.5], [0.9, 0.1]))     # the second pixel is seldom as the first
    >>> coin.joint()
    tensor([[0.0500, 0.4500],
            [0.4500, 0.0500]], dtype=torch.float64)
    """

    order: tuple[int, ...]
    conditionals: tuple[Tensor | Sequence[float], ...]

    def __post_init__(self) -> None:
        tables = self.conditionals
        if not isinstance(tables, tuple | list) or not 1 <= len(tables) <= MAX_TABLE:
            raise ArgumentError(f"conditionals has to be 1 to {MAX_TABLE} tables, one for each pixel, not "
                                f"{shown(tables)}")
        object.__setattr__(self, "order", as_order(self.order, len(tables)))
        object.__setattr__(self, "conditionals", tuple(_as_table(table, i) for i, table in enumerate(tables)))

    @property
    def pixels(self) -> int:
        """d."""
        return len(self.order)

    def joint(self) -> Tensor:
        """p(x) of all images, (2,) * d float64, indexed by the pixels' values, pixel 0 first; its sum is 1.

        >>> from dgm import autoregressive
        >>> autoregressive.Table((0,), ([0.25],)).joint().tolist()
        [0.75, 0.25]
        """
        return _log_prob(self, all_images(self.pixels)).exp().reshape([2] * self.pixels)

    def log_prob(self, x: Any) -> Tensor:
        """log p(x) (N,) nats of images x (N, d) of 0 and 1; -inf for an impossible one. DataError for other data.

        >>> from dgm import autoregressive
        >>> autoregressive.Table((0,), ([0.5],)).log_prob([[1], [0]])
        tensor([-0.6931, -0.6931], dtype=torch.float64)
        """
        return _log_prob(self, as_images(x, self.pixels))

    def path(self, x: Any) -> Path:
        """The conditionals that an image x (d,) meets, in drawing order, and its terms of log p(x), nats.

        >>> from dgm import autoregressive
        >>> autoregressive.Table((1, 0), ([0.5], [0.9, 0.1])).path([1, 0]).p.tolist()
        [0.5, 0.9]
        """
        image = as_image(x, self.pixels)
        drawn, p = image[list(self.order)], _met(self, image[None])[0]
        return Path(torch.tensor(self.order), drawn, p, None, torch.where(drawn == 1, p, 1 - p).log())

    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Images (count, d) of 0 and 1, one pixel after the other (slide "Sampling").

        >>> from dgm import autoregressive
        >>> autoregressive.Table((0, 1), ([1.0], [0.0, 1.0])).sample(2).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
        """
        count, g = as_integer(count, "count", 0, MAX_COUNT), runtime.generator(as_seed(seed))
        u = torch.rand(count, self.pixels, generator=g, dtype=torch.float64)
        x = torch.zeros(count, self.pixels, dtype=torch.float64)
        index = torch.zeros(count, dtype=torch.long)
        for i, (pixel, table) in enumerate(zip(self.order, tables_of(self), strict=True)):
            x[:, pixel] = (u[:, i] < table[index]).double()
            index = 2 * index + x[:, pixel].long()
        return x

    def with_conditional(self, place: int, index: int, p: float) -> "Table":
        """The table with one number replaced: conditionals[place][index] = p. ArgumentError outside the tables.

        >>> from dgm import autoregressive
        >>> autoregressive.Table((0,), ([0.5],)).with_conditional(0, 0, 0.75).joint().tolist()
        [0.25, 0.75]
        """
        place = as_integer(place, "place", 0, self.pixels - 1)
        index, p = as_integer(index, "index", 0, 2**place - 1), as_number(p, "p", 0, 1)
        tables = [table.clone() for table in tables_of(self)]
        tables[place][index] = p
        return Table(self.order, tuple(tables))


def _as_table(table: Any, place: int) -> Tensor:
    found = as_vector(table, "a table of conditionals", size=2**place)
    if float(found.min()) < 0 or float(found.max()) > 1:
        raise DataError("conditionals have to be probabilities, from 0 to 1")
    return found


def tables_of(table: Table) -> list[Tensor]:
    """The checked conditionals."""
    return [torch.as_tensor(each) for each in table.conditionals]


def _met(table: Table, x: Tensor) -> Tensor:
    """p (N, d) in drawing order: the conditionals that images x (N, d) meet."""
    index = torch.zeros(len(x), dtype=torch.long)
    columns = []
    for pixel, each in zip(table.order, tables_of(table), strict=True):
        columns.append(each[index])
        index = 2 * index + x[:, pixel].long()
    return torch.stack(columns, 1)


def _log_prob(table: Table, x: Tensor) -> Tensor:
    p = _met(table, x)
    return torch.where(x[:, list(table.order)] == 1, p, 1 - p).log().sum(1)


def all_images(pixels: int) -> Tensor:
    """Every image of d pixels, (2^d, d) float64, in the order of the binary numbers, pixel 0 most significant.

    pixels: d, 1 to 12. ArgumentError for another number.

    >>> from dgm import autoregressive
    >>> autoregressive.all_images(2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return _all(as_integer(pixels, "pixels", 1, MAX_TABLE)).clone()


@lru_cache(maxsize=MAX_TABLE)
def _all(pixels: int) -> Tensor:
    with torch.inference_mode(False):
        bits = torch.arange(pixels - 1, -1, -1)
        return ((torch.arange(2**pixels)[:, None] >> bits) & 1).double()


def table_of(joint: Any, order: Sequence[int] | None = None) -> Table:
    """The conditionals of any joint probability, in any order of the pixels.

    joint: (2,) * d, 0 or more, indexed by the pixels' values; it is divided by its sum. order: each pixel once.
    Where the pixels before are impossible, the conditional is 0.5. DataError for other numbers.

    >>> from dgm import autoregressive
    >>> table = autoregressive.table_of([[0.25, 0.25], [0.5, 0.0]], order=(1, 0))
    >>> [each.tolist() for each in table.conditionals]
    [[0.25], [0.6666666666666666, 0.0]]
    """
    found = as_tensor(joint, "joint")
    if not 1 <= found.ndim <= MAX_TABLE or set(found.shape) != {2}:
        raise DataError(f"joint has the shape {tuple(found.shape)}: give (2,) * d, two values for each pixel")
    if float(found.min()) < 0 or not float(found.max()) > 0:
        raise DataError("joint has to hold probabilities, 0 or more, and one of them positive")
    order = as_order(order, found.ndim)
    scaled = (found / found.max()).permute(*order)
    tables = []
    for place in range(found.ndim):
        pairs = scaled.reshape(2**place, 2, -1).sum(2)
        total = pairs.sum(1)
        tables.append(torch.where(total > 0, pairs[:, 1] / total.clamp_min(1e-300), 0.5).clamp(0, 1))
    return Table(order, tuple(tables))


def fit_table(x: Any, order: Sequence[int] | None = None, pseudo: float = 0.0) -> Table:
    """Maximum likelihood of the full table: the shares among the images, in any order of the pixels.

    x: (N, d) images of 0 and 1, d up to 12. pseudo: is added to the count of each of the 2^d images, 0 or more.

    >>> from dgm import autoregressive
    >>> autoregressive.fit_table([[0, 1], [0, 0], [1, 1], [1, 1]]).conditionals[1].tolist()
    [0.5, 1.0]
    """
    images, pseudo = as_images(x), as_number(pseudo, "pseudo", 0, 1e12)
    d = images.shape[1]
    if d > MAX_TABLE:
        raise DataError(f"x has {d} pixels, and a full table takes at most {MAX_TABLE}: use a logistic model")
    index = (images @ (2.0 ** torch.arange(d - 1, -1, -1, dtype=torch.float64))).long()
    counts = torch.bincount(index, minlength=2**d).double() + pseudo
    return table_of(counts.reshape([2] * d), order)
