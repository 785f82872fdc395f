"""The PCA model against its peers, processor time of one thread, rounds in alternation.

    python -m benchmarks.ppca [--quick]        (needs requirements-bench.txt for ppca-rs)

Closed form: `dgm.ppca.fit` against the fastest solver of scikit-learn's PCA. EM step: the D x D step of `dgm.ppca.em`
against ppca-rs, which uses all data in every step.
"""

import os
from collections.abc import Iterator
from itertools import islice

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np
import ppca_rs
from sklearn.decomposition import PCA

from benchmarks import report
from benchmarks.report import Job, Row, Table
from dgm import datasets, ppca, runtime
from dgm.ppca import missing

SOLVERS = ("covariance_eigh", "full", "randomized", "arpack")
SHAPES = ((10_000, 64), (100_000, 64), (5_000, 784), (300, 2_000))
STEPS = 500          # of our EM in a round
MOST = 40_000        # steps of plain EM
APPROXIMATE = ("randomized", "arpack")


def cloud(n: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) * np.linspace(3, 0.5, dim) + 10


def closed_form(rounds: int) -> Iterator[Row]:
    """ML in closed form, q = 10, against the solvers that suit the shape."""
    for n, dim in SHAPES:
        x = cloud(n, dim)
        slow = {"covariance_eigh"} if dim > n else {"full"} if n * dim > 4e6 else set()
        jobs: dict[str, Job] = {"dgm": lambda x=x: ppca.fit(x, 10)}
        jobs |= {s: lambda x=x, s=s: PCA(10, svd_solver=s, random_state=0).fit(x) for s in SOLVERS if s not in slow}
        row = report.faster(f"closed form, {n:,} × {dim:,}, q = 10", report.alternating(jobs, rounds), least=1,
                            why="both take most of their time for the same matrix product and its eigenvectors")
        yield row._replace(why="the peer approximates" if row.peer.startswith(APPROXIMATE) else row.why)


def stepper(run: Job, repeats: int) -> Job:
    def steps() -> None:
        for _ in range(repeats):
            run()
    return steps


def peer_steps(x: np.ndarray, q: int) -> Job:
    data = ppca_rs.Dataset(x)
    state = [ppca_rs.PPCAModel.init(q, data)]

    def step() -> None:
        state[0] = state[0].iterate(data)
    return step


def em_step(rounds: int) -> Iterator[Row]:
    """One EM step, D = 64, q = 5, against ppca-rs."""
    for n in (1_000, 10_000, 100_000):
        x = cloud(n, 64)
        ours, peer = ppca.em(x, 5, expanded=True), peer_steps(x, 5)
        repeats = max(1, 5_000 // n)
        times = report.alternating({"dgm": stepper(lambda it=ours: next(it), STEPS),
                                    "ppca-rs": stepper(peer, repeats)}, rounds if n < 100_000 else min(rounds, 3))
        times = {"dgm": [value / STEPS for value in times["dgm"]],
                 "ppca-rs": [value / repeats for value in times["ppca-rs"]]}
        yield report.faster(f"EM step, N = {n:,}, D = 64, q = 5", times, least=1, why="it is not")


def missing_values(rounds: int) -> Iterator[Row]:
    """One EM step with a fifth of the values missing."""
    for n in (1_000, 10_000):
        x = cloud(n, 64)
        x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
        ours, peer = missing.em(x, 5), peer_steps(x, 5)
        times = report.alternating({"dgm": stepper(lambda it=ours: next(it), 3), "ppca-rs": stepper(peer, 3)}, rounds)
        times = {name: [value / 3 for value in values] for name, values in times.items()}
        yield report.faster(f"EM step, N = {n:,}, 20% missing", times, least=1,
                            why="the peer sorts rows into patterns once, we solve for each pattern in batches")


def to_the_maximum() -> Row:
    """Parameter-expanded EM against plain EM, until the log-likelihood is within 1e-8 nats of the closed form."""
    theta = ppca.params(np.zeros(10), np.random.default_rng(0).normal(size=(10, 3)), 1e-3)
    x = ppca.sample(theta, 5_000, 1).x
    best = ppca.log_likelihood(x, ppca.fit(x, 3)) / len(x)
    steps: dict[bool, int] = {}

    def run(expanded: bool) -> None:
        states = enumerate(islice(ppca.em(x, 3, expanded), MOST))
        steps[expanded] = next((i for i, state in states if best - state.log_lik < 1e-8), MOST)

    times = {name: [report.seconds(lambda expanded=expanded: run(expanded))]
             for name, expanded in (("dgm", True), ("plain EM", False))}
    plain = f"more than {MOST:,}" if steps[False] == MOST else f"{steps[False]:,}"
    return report.faster(f"EM to the maximum, σ² = 0.001: {steps[True]} steps; plain EM: {plain}", times)


def mnist(rounds: int) -> Row:
    """What the page fits when its reader chooses MNIST."""
    x = datasets.load("mnist-5k").x
    took = report.alternating({"fit": lambda: ppca.fit(x, 50)}, rounds)["fit"]
    return Row("MNIST 5,000 × 784, q = 50", f"{report.spread(took)} s")


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    runtime.set_threads(1)
    rounds = 1 if quick else 9
    yield Table("Probabilistic PCA", [*closed_form(rounds), *em_step(rounds), *missing_values(min(rounds, 5)),
                                      to_the_maximum(), mnist(min(rounds, 5))],
                "Processor time, one thread. scikit-learn's solvers: the fastest on the shape.")


if __name__ == "__main__":
    report.main(tables, __doc__)
