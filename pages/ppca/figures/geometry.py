"""Shapes that the figures of the PCA model are made of: ellipses, lines, planes, sheets of images. No plotly here."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dgm.ppca.model import Params

Array = NDArray[np.float32]


def numbers(values: Any) -> Array:
    """Anything array-like (tensors too) as float32: what travels to the browser."""
    return np.asarray(values, dtype=np.float32)


def ellipse(mean: Any, cov: Any, deviations: float = 2.0, points: int = 73) -> Array:
    """The contour of a 2-D Gaussian at so many standard deviations, (points, 2)."""
    values, vectors = np.linalg.eigh(np.asarray(cov, dtype=np.float64))
    angle = np.linspace(0, 2 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return numbers(np.asarray(mean) + deviations * (vectors * np.sqrt(np.maximum(values, 0)) @ circle).T)


def model_cov(theta: Params) -> NDArray[np.float64]:
    """C = W W' + sigma^2 I, (D, D)."""
    W = np.asarray(theta.W)
    return W @ W.T + float(theta.sigma2) * np.eye(len(W))


def direction(theta: Params) -> NDArray[np.float64]:
    """The unit vector along the first column of W, (D,); the x axis where W is zero."""
    W = np.asarray(theta.W)
    length = np.linalg.norm(W[:, 0]) if W.shape[1] else 0.0
    return W[:, 0] / length if length > 0 else np.eye(len(W))[0]


def line(theta: Params, reach: float) -> Array:
    """The model's line through mu, from -reach to reach along it, (2, D)."""
    return numbers(np.asarray(theta.mean) + np.outer([-reach, reach], direction(theta)))


def tube(theta: Params, reach: float, deviations: float = 2.0) -> Array:
    """The band of noise around a line in the plane, `deviations` of sigma to each side, (5, 2) closed."""
    ends = line(theta, reach)
    along = direction(theta)
    off = deviations * float(theta.sigma2) ** 0.5 * np.array([-along[1], along[0]])
    return numbers([ends[0] + off, ends[1] + off, ends[1] - off, ends[0] - off, ends[0] + off])


def patch(theta: Params, reach: float = 2.2) -> tuple[Array, Array, Array]:
    """The model's plane in space as a (2, 2) mesh, z from -reach to reach in both latent dimensions."""
    corners = np.array([-reach, reach])
    a, b = np.meshgrid(corners, corners)
    W = np.asarray(theta.W)
    surface = np.asarray(theta.mean) + a[..., None] * W[:, 0] + b[..., None] * W[:, 1]
    return numbers(surface[..., 0]), numbers(surface[..., 1]), numbers(surface[..., 2])


def sheet(images: Any, shape: tuple[int, int], columns: int) -> Array:
    """Images (n, D) laid out row by row with a blank (NaN) pixel between them, first row on top."""
    pictures = np.asarray(images, dtype=np.float32).reshape(-1, *shape)
    rows = max(1, -(-len(pictures) // columns))
    height, width = shape
    out = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan, dtype=np.float32)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        out[top : top + height, left : left + width] = picture
    return out
