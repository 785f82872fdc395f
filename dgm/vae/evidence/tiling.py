"""Cells that tile the z-line or z-plane, refined where the posterior of each image has its mass.

    p(x) = integral of p(x | z) p(z) dz,   a midpoint sum over cells

First a coarse grid over the prior's mass, then only cells that carry mass are split into halves along every axis. All
images are refined together: cells of one size lie on one grid, so that each is decoded once, whichever images need it.

The sum over cells of one size is compared with twice the sum over every other one of them, as on the white squares of
a chessboard. A midpoint sum of a smooth peak converges faster than any power of the distance between its points, so
the sum over all cells is far more exact than that difference, which is what `error` gives; or a 30th of the last
change, where that is larger: the difference may vanish by accident.

Shapes: N images of D pixels, L latents, M pairs of an image and a cell. Sums in float64, nats.
"""

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm.gaussian import LOG_2PI, log_standard_normal
from dgm.vae.model import Checkpoint, Config, layers

# Half sides of the coarse grid: outside of the first, the prior has 4e-9 of its mass; the next ones are for images
# whose posterior is beyond.
RADII = (6.0, 12.0, 24.0, 48.0)
COARSE = 0.375           # side of a coarse cell
# Nats below the best centre down to which a cell is split, level by level: while cells are coarse, the centre of a
# cell with half of a sharp peak may lie far below. At the first level a cell counts as much as its best neighbour.
SLACK = (40.0, 50.0, 25.0, 16.0)
EDGE = 12.0              # nats that the grid's edge has to lie below the best centre
MAX_LEVELS = 12
FASTER = 30.0            # at least so many times smaller is the error of a sum than that of the one before
MAX_CELLS = 2_000_000      # of one size, over all images: no finer ones, and `error` says how exact the sum is
DECODED = 2048           # latents that are decoded at a time


class Tiling(NamedTuple):
    """p(x_n, z) of N images as masses of cells; the cells of one image tile the plane."""

    z: Tensor         # (M, L) centres
    owner: Tensor     # (M,) which image, 0 to N - 1
    log_mass: Tensor  # (M,) log of p(x, centre) times the cell's volume, nats
    log_side: Tensor  # (M,) log of the cell's side
    log_p: Tensor     # (N,) log p(x), nats
    error: Tensor     # (N,) of log_p, nats

    def shares(self) -> Tensor:
        """The posterior mass of each cell, (M,); they add up to 1 for each image."""
        return (self.log_mass - self.log_p[self.owner]).exp()

    def mean(self) -> Tensor:
        """E[z | x] (N, L)."""
        return self.per_image(self.shares()[:, None] * self.z)

    def covariance(self) -> Tensor:
        """Cov[z | x] (N, L, L)."""
        centred = self.z - self.mean()[self.owner]
        return self.per_image(self.shares()[:, None, None] * centred[:, :, None] * centred[:, None, :])

    def per_image(self, values: Tensor) -> Tensor:
        """Sums over each image's cells of values (M, ...): (N, ...)."""
        return values.new_zeros(len(self.log_p), *values.shape[1:]).index_add_(0, self.owner, values)


class _Front(NamedTuple):
    """Cells of one size, each for one image."""

    owner: Tensor      # (M,)
    place: Tensor      # (M, L) whole numbers: the place on the grid of this size
    value: Tensor      # (M,) log p(x, centre)
    radius: float      # of the grid
    side: float        # of a cell

    def chosen(self, which: Tensor) -> "_Front":
        return self._replace(owner=self.owner[which], place=self.place[which], value=self.value[which])

    def centres(self) -> Tensor:
        return _centres(self.place, self.radius, self.side)

    def log_mass(self) -> Tensor:
        return self.value + self.place.shape[1] * math.log(self.side)


@torch.no_grad()
def tiling(checkpoint: Checkpoint, x: Tensor, tol: float) -> Tiling:
    """The cells of images x (N, D), refined until each log p(x) is known to `tol` nats; 1 or 2 latents."""
    x = x.double().cpu()
    waiting, parts = torch.arange(len(x)), []
    for radius in RADII:
        front = _coarse(checkpoint, x, waiting, radius)
        light = _edge_is_light(front, len(x)) | torch.tensor(radius == RADII[-1])
        if bool(light[waiting].any()):
            parts.append(_refined(checkpoint, x, front.chosen(light[front.owner]), tol))
        waiting = waiting[~light[waiting]]
        if not len(waiting):
            break
    return _merged(parts)


def _refined(checkpoint: Checkpoint, x: Tensor, front: _Front, tol: float) -> Tiling:
    """The tiling of the images of a front of coarse cells; the error of the others is 0 and their log p(x) -inf."""
    done: list[_Front] = []
    rest, error = torch.full((2, len(x)), -math.inf, dtype=torch.float64)
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
            error = torch.where(torch.bincount(front.owner, minlength=len(x)) > 0, change, error)
            known = (error < tol)[front.owner]
            done.append(front.chosen(known))
            front = front.chosen(~known)
        score = front.value
        if not len(front.owner) or len(front.owner) > MAX_CELLS:
            break
    done.append(front)
    return _as_tiling([part for part in done if len(part.owner)], error)


def _as_tiling(done: list[_Front], error: Tensor) -> Tiling:
    log_p = torch.stack([_log_sums(part, len(error)) for part in done]).logsumexp(0)
    return Tiling(torch.cat([part.centres() for part in done]), torch.cat([part.owner for part in done]),
                  torch.cat([part.log_mass() for part in done]),
                  torch.cat([torch.full_like(part.value, math.log(part.side)) for part in done]), log_p, error)


def _merged(parts: list[Tiling]) -> Tiling:
    """One tiling of images each of which is in one of the parts."""
    return Tiling(torch.cat([part.z for part in parts]), torch.cat([part.owner for part in parts]),
                  torch.cat([part.log_mass for part in parts]), torch.cat([part.log_side for part in parts]),
                  torch.stack([part.log_p for part in parts]).amax(0),
                  torch.stack([part.error for part in parts]).amax(0))


# --- cells ------------------------------------------------------------------------------------------------------

def _centres(index: Tensor, radius: float, side: float) -> Tensor:
    return (index + 0.5) * side - radius


def _coarse(checkpoint: Checkpoint, x: Tensor, which: Tensor, radius: float) -> _Front:
    """All coarse cells, image by image, for the images `which` (K,)."""
    steps = torch.arange(round(2 * radius / COARSE))
    latent = checkpoint.config.latent
    index = torch.cartesian_prod(*[steps] * latent).reshape(-1, latent)
    owner = which.repeat_interleave(len(index))
    return _valued(checkpoint, x, owner, index.repeat(len(which), 1), radius, COARSE)


def _halved(checkpoint: Checkpoint, x: Tensor, front: _Front) -> _Front:
    """Every cell split into halves along every axis."""
    corners = torch.tensor(list(product((0, 1), repeat=front.place.shape[1])))
    index = (2 * front.place[:, None] + corners).reshape(-1, front.place.shape[1])
    owner = front.owner.repeat_interleave(len(corners))
    return _valued(checkpoint, x, owner, index, front.radius, front.side / 2)


def _edge_is_light(front: _Front, count: int) -> Tensor:
    """Of which images (N,) the cells at the edge of the coarse grid carry no mass."""
    edge = ((front.place == 0) | (front.place == round(2 * front.radius / front.side) - 1)).any(-1)
    return _best(front.chosen(edge), count) < _best(front, count) - EDGE


def _best_neighbour(front: _Front) -> Tensor:
    """The best value of each coarse cell and those beside it."""
    latent = front.place.shape[1]
    side = round(2 * front.radius / front.side)
    pool = (functional.max_pool1d, functional.max_pool2d)[latent - 1]
    return pool(front.value.reshape(-1, 1, *[side] * latent), 3, stride=1, padding=1).flatten()


# --- sums per image ---------------------------------------------------------------------------------------------

def _best(front: _Front, count: int) -> Tensor:
    """The best value of each image, (N,); -inf where an image has no cell."""
    none = torch.full((count,), -math.inf, dtype=torch.float64)
    return none.scatter_reduce(0, front.owner, front.value, "amax")


def _log_sums(front: _Front, count: int) -> Tensor:
    """log of the sum of each image's masses, (N,); -inf where an image has no cell."""
    best = _best(front, count)
    sums = torch.zeros_like(best).index_add_(0, front.owner, (front.value - best[front.owner]).exp())
    return best + sums.log() + front.place.shape[1] * math.log(front.side)


def _change(front: _Front, rest: Tensor) -> Tensor:
    """How much log p(x) (N,) changes when every other cell of the front stands for its neighbour too."""
    white = front.chosen(front.place.sum(1) % 2 == 0)
    both = [torch.logaddexp(rest, _log_sums(front, len(rest))),
            torch.logaddexp(rest, _log_sums(white, len(rest)) + math.log(2))]
    return (both[0] - both[1]).abs()


# --- log p(x, z) ------------------------------------------------------------------------------------------------

def _valued(checkpoint: Checkpoint, x: Tensor, owner: Tensor, index: Tensor, radius: float, side: float) -> _Front:
    """The front of cells `index` (M, L) for the images `owner` (M,) among x: each cell is decoded once."""
    along = round(2 * radius / side)
    keys, place = torch.unique(index[:, 0] * along + index[:, -1], return_inverse=True)
    cells = torch.stack([keys // along, keys % along], 1)[:, -index.shape[1] :]
    images, image = torch.unique(owner, return_inverse=True)
    value = torch.empty(len(owner), dtype=torch.float64)
    for start in range(0, len(cells), DECODED):
        z = _centres(cells[start : start + DECODED].double(), radius, side)
        table = log_joint_table(checkpoint, x[images], z)
        here = ((place >= start) & (place < start + DECODED)).nonzero()[:, 0]
        value[here] = table[image[here], place[here] - start]
    return _Front(owner, index, value, radius, side)


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
