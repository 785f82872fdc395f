"""Cells that tile the z-line or z-plane, refined where the posterior of each image has its mass.

    p(x) = integral of p(x | z) p(z) dz,   a midpoint sum over cells

First a coarse grid over the prior's mass, then only cells that carry mass are split into halves along every axis. All
images are refined together: cells of one size lie on one grid, so that each is decoded once, whichever images need it.

The sum over cells of one size is compared with twice the sum over every other one of them, as on the white squares of
a chessboard. A midpoint sum of a smooth peak converges faster than any power of the distance between its points, so
the sum over all cells is far more exact than that difference, which is what `error` gives. Where one of these is
larger, `error` is that: a 30th of the last change, because the difference may vanish by accident; what may lie beyond
the border of the finest cells; and the rounding of log p(x).

`error` is infinite where log p(x) is not known: the posterior lies beyond the widest grid, or it is so narrow that the
coarse grid may have missed another peak of it. Without a hidden layer in the decoder, log p(x, z) is concave in z and
has one peak. Then a grid is laid around that peak, along its axes: z = centre + axes u, in which the Gaussian with the
highest bound is N(0, I).

Shapes: N images of D pixels, L latents, M pairs of an image and a cell. Sums in float64, nats.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm.errors import DataError
from dgm.gaussian import LOG_2PI, log_standard_normal
from dgm.vae.evidence import best_gaussian
from dgm.vae.inference import encode
from dgm.vae.model import Checkpoint, Config, layers

# Half sides of the coarse grid: outside of the first, the prior has 4e-9 of its mass; the next ones are for images
# whose posterior is beyond.
RADII = (6.0, 12.0, 24.0, 48.0)
COARSE = 0.375           # side of a coarse cell
# Nats below the best centre down to which a cell is split, level by level: while cells are coarse, the centre of a
# cell with half of a sharp peak may lie far below. At the first level a cell counts as much as its best neighbour.
SLACK = (40.0, 50.0, 25.0, 16.0)
EDGE = 12.0              # nats that the grid's edge has to lie below the best centre
MAX_LEVELS = 5           # a peak that needs finer cells is so narrow that the coarse grid may have missed another one
SETTLED = 1e-3           # nats: a sum of a larger error has not found the posterior's shape: any amount may be missing
FASTER = 30.0            # at least so many times smaller is the error of a sum than that of the one before
MAX_CELLS = 2_000_000    # of one size, over all images: no finer ones, and `error` says how exact the sum is
DECODED = 2048           # latents that are decoded at a time


class Tiling(NamedTuple):
    """p(x_n, z) of N images as masses of cells; the cells of one image tile the plane."""

    z: Tensor         # (M, L) centres
    owner: Tensor     # (M,) which image, 0 to N - 1
    log_mass: Tensor  # (M,) log of p(x, centre) times the cell's volume, nats
    log_volume: Tensor  # (M,) log of the cell's volume
    log_p: Tensor     # (N,) log p(x), nats
    error: Tensor     # (N,) of log_p, nats; infinite where log_p is not known

    def shares(self) -> Tensor:
        """The posterior mass of each cell, (M,); they add up to 1 for each image."""
        shares = (self.log_mass - self.log_p[self.owner]).exp()
        return shares / self.per_image(shares)[self.owner]     # a large log p(x) is rounded

    def mean(self) -> Tensor:
        """E[z | x] (N, L)."""
        return self.per_image(self.shares()[:, None] * self.z)

    def covariance(self) -> Tensor:
        """Cov[z | x] (N, L, L)."""
        centred = self.z - self.mean()[self.owner]
        return self.per_image(self.shares()[:, None, None] * centred[:, :, None] * centred[:, None, :])

    def without(self, images: Tensor) -> "Tiling":
        """The tiling without the cells of some images, (N,) bool, as a part of another one."""
        kept = ~images[self.owner]
        return Tiling(self.z[kept], self.owner[kept], self.log_mass[kept], self.log_volume[kept],
                      self.log_p.masked_fill(images, -math.inf), self.error.masked_fill(images, -math.inf))

    def per_image(self, values: Tensor) -> Tensor:
        """Sums over each image's cells of values (M, ...): (N, ...)."""
        return values.new_zeros(len(self.log_p), *values.shape[1:]).index_add_(0, self.owner, values)


class _Frame(NamedTuple):
    """The coordinates u of a grid: z = centre + axes u."""

    centre: Tensor     # (L,)
    axes: Tensor       # (L, L), lower triangular


class _Front(NamedTuple):
    """Cells of one size, each for one image."""

    owner: Tensor      # (M,)
    place: Tensor      # (M, L) whole numbers: the place on the grid of this size
    value: Tensor      # (M,) log p(x, centre)
    frame: _Frame      # of the grid
    radius: float      # of the grid, in u
    side: float        # of a cell, in u

    def chosen(self, which: Tensor) -> "_Front":
        return self._replace(owner=self.owner[which], place=self.place[which], value=self.value[which])

    def centres(self) -> Tensor:
        return _centres(self.place, self.frame, self.radius, self.side)

    def log_volume(self) -> float:
        """Of one cell, in z."""
        return self.place.shape[1] * math.log(self.side) + float(self.frame.axes.diagonal().log().sum())


@torch.no_grad()
def tiling(checkpoint: Checkpoint, x: Tensor, tol: float) -> Tiling:
    """The cells of images x (N, D), refined until each log p(x) is known to `tol` nats; 1 or 2 latents.

    DataError where log p(x, z) overflows.
    """
    checkpoint, x = precise(checkpoint), x.double().cpu()
    found = _found(checkpoint, x, min(tol, SETTLED))
    rounding = torch.finfo(getattr(torch, checkpoint.config.dtype)).eps * found.log_p.abs()
    error = torch.maximum(found.error, rounding)
    return found._replace(error=torch.where(error < SETTLED, error, math.inf))


def _found(checkpoint: Checkpoint, x: Tensor, tol: float) -> Tiling:
    """The tiling of images x (N, D) around the origin, or around their peaks; without errors of rounding."""
    latent = checkpoint.config.latent
    origin = _Frame(torch.zeros(latent, dtype=torch.float64), torch.eye(latent, dtype=torch.float64))
    found = _around(checkpoint, x, torch.arange(len(x)), origin, tol)
    if not bool(found.log_p.isfinite().all()):
        raise DataError(best_gaussian.OVERFLOW)
    lost = ~(found.error < tol)
    if checkpoint.config.hidden or not bool(lost.any()):
        return found
    peaks = [_around(checkpoint, x, row[None], frame, tol) for row, frame in _at_peaks(checkpoint, x, lost)]
    return _merged([found.without(lost), *peaks])


def _at_peaks(checkpoint: Checkpoint, x: Tensor, which: Tensor) -> Iterator[tuple[Tensor, _Frame]]:
    """The number of each image of `which` (N,) and a grid's coordinates around its one peak; without hidden layer."""
    q = encode(checkpoint, x[which])
    start = best_gaussian.Gaussians(q.mean.double().cpu(), torch.diag_embed(q.log_var.double().cpu().exp()))
    peak = best_gaussian.best(checkpoint, x[which], start, diagonal=False)
    frames = (_Frame(*pair) for pair in zip(peak.mean, torch.linalg.cholesky(peak.cov), strict=True))
    return zip(which.nonzero()[:, 0], frames, strict=True)


def _around(checkpoint: Checkpoint, x: Tensor, waiting: Tensor, frame: _Frame, tol: float) -> Tiling:
    """The tiling of the images `waiting` (K,) among x on grids of one frame."""
    parts = []
    for radius in RADII:
        front = _coarse(checkpoint, x, waiting, frame, radius)
        light = _edge_is_light(front, len(x))
        if bool(light[waiting].any()):
            parts.append(_refined(checkpoint, x, front.chosen(light[front.owner]), tol))
        waiting = waiting[~light[waiting]]
        if not len(waiting):
            break
    else:
        beyond = front.chosen(~light[front.owner])
        parts.append(_as_tiling([beyond], _unknown(beyond, len(x))))
    return _merged(parts)


def _refined(checkpoint: Checkpoint, x: Tensor, front: _Front, tol: float) -> Tiling:
    """The tiling of the images of a front of coarse cells; error and log p(x) of the others are -inf."""
    done: list[_Front] = []
    rest, error = torch.full((len(x),), -math.inf, dtype=torch.float64), _unknown(front, len(x))
    score = _best_neighbour(front)
    for level in range(MAX_LEVELS):
        split = score > _best(front, len(x))[front.owner] - SLACK[min(level, len(SLACK) - 1)]
        done.append(front.chosen(~split))
        rest = torch.logaddexp(rest, _log_sums(done[-1], len(x)))
        front = _halved(checkpoint, x, front.chosen(split))
        if not level:
            total = torch.logaddexp(rest, _log_sums(front, len(x)))
        else:
            before, total = total, torch.logaddexp(rest, _log_sums(front, len(x)))
            change = torch.maximum(_change(front, rest), (total - before).abs() / FASTER)
            error = torch.where(_has_cells(front, len(x)), change, error)
            known = (error < tol)[front.owner]
            done.append(front.chosen(known))
            error = torch.maximum(error, _beyond(done[-1], len(x)))
            front = front.chosen(~known)
        score = front.value
        if not len(front.owner) or len(front.owner) > MAX_CELLS:
            break
    done.append(front)
    error = torch.maximum(error, _beyond(front, len(x)))      # of the images that are not known to tol
    return _as_tiling([part for part in done if len(part.owner)], error)


def _as_tiling(done: list[_Front], error: Tensor) -> Tiling:
    log_p = torch.stack([_log_sums(part, len(error)) for part in done]).logsumexp(0)
    return Tiling(torch.cat([part.centres() for part in done]), torch.cat([part.owner for part in done]),
                  torch.cat([part.value + part.log_volume() for part in done]),
                  torch.cat([torch.full_like(part.value, part.log_volume()) for part in done]), log_p, error)


def _merged(parts: list[Tiling]) -> Tiling:
    """One tiling of images each of which is in one of the parts."""
    return Tiling(torch.cat([part.z for part in parts]), torch.cat([part.owner for part in parts]),
                  torch.cat([part.log_mass for part in parts]), torch.cat([part.log_volume for part in parts]),
                  torch.stack([part.log_p for part in parts]).amax(0),
                  torch.stack([part.error for part in parts]).amax(0))


# --- cells ------------------------------------------------------------------------------------------------------

def _centres(index: Tensor, frame: _Frame, radius: float, side: float) -> Tensor:
    return frame.centre + ((index.double() + 0.5) * side - radius) @ frame.axes.T


def _coarse(checkpoint: Checkpoint, x: Tensor, which: Tensor, frame: _Frame, radius: float) -> _Front:
    """All coarse cells, image by image, for the images `which` (K,)."""
    steps = torch.arange(round(2 * radius / COARSE))
    latent = checkpoint.config.latent
    index = torch.cartesian_prod(*[steps] * latent).reshape(-1, latent)
    owner = which.repeat_interleave(len(index))
    return _valued(checkpoint, x, owner, index.repeat(len(which), 1), frame, radius, COARSE)


def _halved(checkpoint: Checkpoint, x: Tensor, front: _Front) -> _Front:
    """Every cell split into halves along every axis."""
    corners = torch.tensor(list(product((0, 1), repeat=front.place.shape[1])))
    index = (2 * front.place[:, None] + corners).reshape(-1, front.place.shape[1])
    owner = front.owner.repeat_interleave(len(corners))
    return _valued(checkpoint, x, owner, index, front.frame, front.radius, front.side / 2)


def _edge_is_light(front: _Front, count: int) -> Tensor:
    """Of which images (N,) the cells at the edge of the coarse grid carry no mass."""
    edge = ((front.place == 0) | (front.place == round(2 * front.radius / front.side) - 1)).any(-1)
    return _best(front.chosen(edge), count) < _best(front, count) - EDGE


def _beyond(front: _Front, count: int) -> Tensor:
    """The share (N,) of p(x) that may lie beyond the front: the highest value at its border, over that of all.

    Exactly so much of a Gaussian in the plane has a lower density, and less on a line.
    """
    across, latent = round(2 * front.radius / front.side) + 2, front.place.shape[1]     # with room around the grid
    key = front.owner
    for axis in range(latent):
        key = key * across + front.place[:, axis] + 1
    key, sorted_by = key.sort()
    below = (front.value - _best(front, count)[front.owner])[sorted_by]
    high = (below > -EDGE).nonzero()[:, 0]
    inside = torch.ones_like(high, dtype=torch.bool)
    for step in (sign * across**axis for axis in range(latent) for sign in (-1, 1)):
        place = torch.searchsorted(key, key[high] + step).clamp(max=len(key) - 1)
        inside &= key[place] == key[high] + step
    border = front.chosen(sorted_by[high[~inside]])
    return torch.where(_has_cells(border, count), (_best(border, count) - _best(front, count)).exp(), 0.0)


def _best_neighbour(front: _Front) -> Tensor:
    """The best value of each coarse cell and those beside it."""
    latent = front.place.shape[1]
    side = round(2 * front.radius / front.side)
    pool = (functional.max_pool1d, functional.max_pool2d)[latent - 1]
    return pool(front.value.reshape(-1, 1, *[side] * latent), 3, stride=1, padding=1).flatten()


# --- sums per image ---------------------------------------------------------------------------------------------

def _has_cells(front: _Front, count: int) -> Tensor:
    return torch.bincount(front.owner, minlength=count) > 0


def _unknown(front: _Front, count: int) -> Tensor:
    """The error (N,) of images of which nothing is known: infinite; -inf where an image has no cell."""
    return torch.where(_has_cells(front, count), math.inf, -math.inf).double()


def _best(front: _Front, count: int) -> Tensor:
    """The best value of each image, (N,); -inf where an image has no cell."""
    none = torch.full((count,), -math.inf, dtype=torch.float64)
    return none.scatter_reduce(0, front.owner, front.value, "amax")


def _log_sums(front: _Front, count: int) -> Tensor:
    """log of the sum of each image's masses, (N,); -inf where an image has no cell."""
    best = _best(front, count)
    sums = torch.zeros_like(best).index_add_(0, front.owner, (front.value - best[front.owner]).exp())
    return best + sums.log() + front.log_volume()


def _change(front: _Front, rest: Tensor) -> Tensor:
    """How much log p(x) (N,) changes when every other cell of the front stands for its neighbour too."""
    white = front.chosen(front.place.sum(1) % 2 == 0)
    both = [torch.logaddexp(rest, _log_sums(front, len(rest))),
            torch.logaddexp(rest, _log_sums(white, len(rest)) + math.log(2))]
    return (both[0] - both[1]).abs()


def precise(checkpoint: Checkpoint) -> Checkpoint:
    """The model in float64 where its likelihood is Gaussian: a small sigma^2 magnifies the rounding of the decoder."""
    if checkpoint.config.likelihood != "gaussian":
        return checkpoint
    params = {name: value.double().cpu() for name, value in checkpoint.params.items()}
    return checkpoint._replace(config=replace(checkpoint.config, dtype="float64"), params=params)


# --- log p(x, z) ------------------------------------------------------------------------------------------------

def _valued(checkpoint: Checkpoint, x: Tensor, owner: Tensor, index: Tensor, frame: _Frame, radius: float,
            side: float) -> _Front:
    """The front of cells `index` (M, L) for the images `owner` (M,) among x: each cell is decoded once."""
    along = round(2 * radius / side)
    keys, place = torch.unique(index[:, 0] * along + index[:, -1], return_inverse=True)
    cells = torch.stack([keys // along, keys % along], 1)[:, -index.shape[1] :]
    needed = torch.bincount(owner, minlength=len(x)) > 0
    images, image = needed.nonzero()[:, 0], (needed.cumsum(0) - 1)[owner]
    value = torch.empty(len(owner), dtype=torch.float64)
    for start in range(0, len(cells), DECODED):
        z = _centres(cells[start : start + DECODED], frame, radius, side)
        table = log_joint_table(checkpoint, x[images], z)
        here = ((place >= start) & (place < start + DECODED)).nonzero()[:, 0]
        value[here] = table[image[here], place[here] - start]
    return _Front(owner, index, value, frame, radius, side)


def log_joint_table(checkpoint: Checkpoint, x: Tensor, z: Tensor) -> Tensor:
    """log p(x_n, z_m) of images x (N, D) and latents z (M, L): (N, M) float64; the decoder in the model's dtype."""
    output = layers(checkpoint.params, "decoder", z.to(checkpoint.params["decoder.out.weight"])).cpu()
    return _TABLES[checkpoint.config.likelihood](x, output, checkpoint.config) + log_standard_normal(z)


def _bernoulli(x: Tensor, logits: Tensor, _: Config) -> Tensor:
    # The product in the logits' own dtype, whose rounding they have already; the sums of D terms follow in float64.
    return (x.to(logits) @ logits.t()).double() - functional.softplus(logits).sum(-1, dtype=torch.float64)


def _gaussian(x: Tensor, mean: Tensor, config: Config) -> Tensor:
    distance = torch.cdist(x, mean.double(), compute_mode="donot_use_mm_for_euclid_dist").square()
    return -0.5 * (distance / config.sigma2 + x.shape[1] * (LOG_2PI + math.log(config.sigma2)))


_TABLES: dict[str, Callable[[Tensor, Tensor, Config], Tensor]] = {"bernoulli": _bernoulli, "gaussian": _gaussian}
