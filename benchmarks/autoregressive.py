"""Autoregressive models of 8 x 8 digits on one core: training, exact log p and sampling, in seconds of the processor.

    python -m benchmarks.autoregressive

The first table trains the shipped models again from their recipes, choosing the step on the validation images. The
second compares sampling that keeps the finished hidden units with sampling that runs one full pass for each pixel, and
checks that both draw the same images. The third is the comparison of the models on the same test images.
"""

import os
import statistics
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import Tensor

from dgm import autoregressive, runtime, vae
from dgm.autoregressive import comparison
from dgm.autoregressive.checkpoints import recipes

DRAWN = 1000
ROUNDS = 5


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def without_cache(model: autoregressive.Checkpoint, count: int, seed: int) -> Tensor:
    """The same draws, each pixel's conditional from a full pass over the images so far."""
    pixels = len(model.average["out.bias"])
    u = torch.rand(count, pixels, generator=runtime.generator(seed), dtype=torch.float64)
    x = torch.zeros(count, pixels, dtype=torch.float64)
    for place, pixel in enumerate(autoregressive.order_of(model).tolist()):
        x[:, pixel] = (u[:, place] < autoregressive.conditionals(model, x)[:, pixel]).double()
    return x


def training(data: vae.ImageSplit) -> dict[str, autoregressive.Checkpoint]:
    print("| model | steps | training, s | best step | validation, nats | test, nats |\n|---|---|---|---|---|---|")
    models = {}
    for name, recipe in recipes.RECIPES.items():
        found: list[recipes.Chosen] = []
        spent = seconds(lambda recipe=recipe, found=found: found.append(recipes.train(recipe, data)))
        models[name] = found[0].checkpoint
        test = float(autoregressive.log_prob(models[name], data.test).mean())
        print(f"| {name} | {recipe.steps} | {spent:.1f} | {models[name].step} | {found[0].validation:.2f} "
              f"| {test:.2f} |")
    return models


def sampling(models: dict[str, autoregressive.Checkpoint], data: vae.ImageSplit) -> None:
    print(f"\n| model | log p of {len(data.test)} images, ms | {DRAWN} images, ms | without the cache, ms |"
          "\n|---|---|---|---|")
    for name, model in models.items():
        assert torch.equal(autoregressive.sample(model, 50, 1), without_cache(model, 50, 1))
        times = [[seconds(lambda model=model: autoregressive.log_prob(model, data.test)),
                  seconds(lambda model=model: autoregressive.sample(model, DRAWN, 1)),
                  seconds(lambda model=model: without_cache(model, DRAWN, 1))] for _ in range(ROUNDS)]
        exact, cached, plain = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        print(f"| {name} | {exact:.1f} | {cached:.0f} | {plain:.0f} |")


def main() -> None:
    runtime.set_threads(1)
    data = vae.split_images(vae.Images("digits"))
    sampling(training(data), data)
    print("\n| model | kind | test, nats per image | over images ± | numerical ± |\n|---|---|---|---|---|")
    for row in comparison.rows():
        print(f"| {row.model} | {row.kind} | {row.nats:.2f} | {row.spread:.2f} | {row.error:.3f} |")


if __name__ == "__main__":
    main()
