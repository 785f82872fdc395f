"""Autoregressive models of 8 x 8 digits on one core: training, exact log p and sampling.

    python -m benchmarks.autoregressive [--quick]

The shipped models are trained again from their recipes. Sampling keeps the finished hidden units; its peer runs one
full pass for each pixel, and both draw the same images. Last, several models on the same test images.
"""

import os
from collections.abc import Iterator
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import Tensor

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import autoregressive, runtime, vae
from dgm.autoregressive import comparison
from dgm.autoregressive.checkpoints import recipes

DRAWN = 1000


def without_cache(model: autoregressive.Checkpoint, count: int, seed: int) -> Tensor:
    """The same draws, each pixel's conditional from a full pass over the images so far."""
    pixels = len(model.average["out.bias"])
    u = torch.rand(count, pixels, generator=runtime.generator(seed), dtype=torch.float64)
    x = torch.zeros(count, pixels, dtype=torch.float64)
    for place, pixel in enumerate(autoregressive.order_of(model).tolist()):
        x[:, pixel] = (u[:, place] < autoregressive.conditionals(model, x)[:, pixel]).double()
    return x


def trained(data: vae.ImageSplit, quick: bool) -> Iterator[Row]:
    """Each recipe: seconds of the processor, and what the model reaches."""
    for name, recipe in recipes.RECIPES.items():
        short = recipe._replace(steps=2 * recipe.every) if quick else recipe
        found: list[recipes.Chosen] = []
        spent = report.seconds(lambda short=short, found=found: found.append(recipes.train(short, data)))
        test = float(autoregressive.log_prob(found[0].checkpoint, data.test).mean())
        yield Row(f"{name}, {short.steps} steps", f"{report.duration(spent)}, log p(x) {report.digits(test)} nats")


def sampled(data: vae.ImageSplit, rounds: int) -> Iterator[Row]:
    """Exact log p of the test images, and images drawn pixel by pixel."""
    for name in autoregressive.pretrained_names():
        model = autoregressive.pretrained(name)
        assert torch.equal(autoregressive.sample(model, 50, 1), without_cache(model, 50, 1))
        times = report.alternating({"dgm": partial(autoregressive.sample, model, DRAWN, 1),
                                    "without the cache": partial(without_cache, model, DRAWN, 1)}, rounds)
        yield report.faster(f"{name}: {DRAWN} images", times)
        exact = report.alternating({"dgm": partial(autoregressive.log_prob, model, data.test)}, rounds)["dgm"]
        yield Row(f"{name}: log p(x) of {len(data.test)} images", report.duration(min(exact)))


def compared() -> Iterator[Row]:
    """Models on the same test images: nats, and the standard error over the images."""
    for row in comparison.rows():
        yield Row(f"{row.model}: {row.kind}", f"{report.digits(row.nats)} ± {row.spread:.2f} nats".replace("-", "−"))


def tables(quick: bool) -> Iterator[Table]:
    """Training, sampling, comparison."""
    runtime.set_threads(1)
    data = vae.split_images(vae.Images("digits"))
    yield Table("Autoregressive models", [*trained(data, quick), *sampled(data, 1 if quick else 5)],
                "Processor time, one thread, 8 × 8 digits; the step is chosen on 150 validation images.")
    if not quick:
        yield Table("Models on the same 297 test images", list(compared()),
                    "A density of binary images grows without bound, so for rounded models it is the probability that "
                    "a draw, rounded at 1/2, is the image.")


if __name__ == "__main__":
    report.main(tables, __doc__)
