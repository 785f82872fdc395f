"""A live run of the VAE: what travels to a worker, and the curve that grows with the steps.

A run is addressed, not carried: a worker is told which images (`Images`), loads them once and keeps them, so that a
chunk of work takes along the checkpoint and the curve alone. `advance` folds like `dgm.vae.advance`: the same
checkpoint and the same curve, bit for bit, however the steps are cut into calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from dgm import datasets, runtime
from dgm.vae import training as vae

EVERY = 10         # steps between two records at first: the beginning is where most happens
MAX_RECORDS = 160  # with more, every second one goes and `every` doubles
MAX_FRAMES = 40    # the same for the film: its frames travel with each chunk
MEASURED = 200     # images of each part that a record is measured on, always the same ones


@dataclass(frozen=True)
class Images:
    """Which images a run trains on: a data set of the menu, the seed of its split, and where they live."""

    name: str
    seed: int = 0
    device: str = "cpu"


class Parts(NamedTuple):
    """Black and white images, {0, 1}, in three disjoint parts fixed by the seed."""

    train: Tensor       # (N, D) float32
    validation: Tensor  # (M, D), held out from training
    test: Tensor        # (K, D), looked at when everything is decided


@lru_cache(maxsize=4)
def parts(images: Images) -> Parts:
    """The images themselves, loaded once in each process. DataError as `datasets.load`."""
    data = datasets.load(images.name, images.seed)
    if data.image_shape is None:
        raise datasets.DataError(f"{images.name} has no images: choose one of {', '.join(datasets.names('images'))}")
    x = datasets.binarise(data.x).to(runtime.device(images.device))
    return Parts(*(x[rows.to(x.device)] for rows in data.split()))


class Record(NamedTuple):
    """One point of the curve: nats per image, means over the measured images of each part; the ELBO is recon - kl."""

    step: int
    train_recon: float
    train_kl: float
    held_recon: float
    held_kl: float


class Frame(NamedTuple):
    """Where the measured held-out images lay in latent space at one step."""

    step: int
    means: Tensor  # (M, L) float32


Stepped = TypeVar("Stepped", Record, Frame)


class Training(NamedTuple):
    """A run at one step: the checkpoint, its curve, and the film of its latent space so far."""

    checkpoint: vae.Checkpoint
    records: tuple[Record, ...] = ()
    every: int = EVERY
    film: tuple[Frame, ...] = ()
    film_every: int = EVERY

    @property
    def step(self) -> int:
        return self.checkpoint.step


def start(config: vae.Config, images: Images, every: int = EVERY) -> Training:
    """A fresh run. ValueError when `every` is not positive, DataError as `parts`."""
    if every < 1:
        raise ValueError("every has to be 1 or more steps")
    return Training(_moved(vae.init(config, parts(images).train), "cpu"), (), every, (), every)


def advance(training: Training, images: Images, steps: int) -> Training:
    """`steps` more steps and the records that fall due; pure, and blind to how steps are cut into calls.

    The training lives on the CPU between calls and on the images' device during one. DivergedError as `vae.advance`.
    """
    data = parts(images)
    training = _recorded(training._replace(checkpoint=_moved(training.checkpoint, data.train.device)), data)
    end = training.step + steps
    while training.step < end:
        due = (training.step // training.every + 1) * training.every
        checkpoint = vae.advance(training.checkpoint, data.train, min(due, end) - training.step)
        training = _recorded(training._replace(checkpoint=checkpoint), data)
    return training._replace(checkpoint=_moved(training.checkpoint, "cpu"))


def _recorded(training: Training, data: Parts) -> Training:
    step, last = training.step, training.records[-1].step if training.records else -1
    if step % training.every or step <= last:
        return training
    records, every = _thinned((*training.records, measure(training.checkpoint, data)), training.every, MAX_RECORDS)
    film, film_every = training.film, training.film_every
    if step % film_every == 0:
        film, film_every = _thinned((*film, frame(training.checkpoint, data)), film_every, MAX_FRAMES)
    return training._replace(records=records, every=every, film=film, film_every=film_every)


def _thinned(items: tuple[Stepped, ...], every: int, limit: int) -> tuple[tuple[Stepped, ...], int]:
    """All items, or with more than `limit` every second one, and the steps between two of them."""
    if len(items) <= limit:
        return items, every
    return tuple(item for item in items if item.step % (2 * every) == 0), 2 * every


def frame(checkpoint: vae.Checkpoint, data: Parts) -> Frame:
    """Latent means of the measured held-out images."""
    return Frame(checkpoint.step, vae.encode(checkpoint, data.validation[:MEASURED]).mean.float().cpu())


def measure(checkpoint: vae.Checkpoint, data: Parts) -> Record:
    """The bound's two terms on fixed images of both parts, with noise from (seed, step) alone."""
    seed = runtime.mix(checkpoint.config.seed, 2, checkpoint.step)
    terms = [term.double().mean().item() for part in (data.train, data.validation)
             for term in vae.elbo_terms(checkpoint, part[:MEASURED], seed)]
    return Record(checkpoint.step, *terms)


def _moved(checkpoint: vae.Checkpoint, device: torch.device | str) -> vae.Checkpoint:
    return checkpoint._replace(
        params={name: value.to(device) for name, value in checkpoint.params.items()},
        moments={name: value.to(device) for name, value in checkpoint.moments.items()},
        losses=checkpoint.losses.to(device))


def images_per_second(training: Training, images: Images, steps_per_second: float) -> float:
    """Training images seen per second at that many steps per second."""
    return steps_per_second * (training.checkpoint.config.batch or len(parts(images).train))


def curve_csv(records: Iterable[Record]) -> str:
    """The curve as a table: step, then nats per image; one line a record, the names in the first."""
    lines = [",".join((*Record._fields, "train_elbo", "held_elbo"))]
    for record in records:
        numbers = (*record[1:], record.train_recon - record.train_kl, record.held_recon - record.held_kl)
        lines.append(",".join([str(record.step), *(f"{number:.6f}" for number in numbers)]))
    return "\n".join(lines) + "\n"
