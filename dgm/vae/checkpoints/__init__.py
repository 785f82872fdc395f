"""The pretrained models and how they are made (`python -m dgm.vae.checkpoints`).

The parameters are averaged over the last looks at the run, which takes out the noise of the minibatches (Polyak and
Juditsky 1992), and the step is the one at which the average does best on the validation images. The test images are
looked at once, afterwards.
"""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from dgm.vae import exact_evidence, live_training, training

TEST_SEED = 1
ELBO_SAMPLES = 64
IWAE_SAMPLES = 500


class Recipe(NamedTuple):
    """How one model is trained."""

    config: training.Config
    every: int = 200     # steps between two looks
    keep: float = 0.9    # share of the average that a look keeps; the rest is the newest parameters
    patience: int = 20   # looks without a better bound after which training ends


RECIPES: dict[str, Recipe] = {
    "digits": Recipe(training.Config(hidden=128, learning_rate=2e-3, batch=64, seed=2)),
    "mnist-5k": Recipe(training.Config(hidden=200, learning_rate=1e-3, batch=128, seed=1), every=100, patience=12),
}


class Look(NamedTuple):
    """The averaged model at one step and its bound on the validation images, nats per image."""

    checkpoint: training.Checkpoint
    bound: float


def bound(checkpoint: training.Checkpoint, x: Tensor, seed: int = 0, samples: int = 16) -> float:
    """Mean ELBO of images x (N, D), nats per image."""
    recon, kl = training.elbo_terms(checkpoint, x, seed, samples)
    return (recon - kl).double().mean().item()


def looks(recipe: Recipe, data: live_training.Parts) -> Iterator[Look]:
    """Train without end; a look every `recipe.every` steps."""
    run = training.init(recipe.config, data.train)
    average = run.params
    while True:
        run = training.advance(run, data.train, recipe.every)
        keep = min(recipe.keep, 1 - recipe.every / run.step)  # a plain mean until it is long enough
        average = {name: keep * average[name] + (1 - keep) * value for name, value in run.params.items()}
        averaged = run._replace(params=average, moments={}, losses=run.losses[:0])
        yield Look(averaged, bound(averaged, data.validation))


def best(series: Iterator[Look], patience: int) -> Look:
    """The best look, once `patience` looks in a row were no better."""
    chosen = next(series)
    worse = 0
    while worse < patience:
        look = next(series)
        worse = 0 if look.bound > chosen.bound else worse + 1
        chosen = look if worse == 0 else chosen
    return chosen


def test_numbers(checkpoint: training.Checkpoint, data: live_training.Parts) -> dict[str, float]:
    """What the file's notes record about the test images: mean ELBO, IWAE bound and exact log p, nats per image."""
    iwae = training.iwae_bound(checkpoint, data.test, IWAE_SAMPLES, TEST_SEED)
    exact = exact_evidence.log_evidence(checkpoint, data.test).log_p
    return {"test_elbo": bound(checkpoint, data.test, TEST_SEED, ELBO_SAMPLES), "test_iwae": iwae.mean().item(),
            "test_log_p": exact.mean().item()}


def notes(images: live_training.Images, recipe: Recipe, look: Look) -> dict[str, str]:
    """The texts kept in the file: data, split, how the step was chosen, and the test numbers with their seeds."""
    data = live_training.parts(images)
    numbers = {name: f"{value:.4f}" for name, value in test_numbers(look.checkpoint, data).items()}
    return {
        "data": images.name, "data_seed": str(images.seed), "pixels": "1 where the intensity is at least 0.5, else 0",
        **{part: f"{len(x)} images" for part, x in data._asdict().items()},
        "made_by": "python -m dgm.vae.checkpoints",
        "average": f"{recipe.keep:g} of the last average every {recipe.every} steps",
        "validation_elbo": f"{look.bound:.4f}", **numbers, "unit": "nats per image", "test_seed": str(TEST_SEED),
        "test_elbo_samples": str(ELBO_SAMPLES), "test_iwae_samples": str(IWAE_SAMPLES)}


def make(name: str) -> tuple[training.Checkpoint, dict[str, str]]:
    """The model of data set `name`, trained from nothing, and its notes."""
    recipe, images = RECIPES[name], live_training.Images(name)
    look = best(looks(recipe, live_training.parts(images)), recipe.patience)
    return look.checkpoint, notes(images, recipe, look)
