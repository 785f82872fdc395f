"""How good a VAE the training reaches on real digits, choices made on validation images, one core.

    python -m benchmarks.vae_yardsticks [--quick]

Nats per held-out image, evaluated once, and the seconds of the processor. What it adds to `vae.advance`: copies of the
training images with pixels near the threshold flipped (drawn from their grey values), the average of the parameters
over the steps, and for 2 latents steps in phi alone on images drawn from the model itself as well (the encoder's gap
is the larger part of the bound's, see `inference_gap`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import datasets, runtime, vae
from dgm.vae.checkpoints.recipes import TEST_SEED, Candidate, Recipe, mean_bound
from dgm.vae.training import advanced

DECAY = 0.9             # of the average, for each `every` steps
ELBO_SAMPLES, IWAE_SAMPLES = 32, 500


class Yardstick(NamedTuple):
    """One model: its recipe, how its images are multiplied, and what it has to reach."""

    data: str
    recipe: Recipe
    steps: int
    copies: int           # of each training image
    blur: float           # scale of the logistic noise on intensities in [0, 1]
    encoder_steps: int    # in phi alone, afterwards
    reach: dict[str, float]


YARDSTICKS = {
    "digits-2d": Yardstick("digits", Recipe(vae.Config(hidden=128, learning_rate=5e-3, batch=100, decay=4000, seed=1),
                                            every=500), 10_000, 9, 0.05, 3000, {"ELBO": -19.5}),
    "digits-8d": Yardstick("digits", Recipe(vae.Config(latent=8, hidden=128, learning_rate=5e-3, batch=100, decay=3000,
                                                       seed=1), every=500), 10_000, 9, 0.05, 0, {"IW-500": -16.5}),
    "mnist-2d": Yardstick("mnist-5k", Recipe(vae.Config(learning_rate=3e-3, batch=128, decay=5000, seed=1), every=1000),
                          10_000, 6, 0.1, 1500, {"ELBO": -158.0}),
    "mnist-20d": Yardstick("mnist-5k", Recipe(vae.Config(latent=20, learning_rate=2e-3, batch=128, decay=4000, seed=1),
                                              every=1000), 8000, 6, 0.1, 0, {"IW-500": -101.0}),
}


def multiplied(yard: Yardstick) -> Tensor:
    """The training images, black and white, and copies whose grey values got noise before they were binarised."""
    data = datasets.load(yard.data)
    grey = data.x[data.split().train].float()
    u = torch.rand(yard.copies, *grey.shape, generator=runtime.generator(0)).clamp(1e-6, 1 - 1e-6)
    return torch.cat([datasets.binarise(grey)[None], (grey + yard.blur * u.logit() >= 0.5).float()]).flatten(0, 1)


def trained(yard: Yardstick, x: Tensor, data: vae.ImageSplit) -> vae.Checkpoint:
    """The average of the parameters with the highest bound on the validation images."""
    run = vae.init(yard.recipe.config, data.train)
    average, best = run.params, Candidate(run, -float("inf"))
    while run.step < yard.steps:
        run = vae.advance(run, x, yard.recipe.every)
        share = min(DECAY, 1 - yard.recipe.every / run.step)
        average = {name: torch.lerp(value, average[name], share) for name, value in run.params.items()}
        best = better(best, run._replace(params=average, moments={}), data)
    return best.checkpoint


def encoder_trained(yard: Yardstick, model: vae.Checkpoint, x: Tensor, data: vae.ImageSplit) -> vae.Checkpoint:
    """Steps in phi alone, on the images and as many that the model draws."""
    best = Candidate(model, mean_bound(model, data.validation))
    config = replace(model.config, learning_rate=1.5e-3, decay=max(1, yard.encoder_steps // 4))
    run = vae.reconfigured(model, config)._replace(moments={}, step=0)
    while run.step < yard.encoder_steps:
        drawn = vae.sample(run, len(x), seed=run.step, pixels=True)
        run = advanced(run, torch.cat([x, drawn]), 250, "encoder.")
        best = better(best, run, data)
    return best.checkpoint


def better(best: Candidate, model: vae.Checkpoint, data: vae.ImageSplit) -> Candidate:
    bound = mean_bound(model, data.validation, samples=8)
    return Candidate(model, bound) if bound > best.bound else best


def rows(name: str, short: bool) -> Iterator[Row]:
    """The bounds of one model on the test images, each a mean in nats."""
    yard = YARDSTICKS[name]._replace(**({"steps": 500, "copies": 1, "encoder_steps": 0} if short else {}))
    data = vae.split_images(vae.Images(yard.data))
    start = report.CPU()
    x = multiplied(yard)
    model = encoder_trained(yard, trained(yard, x, data), x, data)
    spent = report.duration(report.CPU() - start)
    bounds = {"ELBO": lambda: mean_bound(model, data.test, TEST_SEED, ELBO_SAMPLES),
              "IW-500": lambda: vae.iwae_bound(model, data.test, IWAE_SAMPLES, TEST_SEED).mean().item()}
    for term, limit in yard.reach.items():
        yield report.at_least(f"{name}: {term}, trained in {spent}", [round(bounds[term](), 2)], limit, "nats",
                              "trained for a try" if short else "this run's rounding led to another optimum")


def tables(quick: bool) -> Iterator[Table]:
    """One table; with --quick one model, trained for a moment."""
    runtime.set_threads(1)
    names = ["digits-2d"] if quick else list(YARDSTICKS)
    yield Table("What the training reaches on test images", [row for name in names for row in rows(name, quick)],
                "Nats per image, evaluated once; choices are made on validation images.")


if __name__ == "__main__":
    report.main(tables, __doc__)
