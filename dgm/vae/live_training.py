"""A run of the VAE with its history: the curve of the bound, and snapshots of the latent space.

The arguments of `advance` are small: it is given the name of the images (`Images`), which a worker process loads once,
and the run itself, a checkpoint and its history. It is a pure fold like `training.advance`: the same checkpoint and
the same history, bit for bit, however the steps are divided into calls.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, require_kind
from dgm.errors import ArgumentError
from dgm.gradient_run import thinned
from dgm.vae import training
from dgm.vae.images import Images, ImageSplit, split_images
from dgm.vae.inference import elbo_terms, encode
from dgm.vae.model import Checkpoint, Config, as_checkpoint, as_config, images_for, init

EVERY = 10          # steps between two records at first: the beginning is where most happens
MAX_RECORDS = 160   # with more, every second one is dropped and `every` doubles
MAX_SNAPSHOTS = 40  # the same for snapshots, which are sent with each chunk of work
MEASURED = 200      # images of each part that a record is measured on, always the same ones


class Record(NamedTuple):
    """One point of the curve: nats per image, means over the measured images; the ELBO is recon - kl."""

    step: int
    train_recon: float
    train_kl: float
    held_out_recon: float   # of the validation images
    held_out_kl: float


class Snapshot(NamedTuple):
    """Latent means of the measured validation images at one step."""

    step: int
    means: Tensor  # (M, L) float32


class Training(NamedTuple):
    """A run at one step: the checkpoint, its curve, and snapshots of its latent space so far."""

    checkpoint: Checkpoint
    records: tuple[Record, ...] = ()
    every: int = EVERY             # steps between two records
    snapshots: tuple[Snapshot, ...] = ()
    snapshot_every: int = EVERY

    @property
    def step(self) -> int:
        """Training steps so far."""
        return self.checkpoint.step


def start(config: Config, images: Images, every: int = EVERY) -> Training:
    """A run at step 0 without records. every: steps between two records, 1 or more.

    ArgumentError for another `every`, DataError as `split_images`.

    >>> from dgm import vae
    >>> from dgm.vae import live_training
    >>> live_training.start(vae.Config(hidden=8), vae.Images("digits")).step
    0
    """
    config, every = as_config(config), as_integer(every, "every", 1)
    return Training(_on_device(init(config, split_images(images).train), "cpu"), (), every, (), every)


def advance(run: Training, images: Images, steps: int) -> Training:
    """The run `steps` steps later, with the records and snapshots that are due; pure.

    Between calls its tensors are on the CPU, during a call on the device of the images.
    DivergedError as `training.advance`, DataError as `split_images`.

    >>> from dgm import vae
    >>> from dgm.vae import live_training
    >>> images = vae.Images("digits")
    >>> run = live_training.advance(live_training.start(vae.Config(hidden=8), images), images, 25)
    >>> [record.step for record in run.records]
    [0, 10, 20]
    """
    run = _as_training(run)
    data, steps = split_images(images), as_integer(steps, "steps", 0)
    run = _recorded(run._replace(checkpoint=_on_device(run.checkpoint, data.train.device)), data)
    end = run.step + steps
    while run.step < end:
        due = (run.step // run.every + 1) * run.every
        checkpoint = training.advance(run.checkpoint, data.train, min(due, end) - run.step)
        run = _recorded(run._replace(checkpoint=checkpoint), data)
    return run._replace(checkpoint=_on_device(run.checkpoint, "cpu"))


def _as_training(run: Training) -> Training:
    kinds = {"records": Record, "snapshots": Snapshot}
    if not isinstance(run, Training) or not all(
            isinstance(getattr(run, name), tuple) and all(isinstance(item, kind) for item in getattr(run, name))
            for name, kind in kinds.items()):
        raise ArgumentError("run has to be a live_training.Training as start or advance give it")
    return run._replace(checkpoint=as_checkpoint(run.checkpoint),
                        every=as_integer(run.every, "the every of the run", 1),
                        snapshot_every=as_integer(run.snapshot_every, "the snapshot_every of the run", 1))


def _as_split(data: ImageSplit) -> ImageSplit:
    require_kind(data, "data", ImageSplit, "the images that vae.split_images gives")
    return data


def _recorded(run: Training, data: ImageSplit) -> Training:
    step, last = run.step, run.records[-1].step if run.records else -1
    if step % run.every or step <= last:
        return run
    records, every = thinned((*run.records, measure(run.checkpoint, data)), run.every, MAX_RECORDS)
    snapshots, snapshot_every = run.snapshots, run.snapshot_every
    if step % snapshot_every == 0:
        snapshots, snapshot_every = thinned((*snapshots, snapshot(run.checkpoint, data)), snapshot_every,
                                             MAX_SNAPSHOTS)
    return run._replace(records=records, every=every, snapshots=snapshots, snapshot_every=snapshot_every)


def snapshot(checkpoint: Checkpoint, data: ImageSplit) -> Snapshot:
    """Latent means of the first MEASURED validation images."""
    checkpoint, data = as_checkpoint(checkpoint), _as_split(data)
    return Snapshot(checkpoint.step, encode(checkpoint, images_for(checkpoint, data.validation)[:MEASURED])
                    .mean.float().cpu())


def measure(checkpoint: Checkpoint, data: ImageSplit) -> Record:
    """The bound's two terms on the first MEASURED images of each part, with noise from (seed, step) alone."""
    checkpoint, data = as_checkpoint(checkpoint), _as_split(data)
    seed = runtime.mix(checkpoint.config.seed, 2, checkpoint.step)
    terms = [term.double().mean().item() for part in (data.train, data.validation)
             for term in elbo_terms(checkpoint, images_for(checkpoint, part)[:MEASURED], seed=seed)]
    return Record(checkpoint.step, *terms)


def _on_device(checkpoint: Checkpoint, device: torch.device | str) -> Checkpoint:
    return checkpoint._replace(
        params={name: value.to(device) for name, value in checkpoint.params.items()},
        moments={name: value.to(device) for name, value in checkpoint.moments.items()},
        losses=checkpoint.losses.to(device))
