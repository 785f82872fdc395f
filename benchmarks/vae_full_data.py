"""A VAE 784-200-50 on all of MNIST and of Fashion-MNIST, dynamically binarised, one core.

    python -m benchmarks.vae_full_data [mnist fashion-mnist] [--epochs 100]

Nats per test image. Beside MNIST stands what Burda, Grosse and Salakhutdinov (2016, table 1) report for one stochastic
layer of 50 latents and k = 1: log p of -86.76, after 3,280 epochs with two hidden layers of 200 units; this model has
one. Both data sets are downloaded from OpenML; where that fails, its row is one sentence with the cause.

Dynamically binarised: each epoch draws every pixel anew, 1 with its intensity as probability; the held-out images are
drawn once. The last 10,000 images are the test, as published; of the others the last 5,000 choose the epoch.
"""

import argparse
import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import datasets, runtime, vae
from dgm.errors import DataError
from dgm.vae.checkpoints.recipes import TEST_SEED, Candidate, mean_bound

PUBLISHED = {"mnist": "-86.76"}
NAMES = ("mnist", "fashion-mnist")
EPOCHS = 100
CONFIG = vae.Config(latent=50, hidden=200, learning_rate=1e-3, batch=100, decay=20_000, seed=1)
ELBO_SAMPLES, IWAE_SAMPLES, IWAE_IMAGES = 16, 5000, 1000
HEAD = (f"| data | ELBO | IW-{IWAE_SAMPLES} of {IWAE_IMAGES:,} images | published, k = 1 | epochs | seconds |"
        "\n|---|---|---|---|---|---|")
AVERAGED = 0.9       # share of the old average of the parameters at the end of an epoch


class Parts(NamedTuple):
    """Intensities of the training images, and the other two parts, drawn once."""

    train: Tensor
    validation: Tensor
    test: Tensor


def parts(name: str) -> Parts:
    """The published division: 6 of 7 images for training, of which the last twelfth validates; 1 of 7 for the test."""
    x = datasets.load(name).x
    test = 6 * len(x) // 7
    validation = 11 * test // 12
    return Parts(x[:validation], drawn(x[validation:test], 0), drawn(x[test:], 1))


def drawn(grey: Tensor, *seed: int) -> Tensor:
    """Pixels in {0, 1}, each 1 with its intensity as probability."""
    return (torch.rand(grey.shape, generator=runtime.generator(*seed)) < grey).float()


def trained(data: Parts, epochs: int) -> vae.Checkpoint:
    """The average of the parameters with the highest bound on the validation images."""
    run = vae.init(CONFIG, data.train)
    average, best = run.params, Candidate(run, -float("inf"))
    steps = max(1, len(data.train) // CONFIG.batch)
    for epoch in range(epochs):
        run = vae.advance(run, drawn(data.train, 2, epoch), steps)
        share = min(AVERAGED, 1 - 1 / (epoch + 1))
        average = {name: torch.lerp(value, average[name], share) for name, value in run.params.items()}
        bound = mean_bound(run._replace(params=average, moments={}), data.validation, samples=1)
        if bound > best.bound:
            best = Candidate(run._replace(params=average, moments={}), bound)
    return best.checkpoint


def row(name: str, epochs: int) -> str:
    """One line of the table, or a sentence."""
    try:
        data = parts(name)
    except DataError as error:
        return f"{name} is not measured here: {error}."
    start = time.process_time()
    model = trained(data, epochs)
    seconds = time.process_time() - start
    elbo = mean_bound(model, data.test, samples=ELBO_SAMPLES, seed=TEST_SEED)
    iwae = vae.iwae_bound(model, data.test[:IWAE_IMAGES], IWAE_SAMPLES, TEST_SEED).mean().item()
    return f"| {name} | {elbo:.2f} | {iwae:.2f} | {PUBLISHED.get(name, '')} | {epochs} | {seconds:.0f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    chosen = parser.parse_args(arguments)
    runtime.set_threads(1)
    print(HEAD)
    for name in chosen.names or NAMES:
        print(row(name, chosen.epochs), flush=True)


if __name__ == "__main__":
    main()
