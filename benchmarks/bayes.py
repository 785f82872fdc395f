"""Speed of the Bayes lesson: `python -m benchmarks.bayes` (seconds, medians, one thread; ratios from interleaved runs).

The 400 x 400 grid of the logistic posterior against a plain implementation (one log-sigmoid per grid point and
observation, in blocks), and the other computations of the page's controls.
"""

import statistics
import time
from collections.abc import Callable

from dgm import runtime

import torch  # isort: skip  (runtime sets the threads first)

from dgm import bayes

Pairs = tuple[torch.Tensor, torch.Tensor]
ROUNDS = 15
runtime.set_threads(1)


def data(n: int = 100) -> Pairs:
    rng = runtime.generator(0)
    x = torch.stack([torch.ones(n), 2 * torch.randn(n, generator=rng)], 1).double()
    p = torch.sigmoid(x @ torch.tensor([0.5, 1.5], dtype=torch.float64))
    return x, (torch.rand(n, generator=rng, dtype=torch.float64) < p).double()


def plain(model: bayes.LogisticRegression, grid: bayes.GridPosterior, pairs: Pairs) -> torch.Tensor:
    """ln p(y, w) on the same grid, one log-sigmoid per point and observation."""
    w = torch.cartesian_prod(grid.w0, grid.w1)
    return torch.cat([model.log_joint(part, pairs) for part in w.split(20_000)]).reshape(len(grid.w0), -1)


def interleaved(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each job; the jobs alternate, so that noise affects all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    model, pairs = bayes.LogisticRegression(0.1), data()
    grid = bayes.grid_posterior(model, pairs)
    joint = bayes.log_joint_on(model, grid.w0, grid.w1, pairs)
    seconds = interleaved({
        "logistic posterior on 400 x 400, n = 100": lambda: bayes.grid_posterior(model, pairs),
        "the same table, one log-sigmoid per cell": lambda: plain(model, grid, pairs),
        "coin: four curves": lambda: bayes.curves(bayes.BetaBernoulli(2, 2), pairs[1]),
        "coin: chain of 100 one-step predictives": lambda: list(bayes.BetaBernoulli(2, 2).updates(pairs[1])),
        "regression: 13 degrees, evidence and held-out": lambda: list(
            bayes.iter_degree_scores((pairs[0][:50, 1] / 6, pairs[1][:50]), (pairs[0][50:, 1] / 6, pairs[1][50:]),
                                     1.0, 9.0)),
        "normal: plane of (mu, s)": lambda: bayes.normal_plane(bayes.NormalInverseGamma(0, 1, 2, 2), pairs[0][:, 1]),
    })
    for name, median in seconds.items():
        print(f"{name:48s} {median * 1e3:8.1f} ms")
    first, second, *_ = seconds.values()
    print(f"grid against plain: {second / first:.1f} x faster (target: 100 ms), largest difference "
          f"{float((plain(model, grid, pairs) - joint).abs().max()):.1e} nats, "
          f"stated tolerance of log p(y) {grid.tolerance:.0e}")
    for cost in bayes.grid_cost():
        print(f"D = {cost.dimension:2d}  {cost.points:>14,} points  {cost.seconds:12.4g} s "
              f"{'measured' if cost.measured else 'projected'}  Newton + Laplace {cost.newton_seconds * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
