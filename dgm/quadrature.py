"""Gauss rules: nodes and weights that integrate polynomials up to degree 2 n - 1 exactly with n nodes.

    Gauss-Hermite    E[f(u)], u ~ N(0, 1)      = sum_i w_i f(u_i), with sum_i w_i = 1
    Gauss-Legendre   integral of f over [a, b] = sum_i w_i f(x_i), with sum_i w_i = b - a

Source: Golub and Welsch 1969; the nodes are numpy's (eigenvalues of the Jacobi matrix, then one Newton step).
All tensors are float64 on the CPU. The cached ones are shared: a caller does not write to them.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.arguments import as_integer, as_tensor
from dgm.errors import ArgumentError

MOST_NODES = 100          # numpy's rules are tested up to here
MOST_POINTS = 1 << 20     # of a product grid
MOST_DIM = 20


def gauss_hermite(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of an expectation under N(0, 1).

    E[f(u)] = sum_i w_i f(u_i), exact for polynomials up to degree 2 count - 1; under N(m, s^2) evaluate f(m + s u_i).

    count: number of nodes, 1 to 100. Returns u (count,) ascending and w (count,), whose sum is 1; float64, cached.
    ArgumentError for another count.

    >>> u, w = gauss_hermite(3)
    >>> len(u), round(float(w @ u**4), 12)   # E[u^4] = 3
    (3, 3.0)
    """
    return _hermite(_checked(count))


@lru_cache(maxsize=32)
def _hermite(count: int) -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return _plain(nodes), _plain(weights / weights.sum())


def gauss_hermite_grid(count: int, dim: int) -> tuple[Tensor, Tensor]:
    """Product rule of an expectation under N(0, I) in `dim` dimensions.

    E[f(u)] = sum_i w_i f(u_i), exact where each coordinate has a degree of at most 2 count - 1.

    count: nodes along a dimension, 1 to 100; dim: 1 to 20. Returns u (count^dim, dim) and w (count^dim,), whose sum is
    1; float64, cached. ArgumentError for another count or dim, or for more than 2^20 points.

    >>> u, w = gauss_hermite_grid(3, 2)
    >>> tuple(u.shape), round(float(w @ (u[:, 0] * u[:, 1]) ** 2), 12)   # E[u1^2 u2^2] = 1
    ((9, 2), 1.0)
    """
    count, dim = _checked(count), as_integer(dim, "dim")
    if not 1 <= dim <= MOST_DIM or count**dim > MOST_POINTS:
        raise ArgumentError(f"{count} nodes in each of {dim} dimensions: give 1 to {MOST_DIM} dimensions and at most "
                            f"{MOST_POINTS} points")
    return _hermite_grid(count, dim)


@lru_cache(maxsize=8)
def _hermite_grid(count: int, dim: int) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):
        u, w = (torch.cartesian_prod(*[part] * dim).reshape(-1, dim) for part in _hermite(count))
        return u, w.prod(1)


def gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of an integral over [-1, 1].

    integral of f = sum_i w_i f(x_i), exact for polynomials up to degree 2 count - 1

    count: number of nodes, 1 to 100. Returns x (count,) ascending and w (count,), whose sum is 2; float64, cached.
    ArgumentError for another count.

    >>> x, w = gauss_legendre(2)
    >>> round(float(w @ x**2), 12)   # 2 / 3
    0.666666666667
    """
    return _legendre(_checked(count))


@lru_cache(maxsize=32)
def _legendre(count: int) -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return _plain(nodes), _plain(weights)


def legendre_panels(left: float | Tensor, right: float | Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of an integral over each interval [left, right]: a composite rule when intervals adjoin.

    x_i = left + (right - left) (1 + t_i) / 2, weight w_i (right - left) / 2, with t_i and w_i of `gauss_legendre`

    left, right: numbers or tensors (...,), the ends of the panels; count: nodes of a panel, 1 to 100.
    Returns x (..., count) and w (..., count), float64: the sum of w f(x) over all axes is the integral over all panels.
    ArgumentError for another count, or for ends whose shapes do not broadcast; DataError for ends that are no numbers.

    >>> edges = torch.linspace(0, 1, 5, dtype=torch.float64)
    >>> x, w = legendre_panels(edges[:-1], edges[1:], 6)
    >>> tuple(x.shape), round(float((w * x.exp()).sum()), 12)   # e - 1
    ((4, 6), 1.718281828459)
    """
    t, w = gauss_legendre(count)
    start, end = as_tensor(left, "left", finite=False)[..., None], as_tensor(right, "right", finite=False)[..., None]
    if start.shape != end.shape:
        _check_shapes(start, end)
    half = (end - start) / 2
    if not math.isfinite(half.sum()):    # one look at all ends: this is called for every refinement of an integral
        _check_ends(left, right)
    return start + half * (1 + t), half * w


def _check_shapes(start: Tensor, end: Tensor) -> None:
    try:
        np.broadcast_shapes(tuple(start.shape), tuple(end.shape))
    except ValueError:
        raise ArgumentError(f"left has the shape {tuple(start.shape[:-1])} and right {tuple(end.shape[:-1])}: "
                            "give as many right ends as left ones") from None


def _check_ends(left: float | Tensor, right: float | Tensor) -> None:
    as_tensor(left, "left"), as_tensor(right, "right")
    raise ArgumentError("the panels are longer than the largest number: give ends that are nearer to each other")


def legendre_series(count: int) -> Tensor:
    """Matrix that gives the Legendre series of a function from its values at the nodes of `gauss_legendre`.

    c_k = (2 k + 1) / 2 sum_i w_i P_k(x_i) f(x_i), exact for polynomials up to degree count - 1

    count: number of nodes, 1 to 100. Returns B (count, count), row k for P_k; float64, cached.
    ArgumentError for another count.

    >>> x, _ = gauss_legendre(3)
    >>> [round(c, 9) + 0.0 for c in (legendre_series(3) @ x**2).tolist()]   # 1/3 P_0 + 2/3 P_2
    [0.333333333, 0.0, 0.666666667]
    """
    return _series(_checked(count))


@lru_cache(maxsize=8)
def _series(count: int) -> Tensor:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    rows = np.polynomial.legendre.legvander(nodes, count - 1).T
    return _plain(rows * weights * (np.arange(count)[:, None] + 0.5))


def legendre_antiderivative(count: int) -> Tensor:
    """Matrix that integrates from -1 to each node of `gauss_legendre`.

    integral of f from -1 to x_i = sum_j A_ij f(x_j), exact for polynomials up to degree count - 1

    count: number of nodes, 1 to 100. Returns A (count, count), float64, cached; on a panel multiply by half its width.
    ArgumentError for another count.

    >>> x, _ = gauss_legendre(4)
    >>> bool(torch.allclose(legendre_antiderivative(4) @ (2 * x), x**2 - 1))
    True
    """
    return _antiderivative(_checked(count))


@lru_cache(maxsize=8)
def _antiderivative(count: int) -> Tensor:
    legendre = np.polynomial.legendre
    nodes, _ = legendre.leggauss(count)
    sums = [legendre.legval(nodes, legendre.legint(row, lbnd=-1)) for row in np.eye(count)]
    return _plain(np.stack(sums, axis=1) @ np.linalg.inv(legendre.legvander(nodes, count - 1)))


def _checked(count: int) -> int:
    """The number of nodes of a rule as an int."""
    nodes = as_integer(count, "count")
    if not 1 <= nodes <= MOST_NODES:
        raise ArgumentError(f"a rule with {nodes} nodes: give 1 to {MOST_NODES}")
    return nodes


def _plain(values: NDArray[np.float64]) -> Tensor:
    """A tensor that autograd accepts, also when the first caller runs in inference mode."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=torch.float64)


__all__ = ["gauss_hermite", "gauss_hermite_grid", "gauss_legendre", "legendre_antiderivative", "legendre_panels",
           "legendre_series"]
