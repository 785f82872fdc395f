"""The pretrained models and how they are trained (`python -m dgm.autoregressive.checkpoints`).

Every `every` steps the averaged model is evaluated on the validation images, and the step with the highest mean log p
is taken. The test images are evaluated once, afterwards.
"""

from typing import NamedTuple

from dgm.autoregressive.inference import log_prob
from dgm.autoregressive.model import Checkpoint, Config, init
from dgm.autoregressive.training import advance
from dgm.vae import Images, ImageSplit, split_images

IMAGES = Images("digits")


class Recipe(NamedTuple):
    """How one model is trained."""

    config: Config
    steps: int          # of the whole run, of which the best step is taken
    every: int = 50     # steps between two candidates


RECIPES: dict[str, Recipe] = {
    "logistic": Recipe(Config(weight_decay=0.1), 1500),
    "made": Recipe(Config(hidden=(1024,), learning_rate=6e-3, weight_decay=0.2, dropout=0.6, average=0.99),
                   2000),
}


class Chosen(NamedTuple):
    """The best step of a run, and its mean log p of the validation images, nats per image."""

    checkpoint: Checkpoint
    validation: float


def train(recipe: Recipe, data: ImageSplit) -> Chosen:
    """The run's checkpoint with the highest mean log p of the validation images."""
    run = init(recipe.config, data.train)
    best = Chosen(run, float(log_prob(run, data.validation).mean()))
    while run.step < recipe.steps:
        run = advance(run, data.train, min(recipe.every, recipe.steps - run.step))
        found = float(log_prob(run, data.validation).mean())
        best = Chosen(run, found) if found > best.validation else best
    return best


def make(name: str) -> tuple[Checkpoint, dict[str, str]]:
    """The model `name`, trained from the start, and its notes: data, split, choice of the step, and test number."""
    recipe, data = RECIPES[name], split_images(IMAGES)
    best = train(recipe, data)
    lean = best.checkpoint._replace(params=best.checkpoint.average, moments={}, losses=best.checkpoint.losses[:0])
    return lean, {
        "data": IMAGES.name, "data_seed": str(IMAGES.seed), "pixels": "1 where the intensity is at least 0.5, else 0",
        **{part: f"{len(x)} images" for part, x in data._asdict().items()},
        "made_by": "python -m dgm.autoregressive.checkpoints", "steps": str(recipe.steps), "every": str(recipe.every),
        "validation": f"{best.validation:.4f}", "test_log_p": f"{float(log_prob(lean, data.test).mean()):.4f}",
        "unit": "nats per image"}
