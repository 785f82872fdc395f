"""Training speed on one core: `dgm.vae.advance` against Pyro's SVI on the same model, batch and data.

    python -m benchmarks.vae_training        (needs requirements-bench.txt)

Both train the model of the page with Adam. Rounds are interleaved; the table shows medians and their ratio,
and the share of the machine's matmul ceiling: the time of a loop of the step's matrix products alone, relative to the
time of a step.
"""

import os
import statistics
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI, Trace_ELBO, TraceMeanField_ELBO
from torch import Tensor, nn

from dgm import datasets, runtime, vae

ROUNDS = 9
STEPS = {"digits": 400, "mnist-5k": 120}


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


def seconds(run: Callable[[int], None], steps: int) -> float:
    start = time.perf_counter()
    run(steps)
    return (time.perf_counter() - start) / steps


def main() -> None:
    runtime.set_threads(1)
    print("| data | dgm, steps/s | Pyro Trace_ELBO, steps/s | Pyro mean-field ELBO, steps/s "
          "| dgm / faster Pyro | share of matmul ceiling |")
    print("|---|---|---|---|---|---|")
    for name, hidden in (("digits", 128), ("mnist-5k", 200)):
        data = datasets.load(name)
        x = datasets.binarise(data.x)[data.split().train]
        config = vae.Config(hidden=hidden)
        runs = [our_steps(x, config), pyro_steps(x, config, Trace_ELBO()),
                pyro_steps(x, config, TraceMeanField_ELBO()), matmul_floor(x, config)]
        for run in runs:
            run(20)
        times = [[seconds(run, STEPS[name]) for run in runs] for _ in range(ROUNDS)]
        ours, plain, mean_field, floor = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(min(row[1], row[2]) / row[0] for row in times)
        print(f"| {name} | {1 / ours:.0f} | {1 / plain:.0f} | {1 / mean_field:.0f} "
              f"| {ratio:.2f} x | {floor / ours:.0%} |")


if __name__ == "__main__":
    main()
