"""EM for Gaussian mixtures: seconds per iteration against scikit-learn, torchgmm and pomegranate.

    python -m benchmarks.gmm [--quick]
    python -m benchmarks.gmm --memory   # peak memory at 1e6 x 16 x 32

All start from the same parameters and alternate, iteration by iteration, in one process; their mean log-likelihoods
have to agree. The floor is the time of the operations that every program of this form needs: the two matrix products
over the features and one exponential per point and component. Peers run their own E- and M-step without their checks
and training loops, which favours them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch

from benchmarks import report
from benchmarks.report import Row, Table
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


PEERS: dict[str, Peer] = {"dgm": ours(1), "scikit-learn": scikit_learn, "torchgmm": torchgmm,
                          "pomegranate": pomegranate}


OTHERS = ("scikit-learn", "torchgmm", "pomegranate")
REPEATS = 4          # iterations of our own in a round, whose median counts
AGREE, PEERS_AGREE = 1e-8, 1e-6      # of our mean log-likelihoods and scikit-learn's, relative; and of the others'
THREADED = ((100_000, 16, 32), (1_000_000, 16, 32))


def floor(n: int, d: int, k: int) -> float:
    """Seconds for two products with P features and one exponential per point and component, in cache."""
    p = (d + 1) * (d + 2) // 2
    size = min(max(BLOCK // (p + k), 256), 1 << 14, n)
    features, coefficients = torch.rand(p, size, dtype=torch.float64), torch.rand(k, p, dtype=torch.float64)
    joint, sums = torch.empty(k, size, dtype=torch.float64), torch.zeros(k, p, dtype=torch.float64)
    began = report.CPU()
    for _ in range(max(n // size, 1)):
        torch.mm(coefficients, features, out=joint)
        joint.neg_().exp_()
        sums.addmm_(joint, features.T)
    return report.CPU() - began


Times = dict[str, list[float]]


def iteration(name: str, runs: dict[str, Iterator[float]], values: Times) -> float:
    """Processor seconds of one iteration, whose log-likelihood is noted."""
    began = report.CPU()
    values[name].append(next(runs[name]))
    return report.CPU() - began


def measure(shape: tuple[int, int, int], rounds: int) -> Times:
    """Seconds per iteration of each program, and of the floor, round by round; they are checked to agree."""
    x, start = problem(*shape)
    runs = {name: PEERS[name](x, start) for name in PEERS}
    times: Times = {name: [] for name in (*PEERS, "floor")}
    values: Times = {name: [] for name in PEERS}
    for r in range(rounds + 1):                     # the first round, with its preparations, is not counted
        found: Times = {name: [] for name in PEERS}
        # In random order, because below a millisecond the predecessor affects the time.
        for name in np.random.default_rng(r).permutation([*OTHERS, *["dgm"] * REPEATS]):
            found[name].append(iteration(name, runs, values))
        for name, several in {**found, "floor": [floor(*shape)]}.items():
            times[name].append(statistics.median(several))
    for name in PEERS:
        same = np.array(values[name][:rounds + 1]) / np.array(values["scikit-learn"]) - 1
        assert abs(same).max() < (AGREE if name == "dgm" else PEERS_AGREE), f"{name} disagrees by {abs(same).max():.0e}"
    return {name: several[1:] for name, several in times.items()}


def row(shape: tuple[int, int, int], rounds: int) -> Row:
    """One shape against the fastest peer."""
    times = measure(shape, rounds)
    over = statistics.median(times["dgm"]) / statistics.median(times.pop("floor"))
    found = report.faster(named(shape), times, least=TARGETS.get(shape, 1),
                          why=f"we are at {over:.1f} times the floor of the matrix products")
    return found._replace(ours=f"{found.ours}, {over:.1f} × the floor")


def named(shape: tuple[int, int, int]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def threaded(shape: tuple[int, int, int], rounds: int) -> Row:
    """Two threads against one, by the clock on the wall."""
    x, start = problem(*shape)
    one, two = (ours(threads)(x, start) for threads in (1, 2))
    times = report.alternating({"two threads": lambda: next(two), "one thread": lambda: next(one)}, rounds,
                               time.perf_counter)
    return report.faster(f"{named(shape)}, two threads", times, "two threads")


def memory() -> None:
    """Peak resident memory of a process that holds 1e6 x 16 points and takes three EM iterations with K = 32."""
    x, start = problem(1_000_000, 16, 32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in zip(range(3), gmm.em(x, start, floor=0), strict=False):
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:,.0f} MB in all ({before:,.0f} MB of them while sampling the points), limit 1,500 MB")


def tables(quick: bool) -> Iterator[Table]:
    """One table; with --quick the shapes up to 10,000 points."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    measure((1000, 2, 2), 1)       # imports the peers, one of which changes the number of torch's threads
    torch.set_num_threads(1)
    shapes = [shape for shape in SHAPES if shape[0] <= 10_000] if quick else SHAPES
    rows = [row(shape, 1 if quick else 2 if np.prod(shape) > 10**8 else 5 if np.prod(shape) > 10**7 else 15)
            for shape in shapes]
    rows += [] if quick else [threaded(shape, 3) for shape in THREADED]
    yield Table("EM for mixtures: one iteration, N × D × K", rows,
                f"Processor time, one thread, full covariances; peers: {', '.join(OTHERS)}. Two threads against one: "
                "by the clock on the wall.")


if __name__ == "__main__":
    if "--memory" in sys.argv:
        memory()
    else:
        report.main(tables, __doc__)
