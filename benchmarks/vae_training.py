"""Training speed on one core: `dgm.vae.advance` against Pyro's SVI on the same model, batch and data.

    python -m benchmarks.vae_training [--quick]       (needs requirements-bench.txt)

Both train the model of the page with Adam. The floor is the time of a loop of the step's matrix products alone.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

os.environ["OMP_NUM_THREADS"] = "1"

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI, Trace_ELBO, TraceMeanField_ELBO
from torch import Tensor, nn

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import datasets, runtime, vae

STEPS = {"digits": 400, "mnist-5k": 120}
HIDDEN = {"digits": 128, "mnist-5k": 200}
TARGETS = {"digits": 6.0, "mnist-5k": 2.1}      # times faster than the faster of Pyro's estimators


class PyroVAE(nn.Module):
    """The same encoder, decoder and log-variance limit as dgm.vae, written as the VAE of Pyro's tutorial."""

    def __init__(self, pixels: int, config: vae.Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = nn.Sequential(nn.Linear(pixels, config.hidden), nn.Tanh(),
                                     nn.Linear(config.hidden, 2 * config.latent))
        self.decoder = nn.Sequential(nn.Linear(config.latent, config.hidden), nn.Tanh(),
                                     nn.Linear(config.hidden, pixels))

    def model(self, x: Tensor) -> None:
        pyro.module("decoder", self.decoder)
        with pyro.plate("data", len(x)):
            prior = dist.Normal(x.new_zeros(len(x), self.config.latent), x.new_ones(len(x), self.config.latent))
            z = pyro.sample("z", prior.to_event(1))
            pyro.sample("x", dist.Bernoulli(logits=self.decoder(z), validate_args=False).to_event(1), obs=x)

    def guide(self, x: Tensor) -> None:
        pyro.module("encoder", self.encoder)
        with pyro.plate("data", len(x)):
            mean, raw = self.encoder(x).chunk(2, dim=-1)
            scale = (0.5 * vae.LOG_VAR_LIMIT * (raw / vae.LOG_VAR_LIMIT).tanh()).exp()
            pyro.sample("z", dist.Normal(mean, scale).to_event(1))


def pyro_steps(x: Tensor, config: vae.Config, loss: Trace_ELBO) -> Callable[[int], None]:
    pyro.clear_param_store()
    pyro.enable_validation(False)
    net = PyroVAE(x.shape[1], config)
    svi = SVI(net.model, net.guide, pyro.optim.Adam({"lr": config.learning_rate}), loss=loss)

    def run(steps: int) -> None:
        for _ in range(steps):
            svi.step(x[torch.randint(len(x), (config.batch,))])

    return run


def our_steps(x: Tensor, config: vae.Config) -> Callable[[int], None]:
    state = [vae.init(config, x)]

    def run(steps: int) -> None:
        state[0] = vae.advance(state[0], x, steps)

    return run


def matmul_floor(x: Tensor, config: vae.Config) -> Callable[[int], None]:
    """The products of one step and nothing else: forward, and both halves of backward, of four layers."""
    pixels = x.shape[1]
    shapes = [(pixels, config.hidden), (config.hidden, 2 * config.latent),
              (config.latent, config.hidden), (config.hidden, pixels)]
    layers = [(torch.randn(config.batch, i), torch.randn(i, o), torch.randn(config.batch, o)) for i, o in shapes]

    def run(steps: int) -> None:
        for _ in range(steps):
            for index, (h, w, g) in enumerate(layers):
                h @ w
                h.T @ g
                if index:  # images need no gradient
                    g @ w.T

    return run


def row(name: str, rounds: int, steps: int) -> Row:
    """A step on one data set, against the faster of Pyro's estimators."""
    data, config = datasets.load(name), vae.Config(hidden=HIDDEN[name])
    x = datasets.binarise(data.x)[data.split().train]
    runs = {"dgm": our_steps(x, config), "Pyro Trace_ELBO": pyro_steps(x, config, Trace_ELBO()),
            "Pyro mean-field": pyro_steps(x, config, TraceMeanField_ELBO()), "floor": matmul_floor(x, config)}
    found = report.alternating({key: partial(run, steps) for key, run in runs.items()}, rounds)
    times = {key: [value / steps for value in values] for key, values in found.items()}
    share = median(times.pop("floor")) / median(times["dgm"])
    result = report.faster(f"one step, {name}, batch {config.batch}", times, least=TARGETS[name],
                           why="the peer's share of the time in matrix products is larger on this machine")
    return result._replace(ours=f"{1 / median(times['dgm']):,.0f} steps/s, {share:.0%} of them matrix products")


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    runtime.set_threads(1)
    rounds = 1 if quick else 9
    yield Table("VAE training", [row(name, rounds, 20 if quick else steps) for name, steps in STEPS.items()],
                "Processor time, one thread; the page's model, Adam.")


if __name__ == "__main__":
    report.main(tables, __doc__)
