"""EM for Gaussian mixtures: seconds per iteration against scikit-learn, torchgmm and pomegranate.

    python -m benchmarks.gmm            # the table
    python -m benchmarks.gmm --memory   # peak memory at 1e6 x 16 x 32

All start from the same parameters and alternate, iteration by iteration, in one process; medians. "agree" is the
largest relative difference of the mean log-likelihoods from scikit-learn's over the iterations. The floor is the time
of the
operations that every program of this form needs: the two matrix products over the features and one exponential per
point and component. Peers run their own E- and M-step without their checks and training loops, which favours them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import statistics
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch

from dgm import gmm
from dgm.gmm.log_density import BLOCK

SHAPES = [(272, 2, 2), (10_000, 2, 3), (10_000, 32, 4), (100_000, 2, 5), (100_000, 16, 32), (100_000, 32, 10),
          (1_000_000, 2, 32), (1_000_000, 16, 2), (1_000_000, 16, 32)]
TARGETS = {(100_000, 2, 5): 4, (100_000, 16, 32): 2, (1_000_000, 2, 32): 10, (1_000_000, 16, 32): 5}
Peer = Callable[[torch.Tensor, gmm.Params], Iterator[float]]


def problem(n: int, d: int, k: int) -> tuple[torch.Tensor, gmm.Params]:
    """Overlapping clusters, and initial parameters near the true ones."""
    rng = torch.Generator().manual_seed(n + d + k)
    means = 2.5 * torch.randn(k, d, generator=rng, dtype=torch.float64)
    roots = 0.5 * torch.randn(k, d, d, generator=rng, dtype=torch.float64) / d**0.5 + torch.eye(d, dtype=torch.float64)
    uniform = torch.full((k,), 1 / k, dtype=torch.float64).log()
    x = gmm.sample(gmm.Params(uniform, means, roots @ roots.mT), n, seed=1).x
    near = means + 0.3 * torch.randn(k, d, generator=rng, dtype=torch.float64)
    return x, gmm.Params(uniform, near, torch.eye(d, dtype=torch.float64).repeat(k, 1, 1))


def ours(threads: int) -> Peer:
    def iterate(x: torch.Tensor, start: gmm.Params) -> Iterator[float]:
        for step in gmm.em(x, start, floor=0, threads=threads):
            yield step.log_lik
    return iterate


def scikit_learn(x: torch.Tensor, start: gmm.Params) -> Iterator[float]:
    from sklearn.mixture import GaussianMixture

    points = x.numpy()
    model = GaussianMixture(len(start.means), reg_covar=0, max_iter=1, tol=0, means_init=start.means.numpy())
    model.weights_ = start.log_weights.exp().numpy()
    model.means_, model.covariances_ = start.means.numpy(), start.covs.numpy()
    model.precisions_cholesky_ = torch.linalg.inv(torch.linalg.cholesky(start.covs)).mT.numpy()
    while True:
        log_lik, log_resp = model._e_step(points)
        yield float(log_lik)
        model._m_step(points, log_resp)


def torchgmm(x: torch.Tensor, start: gmm.Params) -> Iterator[float]:
    from torchgmm.bayes.core.normal import cholesky_precision
    from torchgmm.bayes.gmm.metrics import CovarianceAggregator, MeanAggregator, PriorAggregator
    from torchgmm.bayes.gmm.model import GaussianMixtureModel, GaussianMixtureModelConfig

    k, d = start.means.shape
    model = GaussianMixtureModel(GaussianMixtureModelConfig(k, d, "full")).double()
    sums = [PriorAggregator(k), MeanAggregator(k, d), CovarianceAggregator(k, d, "full", 0.0)]
    for part in sums:
        part.set_dtype(torch.float64)
    model.component_probs.copy_(start.log_weights.exp())
    model.means.copy_(start.means)
    model.precisions_cholesky.copy_(cholesky_precision(start.covs, "full"))
    while True:
        log_resp, log_prob = model(x)
        yield float(log_prob.mean())
        resp = log_resp.exp()
        for part in sums:
            part.reset()
        sums[0].update(resp)
        sums[1].update(x, resp)
        means = sums[1].compute()
        sums[2].update(x, resp, means)
        model.component_probs.copy_(sums[0].compute())
        model.means.copy_(means)
        model.precisions_cholesky.copy_(cholesky_precision(sums[2].compute(), "full"))


def pomegranate(x: torch.Tensor, start: gmm.Params) -> Iterator[float]:
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    k = len(start.means)
    parts = [Normal(start.means[i], start.covs[i], check_data=False) for i in range(k)]
    model = GeneralMixtureModel(parts, priors=start.log_weights.exp(), check_data=False)
    while True:
        yield float(model.summarize(x)) / len(x)
        model.from_summaries()


PEERS: dict[str, Peer] = {"dgm": ours(1), "dgm, 2 threads": ours(2), "scikit-learn": scikit_learn,
                          "torchgmm": torchgmm, "pomegranate": pomegranate}


OWN = ["dgm", "dgm, 2 threads"]
REPEATS = 4      # further iterations of our own in a round, for some with both cores undisturbed
OTHERS = ["scikit-learn", "torchgmm", "pomegranate"]


def floor(n: int, d: int, k: int) -> float:
    """Seconds for two products with P features and one exponential per point and component, in cache."""
    p = (d + 1) * (d + 2) // 2
    size = min(max(BLOCK // (p + k), 256), 1 << 14, n)
    features, coefficients = torch.rand(p, size, dtype=torch.float64), torch.rand(k, p, dtype=torch.float64)
    joint, sums = torch.empty(k, size, dtype=torch.float64), torch.zeros(k, p, dtype=torch.float64)
    began = time.perf_counter()
    for _ in range(max(n // size, 1)):
        torch.mm(coefficients, features, out=joint)
        joint.neg_().exp_()
        sums.addmm_(joint, features.T)
    return time.perf_counter() - began


def measure(shape: tuple[int, int, int], rounds: int,
            peers: list[str]) -> tuple[dict[str, float], dict[str, float], float]:
    """Median seconds per iteration and relative differences of the log-likelihoods, per program; and the floor."""
    x, start = problem(*shape)
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    values: dict[str, list[float]] = {name: [] for name in peers}
    iterations = {name: PEERS[name](x, start) for name in peers}
    floors = []
    for r in range(rounds + 1):                     # the first round, with its preparations, is not counted
        # In random order, because below a millisecond the predecessor affects the time.
        for name in np.random.default_rng(r).permutation(peers + OWN * REPEATS):
            began = time.perf_counter()
            values[name].append(next(iterations[name]))
            seconds[name].append(time.perf_counter() - began)
        floors.append(floor(*shape))
    reference = np.array(values["scikit-learn"])
    differences = {name: float(np.max(np.abs(np.array(v[:rounds + 1]) / reference - 1))) for name, v in values.items()}
    return {name: statistics.median(v[1:]) for name, v in seconds.items()}, differences, statistics.median(floors)


def row(shape: tuple[int, int, int], rounds: int, peers: list[str]) -> str:
    seconds, differences, least = measure(shape, rounds, peers)
    one = seconds["dgm"]
    cells = [" x ".join(f"{size:,}" for size in shape), f"{one * 1e3:.3g}", f"{one / least:.1f} x"]
    cells.append(f"{one / seconds['dgm, 2 threads']:.2f} x")
    for peer in OTHERS:
        cells.append(f"{seconds[peer] / one:.1f} x ({differences[peer]:.0e})" if peer in seconds else "-")
    cells += [f"{differences['dgm']:.0e}", f">= {TARGETS.get(shape, 1)} x"]
    return "| " + " | ".join(cells) + " |"


def memory() -> None:
    """Peak resident memory of a process that holds 1e6 x 16 points and takes three EM iterations with K = 32."""
    x, start = problem(1_000_000, 16, 32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in zip(range(3), gmm.em(x, start, floor=0), strict=False):
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:,.0f} MB in all ({before:,.0f} MB of them while sampling the points), limit 1,500 MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--shapes", nargs="*", type=int, default=range(len(SHAPES)), help="indices into SHAPES")
    parser.add_argument("--peers", nargs="*", choices=OTHERS, default=OTHERS, help="scikit-learn has to be one of them")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.memory:
        memory()
        return
    warnings.simplefilter("ignore")
    peers = OWN + options.peers
    measure((1000, 2, 2), 1, peers)       # imports the peers, one of which changes the number of torch's threads
    torch.set_num_threads(1)
    print("| N x D x K | dgm, ms | over the floor | 2 threads | scikit-learn / dgm (agree) | torchgmm / dgm | "
          "pomegranate / dgm | dgm agrees | target |")
    print("|---|---|---|---|---|---|---|---|---|")
    for i in options.shapes:
        few = SHAPES[i][0] * SHAPES[i][1] * SHAPES[i][2] > 10**8
        print(row(SHAPES[i], min(options.rounds, 3) if few else options.rounds * 5, peers), flush=True)


if __name__ == "__main__":
    main()
