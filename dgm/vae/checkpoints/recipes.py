"""The pretrained models and how they are trained (`python -m dgm.vae.checkpoints`).

The parameters are averaged over the steps, which removes the noise of the mini-batches (Polyak and Juditsky 1992), and
the step is chosen at which the average has the highest bound on the validation images. The test images are evaluated
once, afterwards.
"""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from dgm.vae.exact_evidence import log_evidence
from dgm.vae.images import Images, ImageSplit, split_images
from dgm.vae.inference import elbo_terms, iwae_bound
from dgm.vae.model import Checkpoint, Config, init
from dgm.vae.training import advance

TEST_SEED = 1
ELBO_SAMPLES = 64
IWAE_SAMPLES = 500


class Recipe(NamedTuple):
    """How one model is trained."""

    config: Config
    every: int = 200     # steps between two candidates
    decay: float = 0.9   # share of the old average in the new one; the rest is the newest parameters
    patience: int = 20   # candidates without a higher bound after which training ends


RECIPES: dict[str, Recipe] = {
    "digits": Recipe(Config(hidden=128, learning_rate=3e-3, decay=5000, batch=64, seed=2)),
    "mnist-5k": Recipe(Config(hidden=200, learning_rate=2e-3, decay=6000, batch=128, seed=2), every=100, patience=12),
}


class Candidate(NamedTuple):
    """The averaged model at one step and its bound on the validation images, nats per image."""

    checkpoint: Checkpoint
    bound: float


def mean_bound(checkpoint: Checkpoint, x: Tensor, *, samples: int = 16, seed: int = 0) -> float:
    """Mean ELBO of images x (N, D), with `samples` draws for each, nats per image."""
    recon, kl = elbo_terms(checkpoint, x, samples=samples, seed=seed)
    return (recon - kl).double().mean().item()


def candidates(recipe: Recipe, data: ImageSplit) -> Iterator[Candidate]:
    """Endless training; a candidate every `recipe.every` steps."""
    run = init(recipe.config, data.train)
    average = run.params
    while True:
        run = advance(run, data.train, recipe.every)
        decay = min(recipe.decay, 1 - recipe.every / run.step)  # at first a plain mean
        average = {name: decay * average[name] + (1 - decay) * value for name, value in run.params.items()}
        averaged = run._replace(params=average, moments={}, losses=run.losses[:0])
        yield Candidate(averaged, mean_bound(averaged, data.validation))


def best(series: Iterator[Candidate], patience: int) -> Candidate:
    """The candidate with the highest bound, once `patience` candidates in a row were no better."""
    chosen = next(series)
    worse = 0
    while worse < patience:
        candidate = next(series)
        worse = 0 if candidate.bound > chosen.bound else worse + 1
        chosen = candidate if worse == 0 else chosen
    return chosen


def test_numbers(checkpoint: Checkpoint, data: ImageSplit) -> dict[str, float]:
    """Mean ELBO, IWAE bound and exact log p(x) of the test images, nats per image, as the file's notes record them."""
    iwae = iwae_bound(checkpoint, data.test, IWAE_SAMPLES, TEST_SEED)
    exact = log_evidence(checkpoint, data.test).log_p
    return {"test_elbo": mean_bound(checkpoint, data.test, samples=ELBO_SAMPLES, seed=TEST_SEED),
            "test_iwae": iwae.mean().item(), "test_log_p": exact.mean().item()}


def notes(images: Images, recipe: Recipe, chosen: Candidate) -> dict[str, str]:
    """The texts stored in the file: data, split, how the step was chosen, and the test numbers with their seeds."""
    data = split_images(images)
    numbers = {name: f"{value:.4f}" for name, value in test_numbers(chosen.checkpoint, data).items()}
    return {
        "data": images.name, "data_seed": str(images.seed), "pixels": "1 where the intensity is at least 0.5, else 0",
        **{part: f"{len(x)} images" for part, x in data._asdict().items()},
        "made_by": "python -m dgm.vae.checkpoints",
        "average": f"{recipe.decay:g} of the last average every {recipe.every} steps",
        "validation_elbo": f"{chosen.bound:.4f}", **numbers, "unit": "nats per image", "test_seed": str(TEST_SEED),
        "test_elbo_samples": str(ELBO_SAMPLES), "test_iwae_samples": str(IWAE_SAMPLES)}


def make(name: str) -> tuple[Checkpoint, dict[str, str]]:
    """The model of data set `name`, trained from the start, and its notes."""
    recipe, images = RECIPES[name], Images(name)
    chosen = best(candidates(recipe, split_images(images)), recipe.patience)
    return chosen.checkpoint, notes(images, recipe, chosen)
