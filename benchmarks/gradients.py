"""Gradient estimators against a per-sample autograd loop and Pyro's estimators, in one interleaved run.

Prints a markdown table of medians and ratios. `python -m benchmarks.gradients`; Pyro is optional.
"""

import os
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from dgm import gradients, runtime
from dgm.gradients import sweeps

MILLION, LOOPED, ROUNDS = 1_000_000, 500, 7
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


def pyro_step(k: float, q: gradients.Gaussian, samples: int, reparametrized: bool) -> Callable[[], object] | None:
    """One gradient of `samples` vectorised particles by Pyro's Trace_ELBO: their mean, not one per sample."""
    try:
        import pyro
        import pyro.distributions as dist
        from pyro.infer import Trace_ELBO
    except ImportError:
        return None

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


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, because wall-clock time depends on other processes of a shared machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def interleaved(tasks: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Medians of tasks that alternate, so that noise affects all of them; each runs once before."""
    for work in tasks.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, work in tasks.items():
            times[name].append(seconds(work))
    return {name: median(values) for name, values in times.items()}


def main() -> None:
    runtime.set_threads(1)
    q, k = gradients.Gaussian(0.7, 0.6), 1.3
    eps, few = gradients.noise(MILLION, 0), gradients.noise(LOOPED, 0)
    cost = gradients.COSTS["quadratic"](k)
    tasks: dict[str, Callable[[], object]] = {}
    for name in ("log-derivative", "reparametrization"):
        tasks[name] = lambda name=name: gradients.ESTIMATORS[name](cost, q, eps)
        loop = loop_log_derivative if name == "log-derivative" else loop_reparametrization
        tasks[f"{name}: autograd loop"] = lambda loop=loop: loop(k, q, few)
        pyro = pyro_step(k, q, MILLION, name == "reparametrization")
        if pyro:
            tasks[f"{name}: Pyro"] = pyro
    values = tuple(torch.logspace(-1.5, 0.8, 60).tolist())
    plan = sweeps.Plan("sigma", values, gradients.COSTS["quadratic"], k, q)
    tasks["sweep"] = lambda: sweeps.sweep(plan, SIX)
    found = interleaved(tasks)
    print("| one million samples, (x - k)^2 | dgm | autograd loop per sample | Pyro, mean only |")
    print("|---|---|---|---|")
    for name in ("log-derivative", "reparametrization"):
        ours, loop = found[name], found[f"{name}: autograd loop"] * MILLION / LOOPED
        pyro_cell = "not installed"
        if f"{name}: Pyro" in found:
            peer = found[f"{name}: Pyro"]
            pyro_cell = f"{peer * 1e3:.0f} ms ({peer / ours:.1f}×)"
        print(f"| {name} | {ours * 1e3:.1f} ms | {loop:.0f} s ({loop / ours:,.0f}×) | {pyro_cell} |")
    print(f"| sweep: 60 settings × 6 estimators × 1e5 samples, exact curves | {found['sweep']:.2f} s | | |")
    print(f"\nCPU time of one thread, medians of {ROUNDS} interleaved rounds; the loop was timed on {LOOPED} samples "
          "and scaled.")


if __name__ == "__main__":
    main()
