"""The E-step and the statistics that the M-step needs, in one pass over the points (Bishop, PRML, eq. 9.23 to 9.27).

The responsibilities (N, K) exist block by block only: the M-step needs their counts, weighted means and scatters,
nothing else. The caller chooses the number of threads that share the blocks; torch's own, in each of them, are one,
unless DGM_THREADS or OMP_NUM_THREADS says otherwise or torch was imported before dgm.
"""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.log_density import Density, Evaluator, blocks, centred_sums, pairs
from dgm.gmm.scaling import Frame

MIN_PARALLEL = 4e6   # numbers in all blocks below which a second thread costs more than it saves
TINY = 1e-300        # smaller counts are replaced by this: log and quotient stay finite


class Moments(NamedTuple):
    """The sufficient statistics under q: enough for the M-step and for E_q log p(x, z | theta)."""

    weights: Tensor   # (K,)       mean responsibility
    means: Tensor     # (K, D)
    scatter: Tensor   # (K, D, D)  covariance of the responsibility-weighted points


class Block(NamedTuple):
    """One block of points after the E-step."""

    span: slice
    log_lik: Tensor   # (n,)       log p(z_n)
    resp: Tensor      # (K, n)     a view of a buffer that the next block overwrites
    features: Tensor  # (P, n) or (K, D, n)
    buffer: Tensor    # (rows, n)  holds the features, with room for intermediate results


def iter_blocks(z: Tensor, evaluator: Evaluator, start: int = 0, stop: int | None = None) -> Iterator[Block]:
    """E-step over the points [start, stop) of z (D, N), block by block, in reused buffers."""
    stop = z.shape[1] if stop is None else stop
    k, rows = len(evaluator.origin), evaluator.rows
    cuts = [slice(start + cut.start, start + cut.stop) for cut in blocks(stop - start, rows + k, z.device)]
    widest = cuts[0].stop - cuts[0].start
    space, joint, resp = (z.new_empty(count * widest) for count in (rows, k, k))
    for cut in cuts:
        n = cut.stop - cut.start
        buffer = space[:rows * n].view(rows, n)
        features = evaluator.features(z[:, cut], buffer)
        log_joint = evaluator.log_joint(features, buffer, joint[:k * n].view(k, n))
        q = torch.softmax(log_joint, 0, out=resp[:k * n].view(k, n))
        # log p(z) = log p(z, k) - log q(k) for every k; the likeliest k, whose q is at least 1/K, loses no digits.
        yield Block(cut, log_joint.amax(0).sub_(q.amax(0).log_()), q, features, buffer)


def responsibilities(z: Tensor, evaluator: Evaluator) -> Tensor:
    """(N, K): q(z) = p(z | x, theta)."""
    resp = z.new_empty(z.shape[1], len(evaluator.origin))
    for block in iter_blocks(z, evaluator):
        resp[block.span] = block.resp.T
    return resp


def log_likelihoods(z: Tensor, evaluator: Evaluator) -> Tensor:
    """(N,): log p(z_n | theta), nats, in working coordinates."""
    return torch.cat([block.log_lik for block in iter_blocks(z, evaluator)])


def sufficient_statistics(z: Tensor, evaluator: Evaluator, threads: int = 1) -> tuple[float, Moments]:
    """Mean log-likelihood (nats per point, working coordinates) and moments after one E-step."""
    n = z.shape[1]
    threads = min(threads, n)    # each has a point
    if threads == 1 or n * evaluator.rows < MIN_PARALLEL:
        log_lik, sums = _sums(z, evaluator, 0, n)
    else:
        cuts = [n * i // threads for i in range(threads + 1)]
        pool = _thread_pool(threads - 1)
        shares = [pool.submit(_sums, z, evaluator, *cut) for cut in itertools.pairwise(cuts[1:])]
        parts = [_sums(z, evaluator, 0, cuts[1]), *(share.result() for share in shares)]
        log_lik, sums = torch.stack([a for a, _ in parts]).sum(), torch.stack([b for _, b in parts]).sum(0)
    return float(log_lik) / n, moments_from_sums(sums, evaluator.origin, n, evaluator.diagonal)


@lru_cache(maxsize=4)
def _thread_pool(count: int) -> ThreadPoolExecutor:
    """A pool for all iterations: starting threads anew costs each iteration a millisecond."""
    return ThreadPoolExecutor(count, "em")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_thread_pool.cache_clear)   # a forked process has none of its parent's threads


def _sums(z: Tensor, evaluator: Evaluator, start: int, stop: int) -> tuple[Tensor, Tensor]:
    """Sum of log p(z_n) and sums (K, P) over the points [start, stop)."""
    with torch.inference_mode():
        k, d = evaluator.origin.shape
        width = (2 * d if evaluator.diagonal else d * (d + 3) // 2) + 1
        log_lik, sums = z.new_zeros(()), z.new_zeros(k, width)
        for block in iter_blocks(z, evaluator, start, stop):
            log_lik += block.log_lik.sum()
            sums += evaluator.sums(block.features, block.buffer, block.resp)
    return log_lik, sums


def sufficient_statistics_about(z: Tensor, evaluator: Evaluator, means: Tensor) -> Moments:
    """The moments again, about the `means` (K, D) that a first pass found: no digits are lost to a far origin."""
    total = z.new_zeros(())
    for block in iter_blocks(z, evaluator):
        total = total + centred_sums(z[:, block.span] - means[:, :, None], block.resp, evaluator.diagonal)
    return moments_from_sums(total, means, z.shape[1], evaluator.diagonal)


def moments_from_sums(sums: Tensor, origin: Tensor, n: int, diagonal: bool) -> Moments:
    """Sums (K, P) of products, distances from `origin` (K, D) and ones -> weights, means and scatters."""
    d = origin.shape[1]
    average = sums / sums[:, -1:].clamp(min=TINY)
    shift = average[:, -1 - d:-1]
    if diagonal:
        scatter = (average[:, :d] - shift.square()).diag_embed()
    else:
        order = pairs(d, sums.device)
        scatter = average.index_select(1, order.place).view(-1, d, d).sub_(shift[:, :, None] * shift[:, None])
    means = origin + shift
    return _about(means, shift - (means - origin), Moments(sums[:, -1] / n, means, scatter))


def representable(moments: Moments, frame: Frame) -> Moments:
    """The moments about means that the data's units can represent: what `log_prob` sees of a mixture."""
    if not bool(frame.centre.any()):
        return moments
    means = (frame.data_means(moments.means) - frame.centre) / frame.scale
    return _about(means, moments.means - means, moments)


def _about(means: Tensor, slip: Tensor, moments: Moments) -> Moments:
    """The moments about rounded means, by `slip` (K, D) away from the exact ones."""
    scatter = torch.addcmul(moments.scatter, slip[:, :, None], slip[:, None])
    return Moments(moments.weights, means, scatter)


def weighted_moments(z: Tensor, resp: Tensor, diagonal: bool = False) -> Moments:
    """Moments of z (D, N) under any responsibilities (K, N), about the weighted means: no digits are lost."""
    means = resp @ z.T / resp.sum(1, keepdim=True).clamp(min=TINY)
    cuts = blocks(z.shape[1], 3 * means.numel(), z.device)
    parts = [centred_sums(z[:, cut] - means[:, :, None], resp[:, cut], diagonal) for cut in cuts]
    return moments_from_sums(torch.stack(parts).sum(0), means, z.shape[1], diagonal)


def expected_complete_log_lik(moments: Moments, density: Density) -> float:
    """E_q log p(x, z | theta), nats per point: sum_k w_k [log_norm_k - 1/2 tr P_k (scatter + shift shift')]."""
    shift = (moments.means - density.means)[:, :, None]
    about = torch.baddbmm(moments.scatter, shift, shift.mT)
    trace = torch.bmm(density.whiten, about).mul_(density.whiten).sum((1, 2))
    return float(torch.dot(moments.weights, torch.sub(density.log_norm, trace, alpha=0.5)))
