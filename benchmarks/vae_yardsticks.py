"""How good a VAE the training reaches on real digits, choices made on validation images, one core.

    python -m benchmarks.vae_yardsticks [--quick]

Nats per test image and seconds of the processor. The step, and for 28 x 28 the seed, is chosen on the validation
images; then the model is trained once more on training and validation images together, for as many steps, which is its
second row. What this adds to `vae.advance`: copies of the images with pixels near the threshold flipped (drawn from
their grey values), the average of the parameters over the steps, for 2 latents steps in phi alone on images drawn from
the model itself as well (the encoder's gap is the larger part of the bound's, see `inference_gap`), and for 8 latents
steps on the bound that is to be reached, the importance weighted one.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import datasets, runtime, vae
from dgm.gaussian import log_standard_normal
from dgm.vae.checkpoints.recipes import TEST_SEED, Recipe, mean_bound
from dgm.vae.model import posterior, reconstruction
from dgm.vae.training import advanced

DECAY = 0.9             # of the average, for each `every` steps
ENCODER_EVERY = 250     # steps between two candidates of the second phase
ELBO_SAMPLES, IWAE_SAMPLES = 32, 500
WEIGHTED_SAMPLES, WEIGHTED_BATCH, WEIGHTED_RATE, AVERAGE_EVERY = 5, 100, 4e-3, 100


class Yardstick(NamedTuple):
    """One model: its recipe, how its images are multiplied, and what it has to reach."""

    data: str
    recipe: Recipe
    steps: int
    copies: int           # of each training image
    blur: float           # scale of the logistic noise on intensities in [0, 1]
    encoder_steps: int    # in phi alone, afterwards
    weighted_steps: int   # of the importance weighted bound, at the end
    reach: dict[str, float]
    seeds: tuple[int, ...] = (1,)    # of runs, of which validation chooses one


YARDSTICKS = {
    "digits-2d": Yardstick("digits", Recipe(vae.Config(hidden=128, learning_rate=8e-3, batch=150, decay=8000, seed=3),
                                            every=500), 13_000, 19, 0.05, 1500, 0, {"ELBO": -19.5}),
    "digits-8d": Yardstick("digits", Recipe(vae.Config(latent=8, hidden=128, learning_rate=8e-3, batch=200, decay=5000,
                                                       seed=1), every=500), 5000, 9, 0.05, 0, 2000, {"IW-500": -16.5}),
    "mnist-2d": Yardstick("mnist-5k", Recipe(vae.Config(learning_rate=3e-3, batch=128, decay=10_000, seed=1),
                                             every=1000), 12_000, 6, 0.1, 1500, 0, {"ELBO": -158.0}, (1, 2, 3, 4, 5)),
    "mnist-20d": Yardstick("mnist-5k", Recipe(vae.Config(latent=20, learning_rate=2e-3, batch=128, decay=4000, seed=1),
                                              every=1000), 8000, 6, 0.1, 0, 0, {"IW-500": -101.0}),
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


def weighted(yard: Yardstick, model: vae.Checkpoint, x: Tensor) -> vae.Checkpoint:
    """The model after steps on the importance weighted bound, which `iwae_bound` evaluates; averaged parameters.

    Gradients by autograd, the learning rate falls to 0. Source: Burda, Grosse and Salakhutdinov 2016.
    """
    params = {name: value.clone().requires_grad_() for name, value in model.params.items()}
    optimizer = torch.optim.Adam(params.values(), lr=WEIGHTED_RATE)
    rate = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, yard.weighted_steps)
    average, g = model.params, runtime.generator(model.config.seed)
    for step in range(1, 1 + yard.weighted_steps):
        batch = x[torch.randint(len(x), (WEIGHTED_BATCH,), generator=g)]
        optimizer.zero_grad()
        (-weighted_bound(params, model.config, batch, g).mean()).backward()
        optimizer.step()
        rate.step()
        if step % AVERAGE_EVERY == 0:
            share = max(0.2, AVERAGE_EVERY / step)
            average = {name: torch.lerp(average[name], value.detach(), share) for name, value in params.items()}
    return model._replace(params=average)


def weighted_bound(params: dict[str, Tensor], config: vae.Config, x: Tensor, g: torch.Generator) -> Tensor:
    """log 1/K sum_k p(x, z_k) / q(z_k | x) of images (N, D), with gradients."""
    q = posterior(params, x)
    z = q.draw(torch.randn(WEIGHTED_SAMPLES, *q.mean.shape, generator=g))
    log_weights = reconstruction(params, config, x, z) + log_standard_normal(z) - q.log_prob(z)
    return log_weights.logsumexp(0) - math.log(WEIGHTED_SAMPLES)


class Fit(NamedTuple):
    """A trained model, its bound on the validation images, its seed, and the candidates before it in both phases."""

    bound: float
    model: vae.Checkpoint
    seed: int
    steps: int
    encoder_steps: int


def seeded(yard: Yardstick, seed: int) -> Yardstick:
    """The same with this seed."""
    return yard._replace(recipe=yard.recipe._replace(config=replace(yard.recipe.config, seed=seed)))


def chosen(yard: Yardstick, x: Tensor, validation: Tensor) -> Fit:
    """The candidate of each seed and phase with the highest bound on the validation images."""
    def of(seed: int) -> Fit:
        run = seeded(yard, seed)
        steps, model = best(islice(averages(run, x), run.steps // run.recipe.every), validation)
        encoder_steps, model = best(islice(encoders(run, model, x), 1 + run.encoder_steps // ENCODER_EVERY), validation)
        return Fit(mean_bound(model, validation, samples=8), model, seed, steps, encoder_steps)

    fit = max((of(seed) for seed in yard.seeds), key=lambda fit: fit.bound)
    return fit._replace(model=weighted(yard, fit.model, x))


def best(models: Iterable[vae.Checkpoint], validation: Tensor) -> tuple[int, vae.Checkpoint]:
    """The place of the model with the highest bound, and the model."""
    return max(enumerate(models), key=lambda found: mean_bound(found[1], validation, samples=8))


def repeated(yard: Yardstick, x: Tensor, fit: Fit) -> vae.Checkpoint:
    """The model after as many steps as were chosen, on other images."""
    run = seeded(yard, fit.seed)
    model = next(islice(averages(run, x), fit.steps, None))
    return weighted(run, next(islice(encoders(run, model, x), fit.encoder_steps, None)), x)


def rows(name: str, quick: bool) -> Iterator[Row]:
    """Both models of a yardstick: trained on the training images, and once more with the validation images."""
    yard = YARDSTICKS[name]
    if quick:
        yard = yard._replace(steps=yard.recipe.every, copies=1, encoder_steps=0, weighted_steps=0)
    x, validation = multiplied(yard, "train"), vae.split_images(vae.Images(yard.data)).validation
    start = report.CPU()
    fit = chosen(yard, x, validation)
    yield from reached(f"{name}, {report.duration(report.CPU() - start)}", yard, fit.model, quick)
    x, start = multiplied(yard, "train", "validation"), report.CPU()
    model = repeated(yard, x, fit)
    yield from reached(f"{name}, validation images too, {report.duration(report.CPU() - start)}", yard, model, quick)


def reached(name: str, yard: Yardstick, model: vae.Checkpoint, quick: bool) -> Iterator[Row]:
    """The bounds of a model on the test images, each a mean in nats."""
    test = vae.split_images(vae.Images(yard.data)).test
    bounds = {"ELBO": lambda: mean_bound(model, test, samples=ELBO_SAMPLES, seed=TEST_SEED),
              "IW-500": lambda: vae.iwae_bound(model, test, IWAE_SAMPLES, TEST_SEED).mean().item()}
    for term, limit in yard.reach.items():
        value = bounds[term]()
        found, target = f"{value:.2f} nats".replace("-", "−"), f"≥ {limit:g} nats".replace("-", "−")
        yield Row(f"{name}: {term}", found, target=target, met=value >= limit,
                  why="trained for a try" if quick else "validation chose the seed and the step")


def tables(quick: bool) -> Iterator[Table]:
    """One table; with --quick one model, trained for a moment."""
    runtime.set_threads(1)
    names = ["digits-2d"] if quick else list(YARDSTICKS)
    yield Table("What the training reaches on test images", [row for name in names for row in rows(name, quick)],
                "Nats per image, evaluated once; seconds of the processor, without loading the images.")


if __name__ == "__main__":
    report.main(tables, __doc__)
