"""How good a VAE the training reaches on real digits, choices made on validation images, one core.

    python -m benchmarks.vae_yardsticks [--quick]

Nats per test image and seconds of the processor. The step is chosen on the validation images; then the model is trained
once more on training and validation images together, for as many steps, which is its second row. What this adds to
`vae.advance`: copies of the images with pixels near the threshold flipped (drawn from their grey values), the average
of the parameters over the steps, and for 2 latents steps in phi alone on images drawn from the model itself as well
(the encoder's gap is the larger part of the bound's, see `inference_gap`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import datasets, runtime, vae
from dgm.vae.checkpoints.recipes import TEST_SEED, Recipe, mean_bound
from dgm.vae.training import advanced

DECAY = 0.9             # of the average, for each `every` steps
ENCODER_EVERY = 250     # steps between two candidates of the second phase
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
    "digits-2d": Yardstick("digits", Recipe(vae.Config(hidden=128, learning_rate=8e-3, batch=150, decay=3500, seed=1),
                                            every=500), 11_000, 19, 0.05, 3000, {"ELBO": -19.5}),
    "digits-8d": Yardstick("digits", Recipe(vae.Config(latent=8, hidden=128, learning_rate=8e-3, batch=200, decay=3000,
                                                       seed=1), every=500), 10_000, 9, 0.05, 0, {"IW-500": -16.5}),
    "mnist-2d": Yardstick("mnist-5k", Recipe(vae.Config(learning_rate=3e-3, batch=128, decay=5000, seed=1), every=1000),
                          10_000, 6, 0.1, 1500, {"ELBO": -158.0}),
    "mnist-20d": Yardstick("mnist-5k", Recipe(vae.Config(latent=20, learning_rate=2e-3, batch=128, decay=4000, seed=1),
                                              every=1000), 8000, 6, 0.1, 0, {"IW-500": -101.0}),
}


def multiplied(yard: Yardstick, *parts: str) -> Tensor:
    """The images of these parts of the data, black and white, and copies binarised after noise on their grey values."""
    data = datasets.load(yard.data)
    rows = torch.cat([getattr(data.split(), part) for part in parts])
    grey = data.x[rows].float()
    u = torch.rand(yard.copies, *grey.shape, generator=runtime.generator(0)).clamp(1e-6, 1 - 1e-6)
    return torch.cat([datasets.binarise(grey)[None], (grey + yard.blur * u.logit() >= 0.5).float()]).flatten(0, 1)


def averages(yard: Yardstick, x: Tensor) -> Iterator[vae.Checkpoint]:
    """Endless training; the average of the parameters, every `recipe.every` steps."""
    run = vae.init(yard.recipe.config, x)
    average = run.params
    while True:
        run = vae.advance(run, x, yard.recipe.every)
        share = min(DECAY, 1 - yard.recipe.every / run.step)
        average = {name: torch.lerp(value, average[name], share) for name, value in run.params.items()}
        yield run._replace(params=average, moments={})


def encoders(yard: Yardstick, model: vae.Checkpoint, x: Tensor) -> Iterator[vae.Checkpoint]:
    """The model, then with more and more steps in phi alone, on the images and as many that the model draws."""
    yield model
    config = replace(model.config, learning_rate=1.5e-3, decay=max(1, yard.encoder_steps // 4))
    run = vae.reconfigured(model, config)._replace(moments={}, step=0)
    while True:
        drawn = vae.sample(run, len(x), seed=run.step, pixels=True)
        run = advanced(run, torch.cat([x, drawn]), ENCODER_EVERY, "encoder.")
        yield run


class Fit(NamedTuple):
    """A trained model, and how many candidates came before it in both phases."""

    model: vae.Checkpoint
    steps: int
    encoder_steps: int


def chosen(yard: Yardstick, x: Tensor, validation: Tensor) -> Fit:
    """The candidate of each phase with the highest bound on the validation images."""
    steps, model = best(islice(averages(yard, x), yard.steps // yard.recipe.every), validation)
    encoder_steps, model = best(islice(encoders(yard, model, x), 1 + yard.encoder_steps // ENCODER_EVERY), validation)
    return Fit(model, steps, encoder_steps)


def best(models: Iterable[vae.Checkpoint], validation: Tensor) -> tuple[int, vae.Checkpoint]:
    """The place of the model with the highest bound, and the model."""
    return max(enumerate(models), key=lambda found: mean_bound(found[1], validation, samples=8))


def repeated(yard: Yardstick, x: Tensor, fit: Fit) -> vae.Checkpoint:
    """The model after as many steps as were chosen, on other images."""
    model = next(islice(averages(yard, x), fit.steps, None))
    return next(islice(encoders(yard, model, x), fit.encoder_steps, None))


def rows(name: str, quick: bool) -> Iterator[Row]:
    """Both models of a yardstick: trained on the training images, and once more with the validation images."""
    yard = YARDSTICKS[name]
    if quick:
        yard = yard._replace(steps=yard.recipe.every, copies=1, encoder_steps=0)
    start = report.CPU()
    fit = chosen(yard, multiplied(yard, "train"), vae.split_images(vae.Images(yard.data)).validation)
    yield from reached(f"{name}, {report.duration(report.CPU() - start)}", yard, fit.model, quick)
    start = report.CPU()
    model = repeated(yard, multiplied(yard, "train", "validation"), fit)
    yield from reached(f"{name}, validation images too, {report.duration(report.CPU() - start)}", yard, model, quick)


def reached(name: str, yard: Yardstick, model: vae.Checkpoint, quick: bool) -> Iterator[Row]:
    """The bounds of a model on the test images, each a mean in nats."""
    test = vae.split_images(vae.Images(yard.data)).test
    bounds = {"ELBO": lambda: mean_bound(model, test, TEST_SEED, ELBO_SAMPLES),
              "IW-500": lambda: vae.iwae_bound(model, test, IWAE_SAMPLES, TEST_SEED).mean().item()}
    for term, limit in yard.reach.items():
        value = bounds[term]()
        found, target = f"{value:.2f} nats".replace("-", "−"), f"≥ {limit:g} nats".replace("-", "−")
        yield Row(f"{name}: {term}", found, target=target, met=value >= limit,
                  why="trained for a try" if quick else "training stops at the step that validation chose")


def tables(quick: bool) -> Iterator[Table]:
    """One table; with --quick one model, trained for a moment."""
    runtime.set_threads(1)
    names = ["digits-2d"] if quick else list(YARDSTICKS)
    yield Table("What the training reaches on test images", [row for name in names for row in rows(name, quick)],
                "Nats per image, evaluated once; seconds of the processor.")


if __name__ == "__main__":
    report.main(tables, __doc__)
