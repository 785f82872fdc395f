"""The PCA model against its peers, one thread, interleaved rounds, medians and ratios.

    python -m benchmarks.ppca        (needs requirements-bench.txt for ppca-rs)

Closed form: `dgm.ppca.fit` against every solver of scikit-learn's PCA. EM step: the D x D step of `dgm.ppca.em`
against ppca-rs, which uses all data in every step. MNIST: 5 000 images fitted, and read and fitted.
"""

import os
import statistics
import time
from collections.abc import Callable
from itertools import islice

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np
import ppca_rs
from sklearn.decomposition import PCA

from dgm import datasets, ppca, runtime
from dgm.ppca import missing

ROUNDS = 9
SOLVERS = ("covariance_eigh", "full", "randomized", "arpack")
Run = Callable[[], object]


def clock(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def interleaved(runs: dict[str, Run], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of every run, round by round, after one warm-up each."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(clock(run))
    return times


def ratio(times: dict[str, list[float]], ours: str, theirs: str) -> float:
    """Median over rounds of ours / theirs."""
    return statistics.median(a / b for a, b in zip(times[ours], times[theirs], strict=True))


def cloud(n: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) * np.linspace(3, 0.5, dim) + 10


def closed_form() -> None:
    print("\n| closed form, q = 10 | dgm, ms | scikit-learn's best solver, ms | dgm / best "
          "| other solvers, ms |\n|---|---|---|---|---|")
    for n, dim in ((100_000, 64), (10_000, 64), (5_000, 784), (300, 2_000)):
        x = cloud(n, dim)
        slow = {"covariance_eigh"} if dim > n else {"full"} if n * dim > 4e6 else set()
        solvers = [s for s in SOLVERS if s not in slow]
        runs: dict[str, Run] = {"dgm": lambda x=x: ppca.fit(x, 10)}
        runs |= {s: lambda x=x, s=s: PCA(10, svd_solver=s, random_state=0).fit(x) for s in solvers}
        times = interleaved(runs)
        median = {name: statistics.median(values) * 1e3 for name, values in times.items()}
        best = min(solvers, key=lambda s: median[s])
        rest = ", ".join(f"{s} {median[s]:.0f}" for s in solvers if s != best)
        print(f"| {n} x {dim} | {median['dgm']:.1f} | {best} {median[best]:.1f} "
              f"| {ratio(times, 'dgm', best):.2f} | {rest} |")


def stepper(run: Callable[[], object], repeats: int) -> Run:
    def steps() -> None:
        for _ in range(repeats):
            run()
    return steps


def peer_steps(x: np.ndarray, q: int) -> Callable[[], object]:
    data = ppca_rs.Dataset(x)
    state = [ppca_rs.PPCAModel.init(q, data)]

    def step() -> None:
        state[0] = state[0].iterate(data)
    return step


def em_step() -> None:
    print("\n| EM step, D = 64, q = 5 | dgm plain, µs (fastest round) | dgm expanded, µs (fastest round) | ppca-rs, µs "
          "| ppca-rs / dgm expanded |\n|---|---|---|---|---|")
    for n in (1_000, 10_000, 100_000):
        x = cloud(n, 64)
        plain, expanded = ppca.em(x, 5), ppca.em(x, 5, expanded=True)
        peer = peer_steps(x, 5)
        counts = {"plain": 500, "expanded": 500, "ppca-rs": max(1, 5_000 // n)}
        runs: dict[str, Run] = {"plain": stepper(lambda it=plain: next(it), 500),
                                "expanded": stepper(lambda it=expanded: next(it), 500),
                                "ppca-rs": stepper(peer, counts["ppca-rs"])}
        times = interleaved(runs, ROUNDS if n < 100_000 else 3)
        micro = {name: statistics.median(values) / counts[name] * 1e6 for name, values in times.items()}
        fastest = {name: min(values) / counts[name] * 1e6 for name, values in times.items()}
        print(f"| N = {n} | {micro['plain']:.0f} ({fastest['plain']:.0f}) | {micro['expanded']:.0f} "
              f"({fastest['expanded']:.0f}) | {micro['ppca-rs']:.0f} "
              f"| {micro['ppca-rs'] / micro['expanded']:.0f} x |")


def missing_values() -> None:
    print("\n| EM with 20% missing, D = 64, q = 5 | dgm, ms a step | ppca-rs, ms a step | dgm / ppca-rs |")
    print("|---|---|---|---|")
    for n in (1_000, 10_000):
        x = cloud(n, 64)
        x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
        ours, peer = missing.em(x, 5), peer_steps(x, 5)
        times = interleaved({"dgm": stepper(lambda it=ours: next(it), 3), "ppca-rs": stepper(peer, 3)}, 5)
        median = {name: statistics.median(values) / 3 * 1e3 for name, values in times.items()}
        print(f"| N = {n} | {median['dgm']:.1f} | {median['ppca-rs']:.1f} | {ratio(times, 'dgm', 'ppca-rs'):.2f} |")


def to_the_maximum() -> None:
    """Steps until the mean log-likelihood is within 1e-8 nats of the closed form, small noise."""
    theta = ppca.params(np.zeros(10), np.random.default_rng(0).normal(size=(10, 3)), 1e-3)
    x = ppca.sample(theta, 5_000, 1).x
    best = ppca.log_likelihood(x, ppca.fit(x, 3)) / len(x)
    print("\n| sigma^2 = 0.001, D = 10, q = 3 | steps to within 1e-8 nats | ms |\n|---|---|---|")
    for name, expanded, most in (("plain", False, 40_000), ("expanded", True, 1_000)):
        start = time.perf_counter()
        count = next((i for i, s in enumerate(islice(ppca.em(x, 3, expanded), most)) if best - s.log_lik < 1e-8), None)
        print(f"| {name} EM | {count if count is not None else f'more than {most}'} "
              f"| {(time.perf_counter() - start) * 1e3:.0f} |")


def mnist() -> None:
    x = datasets.load("mnist-5k").x
    theta = ppca.fit(x, 50)
    times = interleaved({"fit": lambda: ppca.fit(x, 50), "covariance alone": lambda: ppca.scatter(x),
                         "log-likelihood": lambda: ppca.log_likelihood(x, theta)})
    print("\n| MNIST 5 000 x 784, q = 50 | s |\n|---|---|")
    for name, values in times.items():
        print(f"| {name} | {statistics.median(values):.3f} |")


def main() -> None:
    runtime.set_threads(1)
    closed_form()
    em_step()
    missing_values()
    to_the_maximum()
    mnist()


if __name__ == "__main__":
    main()
