"""A run with its history: the curve of log p, images drawn half-way, and the best checkpoint so far.

The arguments of `advance` are small: it is given the name of the images (`vae.Images`), which a worker process loads
once, and the run itself. A pure fold like `training.advance`.
"""

from typing import NamedTuple

from torch import Tensor

from dgm.arguments import as_integer, require_kind
from dgm.autoregressive import training
from dgm.autoregressive.images import as_images
from dgm.autoregressive.inference import log_prob
from dgm.autoregressive.model import Checkpoint, Config, as_checkpoint, as_config, init, pixel_count
from dgm.autoregressive.sampling import sample
from dgm.errors import ArgumentError
from dgm.gradient_run import thinned
from dgm.vae import Images, ImageSplit, split_images

EVERY = 10          # steps between two records at first
MAX_RECORDS = 160   # with more, every second one is dropped and `every` doubles
MAX_SNAPSHOTS = 24
MEASURED = 300      # images of each part that a record is measured on, always the same ones
DRAWN = 16          # images of a snapshot, always with the same uniform numbers


class Record(NamedTuple):
    """One point of the curve: mean log p(x), nats per image."""

    step: int
    train: float       # of the first MEASURED training images
    held_out: float    # of the validation images


class Snapshot(NamedTuple):
    """Images that the model draws at one step."""

    step: int
    images: Tensor     # (DRAWN, D) float32


class Best(NamedTuple):
    """The averaged model with the highest log p of the validation images among the records."""

    checkpoint: Checkpoint
    held_out: float


class Training(NamedTuple):
    """A run at one step."""

    checkpoint: Checkpoint
    records: tuple[Record, ...] = ()
    every: int = EVERY             # steps between two records
    snapshots: tuple[Snapshot, ...] = ()
    snapshot_every: int = EVERY
    best: Best | None = None

    @property
    def step(self) -> int:
        """Training steps so far."""
        return self.checkpoint.step


def start(config: Config, images: Images, every: int = EVERY) -> Training:
    """A run at step 0 without records. every: steps between two records, 1 or more.

    ArgumentError for another `every`, DataError as `vae.split_images`.

    >>> from dgm import autoregressive, vae
    >>> from dgm.autoregressive import live_training
    >>> live_training.start(autoregressive.Config(), vae.Images("digits")).step
    0
    """
    config, every = as_config(config), as_integer(every, "every", 1)
    return Training(init(config, split_images(images).train), (), every, (), every)


def advance(run: Training, images: Images, steps: int) -> Training:
    """The run `steps` steps later, with the records and snapshots that are due; pure.

    DivergedError as `training.advance`, DataError as `vae.split_images`.

    >>> from dgm import autoregressive, vae
    >>> from dgm.autoregressive import live_training
    >>> images = vae.Images("digits")
    >>> run = live_training.advance(live_training.start(autoregressive.Config(), images), images, 25)
    >>> [record.step for record in run.records]
    [0, 10, 20]
    """
    run, data, steps = _as_training(run), split_images(images), as_integer(steps, "steps", 0)
    run = _recorded(run, data)
    end = run.step + steps
    while run.step < end:
        due = (run.step // run.every + 1) * run.every
        checkpoint = training.advance(run.checkpoint, data.train, min(due, end) - run.step)
        run = _recorded(run._replace(checkpoint=checkpoint), data)
    return run


def _as_training(run: Training) -> Training:
    require_kind(run, "run", Training, "a live_training.Training as start or advance give it")
    for items, kind in ((run.records, Record), (run.snapshots, Snapshot)):
        if not isinstance(items, tuple) or not all(isinstance(item, kind) for item in items):
            raise ArgumentError("run has to be a live_training.Training as start or advance give it")
    if run.best is not None:
        require_kind(run.best, "the best of the run", Best, "a live_training.Best or None")
    return run._replace(checkpoint=as_checkpoint(run.checkpoint),
                        every=as_integer(run.every, "the every of the run", 1),
                        snapshot_every=as_integer(run.snapshot_every, "the snapshot_every of the run", 1))


def _recorded(run: Training, data: ImageSplit) -> Training:
    step, last = run.step, run.records[-1].step if run.records else -1
    if step % run.every or step <= last:
        return run
    record = measure(run.checkpoint, data)
    if run.best is None or record.held_out > run.best.held_out:
        run = run._replace(best=Best(_lean(run.checkpoint), record.held_out))
    records, every = thinned((*run.records, record), run.every, MAX_RECORDS)
    snapshots, snapshot_every = run.snapshots, run.snapshot_every
    if step % snapshot_every == 0:
        drawn = Snapshot(step, sample(run.checkpoint, DRAWN, run.checkpoint.config.seed).float())
        snapshots, snapshot_every = thinned((*snapshots, drawn), snapshot_every, MAX_SNAPSHOTS)
    return run._replace(records=records, every=every, snapshots=snapshots, snapshot_every=snapshot_every)


def _lean(checkpoint: Checkpoint) -> Checkpoint:
    """What evaluates, alone: it is sent with each chunk of work."""
    return checkpoint._replace(params=checkpoint.average, moments={}, losses=checkpoint.losses[:0])


def measure(checkpoint: Checkpoint, data: ImageSplit) -> Record:
    """Mean log p of the first MEASURED images of each part, nats per image."""
    checkpoint = as_checkpoint(checkpoint)
    require_kind(data, "data", ImageSplit, "the images that vae.split_images gives")
    parts = [as_images(part, pixel_count(checkpoint), name)[:MEASURED]
             for part, name in ((data.train, "the train of data"), (data.validation, "the validation of data"))]
    return Record(checkpoint.step, *(float(log_prob(checkpoint, part).mean()) for part in parts))
