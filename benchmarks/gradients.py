"""Gradient estimators against a per-sample autograd loop and Pyro's estimators: `python -m benchmarks.gradients`.

Processor time of one thread, rounds in alternation. The loop is timed on 500 samples and scaled; Pyro gives the mean of
its samples alone, not one gradient each.
"""

import os
from collections.abc import Callable, Iterator

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from benchmarks import report
from benchmarks.report import Job, Row, Table
from dgm import gradients, runtime
from dgm.gradients import sweeps

MILLION, LOOPED = 1_000_000, 500
Q, K = gradients.Gaussian(0.7, 0.6), 1.3
SIX = ("log-derivative", "log-derivative + mean baseline", "log-derivative + best baseline",
       "log-derivative + leave-one-out", "reparametrization", "reparametrization, antithetic")


def loop_log_derivative(k: float, q: gradients.Gaussian, eps: torch.Tensor) -> torch.Tensor:
    """The simplest implementation: one backward pass per sample."""
    rows = []
    for e in eps:
        mu, sigma = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in q)
        law = torch.distributions.Normal(mu, sigma)
        z = (mu + sigma * e).detach()
        rows.append(torch.stack(torch.autograd.grad(law.log_prob(z) * (z - k) ** 2, [mu, sigma])))
    return torch.stack(rows)


def loop_reparametrization(k: float, q: gradients.Gaussian, eps: torch.Tensor) -> torch.Tensor:
    rows = []
    for e in eps:
        mu, sigma = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in q)
        rows.append(torch.stack(torch.autograd.grad((mu + sigma * e - k) ** 2, [mu, sigma])))
    return torch.stack(rows)


def pyro_step(k: float, q: gradients.Gaussian, samples: int, reparametrized: bool) -> Callable[[], object]:
    """One gradient of `samples` vectorised particles by Pyro's Trace_ELBO: their mean, not one per sample."""
    import pyro
    import pyro.distributions as dist
    from pyro.infer import Trace_ELBO

    def model() -> None:
        with pyro.plate("samples", samples):
            z = pyro.sample("z", dist.Normal(torch.zeros((), dtype=torch.float64), 1e6))
            pyro.factor("cost", -((z - k) ** 2))

    def guide() -> None:
        mu = pyro.param("mu", torch.tensor(float(q.mu), dtype=torch.float64))
        sigma = pyro.param("sigma", torch.tensor(q.sigma, dtype=torch.float64))
        law = dist.Normal(mu, sigma)
        with pyro.plate("samples", samples):
            pyro.sample("z", law if reparametrized else law.has_rsample_(False))

    elbo = Trace_ELBO()
    pyro.clear_param_store()
    return lambda: elbo.loss_and_grads(model, guide)


LOOPS = {"log-derivative": loop_log_derivative, "reparametrization": loop_reparametrization}


def against(name: str, rounds: int) -> Iterator[Row]:
    """One million samples of (x - k)^2, against Pyro and against the loop."""
    cost, eps, few = gradients.COSTS["quadratic"](K), gradients.noise(MILLION, 0), gradients.noise(LOOPED, 0)
    jobs: dict[str, Job] = {"dgm": lambda: gradients.ESTIMATORS[name](cost, Q, eps),
                            "Pyro, mean only": pyro_step(K, Q, MILLION, name == "reparametrization"),
                            "autograd loop": lambda: LOOPS[name](K, Q, few)}
    times = report.alternating(jobs, rounds)
    times["autograd loop"] = [value * MILLION / LOOPED for value in times["autograd loop"]]
    for peer in list(jobs)[1:]:
        yield report.faster(f"{name}, one million samples", {"dgm": times["dgm"], peer: times[peer]})


def sweep() -> None:
    """What a figure of the page asks for."""
    values = tuple(torch.logspace(-1.5, 0.8, 60).tolist())
    sweeps.sweep(sweeps.Plan("sigma", values, gradients.COSTS["quadratic"], K, Q), SIX)


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    runtime.set_threads(1)
    rounds = 1 if quick else 7
    took = report.alternating({"sweep": sweep}, rounds)["sweep"]
    swept = Row("60 settings × 6 estimators × 1e5 samples, exact curves", f"{report.spread(took)} s")
    yield Table("Gradient estimators", [*(row for name in LOOPS for row in against(name, rounds)), swept],
                f"Processor time, one thread; f(x) = (x − k)². The loop is timed on {LOOPED} samples and scaled.")


if __name__ == "__main__":
    report.main(tables, __doc__)
