"""Places of a cost that quadrature has to know: where a part of it changes its sign, begins or ends.

A spike narrower than the distance of two nodes, a step and a pole are found from the parts that they consist of:
exp(-k (x - a)^2) has the part x - a, and so has 1 / (x - a).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
Places = Callable[[float, float], tuple[float, ...]]     # (mu, sigma) -> x, ascending

GRID = 1601          # points at which signs are compared, over REACH sigmas to each side
REACH = 40.0
NEAR_ZERO = 20.0     # x up to here is searched whatever mu and sigma are: a pole counts at any distance
MOST = 40            # zeros of one function, those next to mu; more belong to an oscillation, which needs none
BISECTIONS = 64


def sign_changes(f: Function, grid: Tensor) -> Tensor:
    """The places between points of `grid` (ascending) where the sign of f becomes another one, 0 and nan included.

    >>> sign_changes(lambda x: (x - 0.25) * (x - 2), torch.linspace(-3, 3, 50, dtype=torch.float64)).tolist()
    [0.25, 2.0]
    """
    signs = _sign(f(grid))
    change = signs[:-1] != signs[1:]
    low, high, before = grid[:-1][change], grid[1:][change], signs[:-1][change]
    if not len(low):
        return low
    for _ in range(BISECTIONS):
        middle = low + (high - low) / 2
        same = _sign(f(middle)) == before
        low, high = torch.where(same, middle, low), torch.where(same, high, middle)
    of_low, of_high = (f(x).abs().nan_to_num(torch.inf) for x in (low, high))
    found = torch.where(of_low <= of_high, low, high)
    return without_copies(torch.where(found.abs() < 1e-17, 0.0, found))


def _sign(y: Tensor) -> Tensor:
    return y.sign().nan_to_num(2.0)


def without_copies(x: Tensor) -> Tensor:
    """The numbers of x, ascending, each once."""
    return torch.unique_consecutive(x.sort().values)


def search_grid(mu: float, sigma: float) -> Tensor:
    """Where signs are compared: REACH sigmas around mu and the neighbourhood of x = 0."""
    around = mu + sigma * REACH * torch.linspace(-1, 1, GRID, dtype=torch.float64)
    return without_copies(torch.cat([around, NEAR_ZERO * torch.linspace(-1, 1, GRID // 2, dtype=torch.float64)]))


def of_functions(functions: Sequence[Function]) -> Places:
    """The sign changes of all functions, as a function of mu and sigma.

    >>> of_functions([lambda x: x - 1.5])(0.0, 1.0)
    (1.5,)
    """
    @lru_cache(maxsize=64)
    def places(mu: float, sigma: float) -> tuple[float, ...]:
        grid = search_grid(mu, sigma)
        found = (sign_changes(f, grid) for f in functions)
        nearest = [at[(at - mu).abs().argsort()][:MOST] for at in found]
        return tuple(without_copies(torch.cat([grid[:0], *nearest])).tolist())
    return places
