"""The E-step and the statistics that the M-step needs, in one pass over the points.

The responsibilities (N, K) exist block by block only: the M-step needs their counts, weighted means and
scatters, nothing else. Blocks are shared out to threads when asked; torch's own threads stay at one.
"""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.log_density import Density, Form, blocks, centred_sums, pairs

SMALL = 4e6     # numbers in all blocks below which a second thread costs more than it brings
TINY = 1e-300   # counts below are counted as this: log and quotient stay finite


class Moments(NamedTuple):
    """What q leaves of the data: enough for the M-step and for E_q log p(x, z | theta)."""

    weights: Tensor   # (K,)       mean responsibility
    means: Tensor     # (K, D)
    scatter: Tensor   # (K, D, D)  covariance of the responsibility-weighted points


class Block(NamedTuple):
    """One block of points after the E-step."""

    at: slice
    log_lik: Tensor   # (n,)  log p(z_n)
    resp: Tensor      # (K, n)  a buffer: used before the next block is asked for
    features: Tensor
    space: Tensor     # (rows, n)  where they lie, with room beside them


def walk(z: Tensor, how: Form, start: int = 0, stop: int | None = None) -> Iterator[Block]:
    """E-step over the points [start, stop), block by block, in reused buffers."""
    stop = z.shape[1] if stop is None else stop
    k = len(how.origin)
    cuts = [slice(start + cut.start, start + cut.stop) for cut in blocks(stop - start, how.rows + k, z.device)]
    widest = cuts[0].stop - cuts[0].start
    space, joint, resp = (z.new_empty(rows * widest) for rows in (how.rows, k, k))
    for cut in cuts:
        n = cut.stop - cut.start
        here = space[:how.rows * n].view(how.rows, n)
        features = how.features(z[:, cut], here)
        terms = how.log_joint(features, here, joint[:k * n].view(k, n))
        q = torch.softmax(terms, 0, out=resp[:k * n].view(k, n))
        # log p(z) = log p(z, k) - log q(k) for every k; the likeliest k, whose q is at least 1/K, loses no digits.
        yield Block(cut, terms.amax(0).sub_(q.amax(0).log_()), q, features, here)


def collect(z: Tensor, how: Form, threads: int = 1) -> tuple[float, Moments]:
    """Mean log-likelihood (nats per point, working coordinates) and moments after one E-step."""
    n = z.shape[1]
    if threads == 1 or n * how.rows < SMALL:
        log_lik, sums = _collect(z, how, 0, n)
    else:
        cuts = [n * i // threads for i in range(threads + 1)]
        shares = [_helpers(threads - 1).submit(_collect, z, how, *cut) for cut in itertools.pairwise(cuts[1:])]
        parts = [_collect(z, how, 0, cuts[1]), *(share.result() for share in shares)]
        log_lik, sums = torch.stack([a for a, _ in parts]).sum(), torch.stack([b for _, b in parts]).sum(0)
    return float(log_lik) / n, moments(sums, how.origin, n, how.diagonal)


@lru_cache(maxsize=4)
def _helpers(count: int) -> ThreadPoolExecutor:
    """Threads that stay: to start them afresh costs an iteration a millisecond."""
    return ThreadPoolExecutor(count, "em")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)   # a forked process has none of its parent's threads


def _collect(z: Tensor, how: Form, start: int, stop: int) -> tuple[Tensor, Tensor]:
    with torch.inference_mode():
        k, d = how.origin.shape
        width = (2 * d if how.diagonal else d * (d + 3) // 2) + 1
        log_lik, sums = z.new_zeros(()), z.new_zeros(k, width)
        for block in walk(z, how, start, stop):
            log_lik += block.log_lik.sum()
            sums += how.sums(block.features, block.space, block.resp)
    return log_lik, sums


def collect_about(z: Tensor, how: Form, means: Tensor) -> Moments:
    """The moments again, about the `means` (K, D) that a first pass found: no digits are lost to a far origin."""
    total = z.new_zeros(())
    for block in walk(z, how):
        total = total + centred_sums(z[:, block.at] - means[:, :, None], block.resp, how.diagonal)
    return moments(total, means, z.shape[1], how.diagonal)


def moments(sums: Tensor, origin: Tensor, n: int, diagonal: bool) -> Moments:
    """Sums (K, P) of products, distances from `origin` and ones -> weights, means and scatters."""
    d = origin.shape[1]
    average = sums / sums[:, -1:].clamp(min=TINY)
    shift = average[:, -1 - d:-1]
    if diagonal:
        scatter = (average[:, :d] - shift.square()).diag_embed()
    else:
        order = pairs(d, sums.device)
        scatter = average.index_select(1, order.place).view(-1, d, d).sub_(shift[:, :, None] * shift[:, None])
    return Moments(sums[:, -1] / n, origin + shift, scatter)


def moments_of(z: Tensor, resp: Tensor, diagonal: bool = False) -> Moments:
    """Moments under any responsibilities (K, N), about the weighted means: no digits are lost."""
    means = resp @ z.T / resp.sum(1, keepdim=True).clamp(min=TINY)
    cuts = blocks(z.shape[1], 3 * means.numel(), z.device)
    parts = [centred_sums(z[:, cut] - means[:, :, None], resp[:, cut], diagonal) for cut in cuts]
    return moments(torch.stack(parts).sum(0), means, z.shape[1], diagonal)


def complete(m: Moments, p: Density) -> float:
    """E_q log p(x, z | theta), nats per point: sum_k w_k [log_norm_k - 1/2 tr P_k (scatter + shift shift')]."""
    shift = (m.means - p.means)[:, :, None]
    about = torch.baddbmm(m.scatter, shift, shift.mT)
    trace = torch.bmm(p.whiten, about).mul_(p.whiten).sum((1, 2))
    return float(torch.dot(m.weights, torch.sub(p.log_norm, trace, alpha=0.5)))
