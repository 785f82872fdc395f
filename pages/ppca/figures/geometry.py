"""Shapes that the figures of the PCA model are made of, as arrays: ellipses, lines, planes, sheets of images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dgm.ppca.model import Params
from ui.figures.encoding import numbers

Array = NDArray[np.float32]


def ellipse(mean: Any, cov: Any, deviations: float = 2.0, points: int = 73) -> Array:
    """The contour of a 2-D Gaussian at `deviations` standard deviations, (points, 2). mean (2,), cov (2, 2)."""
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


def half_length(x: Any) -> float:
    """Half of the length of a line that is drawn over the data `x`."""
    return 0.78 * (float((x.amax(0) - x.amin(0)).max()) or 1.0)


def line(theta: Params, half_length: float) -> Array:
    """The model's line through mu, `half_length` to each side, (2, D); mu alone where W is zero."""
    end = half_length if bool((np.asarray(theta.W) != 0).any()) else 0.0
    return numbers(np.asarray(theta.mean) + np.outer([-end, end], direction(theta)))


def noise_band(theta: Params, half_length: float, deviations: float = 2.0) -> Array:
    """The band of noise around a line in the plane, `deviations` of sigma to each side, a closed path (5, 2)."""
    ends = line(theta, half_length)
    along = direction(theta)
    across = deviations * float(theta.sigma2) ** 0.5 * np.array([-along[1], along[0]])
    return numbers([ends[0] + across, ends[1] + across, ends[1] - across, ends[0] - across, ends[0] + across])


def plane_patch(theta: Params, largest: float = 2.2) -> tuple[Array, Array, Array]:
    """The model's plane in space as three (2, 2) meshes, both latents from -largest to largest."""
    corners = np.array([-largest, largest])
    a, b = np.meshgrid(corners, corners)
    W = np.asarray(theta.W)
    surface = np.asarray(theta.mean) + a[..., None] * W[:, 0] + b[..., None] * W[:, 1]
    return numbers(surface[..., 0]), numbers(surface[..., 1]), numbers(surface[..., 2])


def sheet(images: Any, shape: tuple[int, int], columns: int) -> Array:
    """Images (N, D) row by row in so many columns, first row on top, with an empty (NaN) pixel between them."""
    pictures = np.asarray(images, dtype=np.float32).reshape(-1, *shape)
    rows = max(1, -(-len(pictures) // columns))
    height, width = shape
    out = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan, dtype=np.float32)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        out[top : top + height, left : left + width] = picture
    return out
