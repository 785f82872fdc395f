"""The lesson on the bound: `python -m benchmarks.elbo [--quick]`, milliseconds of the processor, one thread.

Targets: a landscape of 200 x 200 within 50 ms; what a change of x recomputes within 50 ms, so that the page is
repainted within 150 ms. The peer is the landscape as 40,000 calls of `elbo.elbo`, estimated from 400 of them.
"""

from collections.abc import Callable, Iterator
from itertools import count, islice

from dgm import runtime

import torch  # isort: skip  (runtime sets the threads first)

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import datasets, elbo, gmm
from dgm.elbo import amortized

LIMIT = 50.0     # milliseconds
LIMITED = ("landscape", "table", "all best")     # what a change of x or of q recomputes
LECTURE = elbo.NormalModel()
HUMPS = elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.7, 0.7))
CURVED = elbo.NormalModel(slope=0.0, curvature=1.0, noise=0.5)
MODELS = {"line": LECTURE, "two humps": HUMPS, "curved": CURVED}
AXIS = torch.linspace(-4, 4, 200, dtype=torch.float64)
COIN_AXIS = torch.linspace(0.01, 0.99, 200, dtype=torch.float64)
runtime.set_threads(1)


def plain_landscape() -> None:
    for theta in AXIS[::10]:
        model = elbo.NormalModel(intercept=float(theta))
        for mean in AXIS[::10]:
            elbo.elbo(model, 2.0, elbo.Gaussian(float(mean), 0.7))


def jobs() -> dict[str, Callable[[int], object]]:
    x, run = datasets.load("faithful").x, amortized.init(amortized.Config(HUMPS))
    theta, mean = gmm.init(x, 2), elbo.Coordinate("mean", 0, 1)
    values = torch.linspace(40, 100, 200, dtype=torch.float64)
    return {
        "landscape 200 × 200, coins": lambda i: elbo.landscape(elbo.TwoCoins(), 1, COIN_AXIS, COIN_AXIS),
        **{f"landscape 200 × 200, {name}": lambda i, model=model: elbo.landscape(model, 2 + 0.01 * i, AXIS, AXIS, 0.7)
           for name, model in MODELS.items()},
        **{f"table over q, another x, {name}": lambda i, model=model: elbo.q_table(model, 2 + 0.01 * i)
           for name, model in MODELS.items()},
        **{f"all best Gaussians, {name}": lambda i, model=model: elbo.gaussian_fits(model, 2 + 0.01 * i)
           for name, model in MODELS.items()},
        "bound at one q, two humps": lambda i: elbo.elbo(HUMPS, 2.0, elbo.Gaussian(0.01 * i, 0.7)),
        "IWAE K = 1 to 100, 1000 groups": lambda i: elbo.importance_weighted(LECTURE, 2.0, elbo.Gaussian(), seed=i + 1),
        "log p over one mean, 272 points, 200 values": lambda i: elbo.likelihood_curve(x, theta, mean, values + i),
        "20 half-steps on one mean": lambda i: list(islice(elbo.one_parameter_em(x, theta, mean), 20)),
        "100 steps of the encoder": lambda i: amortized.advance(run, 100),
        "gaps at 61 values of x, two humps": lambda i: amortized.sweep(run, torch.linspace(-4, 4, 61)),
    }


def rows(rounds: int) -> Iterator[Row]:
    """Each job; every call gets another number, so that nothing is remembered."""
    numbers, found = count(), {}
    for name, job in jobs().items():
        found[name] = report.alternating({"dgm": lambda job=job: job(next(numbers))}, rounds)["dgm"]
        values = [1000 * value for value in found[name]]
        limited = name.startswith(LIMITED)
        yield report.at_most(name, values, LIMIT, "ms") if limited else Row(name, f"{report.spread(values)} ms")
    line = found["landscape 200 × 200, line"]
    plain = [100 * value for value in report.alternating({"plain": plain_landscape}, rounds)["plain"]]
    yield report.faster("landscape 200 × 200, line", {"dgm": line, "40,000 calls": plain})


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    yield Table("The lower bound", list(rows(1 if quick else 9)), "Processor time, one thread.")


if __name__ == "__main__":
    report.main(tables, __doc__)
