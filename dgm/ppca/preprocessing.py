"""Numbers that the PCA page shows and no other module makes: angles, erased pixels, errors, collapse curves."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.ppca import linear_vae
from dgm.ppca import missing as ppca_missing
from dgm.ppca.covariance_spectrum import Spectrum
from dgm.ppca.em_steps import Step
from dgm.ppca.maximum_likelihood import closed_form
from dgm.ppca.model import Params, decode, posterior, reconstruct


class Repair(NamedTuple):
    """Images with pixels taken away and given back by the model; errors are root mean squares over those pixels."""

    seen: Tensor      # (M, D) NaN where erased
    mean: Tensor      # (M, D)
    sd: Tensor        # (M, D)
    missing: int
    error: float      # of the model
    guess: float      # of the mean image
    expected: float   # what the model itself expects


class Collapse(NamedTuple):
    """The best linear VAE along a path of sigma^2 or beta."""

    length: Tensor    # (S, q)
    kl: Tensor        # (S, q) nats


def standardise(x: Tensor) -> Tensor:
    """Columns of mean 0 and variance 1 (with 1/N); constant ones stay 0."""
    centred = x.double() - x.double().mean(0)
    spread = centred.std(0, correction=0)
    return centred / torch.where(spread > 0, spread, 1.0)


def dequantise(x: Tensor, levels: float, seed: int = 0) -> Tensor:
    """x, whole multiples of 1/levels, with a uniform grain of one level added.

    A density on whole numbers has no bound: pixels that never vary would send it to infinity at large q.
    """
    grain = torch.rand(x.shape, generator=runtime.generator(seed), dtype=torch.float64) - 0.5
    return x.double() + grain / levels


def two_thirds(x: Tensor) -> tuple[Tensor, Tensor]:
    """The rows to fit and the third held out, always the same ones."""
    rows = torch.randperm(len(x), generator=runtime.generator(0, len(x)))
    cut = max(2, 2 * len(x) // 3)
    return x[rows[:cut]], x[rows[cut:]]


def turned(a: Params, b: Params) -> float:
    """Degrees between the first axes of two models, 0..90. 0 where one has no axis."""
    first, second = a.W[:, 0], b.W[:, 0]
    size = float(first.norm() * second.norm())
    return math.degrees(math.acos(min(1.0, abs(float(first @ second)) / size))) if size else 0.0


def erase(images: Tensor, share: float, seed: int = 0) -> Tensor:
    """The images (M, D) with a share of their pixels, drawn at random, missing (NaN)."""
    draws = torch.rand(images.shape, generator=runtime.generator(seed), dtype=torch.float64)
    return images.double().masked_fill(draws < share, math.nan)


def erase_half(images: Tensor, shape: tuple[int, int]) -> Tensor:
    """The images (M, D) without their lower half."""
    out = images.double().clone().reshape(-1, *shape)
    out[:, shape[0] // 2 :] = math.nan
    return out.reshape(len(images), -1)


def repair(images: Tensor, seen: Tensor, theta: Params) -> Repair:
    """Fill the gaps of `seen` (M, D) by the model and compare with `images`. ValueError when nothing is missing."""
    holes = seen.isnan()
    if not bool(holes.any()):
        raise ValueError("no pixel is missing: raise the share of pixels to erase")
    filled = ppca_missing.impute(seen, theta)

    def rms(values: Tensor) -> float:
        return float((values[holes] ** 2).mean().sqrt())

    truth = images.double()
    return Repair(seen, filled.mean, filled.sd, int(holes.sum()), rms(filled.mean - truth), rms(theta.mean - truth),
                  rms(filled.sd))


def reconstruction_errors(x: Tensor, spec: Spectrum, qs: Sequence[int]) -> list[tuple[int, Tensor, float]]:
    """For each q: the reconstructions of x (M, D) by PCA's projection, and their mean squared error per value."""
    out = []
    for q in qs:
        images = reconstruct(x, closed_form(spec, q), shrink=False)
        out.append((q, images, float(((images - x) ** 2).mean())))
    return out


def collapse(spec: Spectrum, q: int, sigma2: Sequence[float], beta: Sequence[float]) -> Collapse:
    """`linear_vae.optimum` at every pair of (sigma2, beta)."""
    found = [linear_vae.optimum(spec, q, noise, weight) for noise, weight in zip(sigma2, beta, strict=True)]
    return Collapse(torch.stack([best.length for best in found]), torch.stack([best.kl for best in found]))


def steps_to(log_liks: Sequence[float], best: float, within: float) -> int | None:
    """The first step whose log-likelihood is less than `within` nats below `best`; None if there is none."""
    return next((step for step, value in enumerate(log_liks) if best - value < within), None)


def springs(x: Tensor, steps: Sequence[Step], expanded: bool = False) -> list[tuple[Params, Tensor]]:
    """For every half-step theta and where it decodes the current E[z | x]: E moves the z, M the line, (N, D) each."""
    out: list[tuple[Params, Tensor]] = []
    for before, after in pairwise(steps):
        z = posterior(x, before.params).mean
        out.append((before.params, decode(z, before.params)))
        if expanded:     # the M half moves to the coordinates L^-1 z, L L' = E[z z']
            z = torch.linalg.solve_triangular(torch.linalg.cholesky(before.moments.second), z.T, upper=False).T
        out.append((after.params, decode(z, after.params)))
    last = steps[-1].params
    return [*out, (last, decode(posterior(x, last).mean, last))]
