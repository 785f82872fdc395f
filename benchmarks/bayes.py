"""The Bayes lesson: `python -m benchmarks.bayes [--quick]`, processor time, one thread.

The 400 x 400 grid of the logistic posterior against a plain implementation (one log-sigmoid per grid point and
observation, in blocks), and the other computations of the page's controls.
"""

from collections.abc import Iterator

from dgm import runtime

import torch  # isort: skip  (runtime sets the threads first)

from benchmarks import report
from benchmarks.report import Job, Row, Table
from dgm import bayes

Pairs = tuple[torch.Tensor, torch.Tensor]
LIMIT = 100.0    # milliseconds of a control's answer
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


def others(pairs: Pairs) -> dict[str, Job]:
    """What other controls of the page compute."""
    train, test = (pairs[0][:50, 1] / 6, pairs[1][:50]), (pairs[0][50:, 1] / 6, pairs[1][50:])
    return {
        "coin: four curves": lambda: bayes.curves(bayes.BetaBernoulli(2, 2), pairs[1]),
        "coin: 100 one-step predictives": lambda: list(bayes.BetaBernoulli(2, 2).updates(pairs[1])),
        "regression: 13 degrees": lambda: list(bayes.iter_degree_scores(train, test, 1.0, 9.0)),
        "normal: plane of (μ, s)": lambda: bayes.normal_plane(bayes.NormalInverseGamma(0, 1, 2, 2), pairs[0][:, 1]),
    }


def rows(rounds: int) -> Iterator[Row]:
    """The grid against the plain one, and the others."""
    model, pairs = bayes.LogisticRegression(0.1), data()
    grid = bayes.grid_posterior(model, pairs)
    difference = (plain(model, grid, pairs) - bayes.log_joint_on(model, grid.w0, grid.w1, pairs)).abs().max()
    assert difference <= grid.tolerance
    times = report.alternating({"dgm": lambda: bayes.grid_posterior(model, pairs),
                                "one log-sigmoid a cell": lambda: plain(model, grid, pairs)}, rounds)
    yield report.faster("logistic posterior, 400 × 400, n = 100", times)
    yield report.at_most("the same, in all", [1000 * value for value in times["dgm"]], LIMIT, "ms")
    for name, values in report.alternating(others(pairs), rounds).items():
        yield Row(name, f"{report.spread([1000 * value for value in values])} ms")


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    yield Table("Bayes", list(rows(1 if quick else 9)), "Processor time, one thread.")


if __name__ == "__main__":
    report.main(tables, __doc__)
