"""The model of the digits that the page shows: one that was trained before, or the visitor's run."""

import hashlib
from dataclasses import replace
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import autoregressive, jobs, vae
from dgm.autoregressive import live_training
from pages.autoregressive.state import DEEP, LIVE, LOGISTIC, MADE, NETWORKS, PRETRAINED
from ui import cache, controls, live_run

PAGE = "autoregressive"
IMAGES = vae.Images("digits")
SHAPE = (8, 8)
STEPS = 20              # of the step button
KEPT = 3                # runs that are set aside
STORED = {LOGISTIC: "logistic", MADE: "made"}       # network -> name of the trained model
TUNABLE = ("learning_rate", "batch")


class Shown(NamedTuple):
    """The chosen model at this moment."""

    network: str
    model: str                          # PRETRAINED or LIVE
    run: jobs.Run | None                # the visitor's, where it is shown
    checkpoint: autoregressive.Checkpoint

    @property
    def digest(self) -> str:
        """Equal for equal weights."""
        return digest(self.checkpoint)

    @property
    def as_code(self) -> str:
        """The model in a script."""
        if self.model == PRETRAINED:
            return f"autoregressive.pretrained({STORED[self.network]!r})"
        if self.checkpoint.step == 0:
            return f"autoregressive.init(autoregressive.{self.checkpoint.config!r}, images.train)"
        return (f"autoregressive.advance(autoregressive.init(autoregressive.{self.checkpoint.config!r}, "
                f"images.train), images.train, {self.checkpoint.step})")


def digest(checkpoint: autoregressive.Checkpoint) -> str:
    """A text that is the same for equal settings and weights."""
    state = hashlib.blake2b(repr(checkpoint.config).encode(), digest_size=16)
    for name, value in sorted(checkpoint.params.items()):
        state.update(name.encode())
        state.update(value.detach().contiguous().numpy().tobytes())
    return state.hexdigest()


cached = cache.copied(hash_funcs={autoregressive.Checkpoint: digest})


def parts() -> vae.ImageSplit:
    """The black and white digits for training, validation and test."""
    return vae.split_images(IMAGES)


def choose(*, trains: bool) -> Shown:
    """Draw the choice of the model, and where it `trains` the buttons of the run. Returns what is shown."""
    left, middle, right = st.columns((5, 5, 8), vertical_alignment="bottom")
    with left:
        model = controls.draw("model")
    with middle:
        network = controls.draw("network", options=tuple(STORED) if model == PRETRAINED else NETWORKS)
    if model == PRETRAINED:
        return Shown(network, model, None, autoregressive.pretrained(STORED[network]))
    run = ensure(config(network))
    with right:
        if trains:
            live_run.buttons(run, PAGE, steps=STEPS)
        else:
            st.caption(f"My run, at step {run.progress.step:,}. It is trained in the part “Digits”.")
    return Shown(network, LIVE, run, newest(run).checkpoint)


def newest(run: jobs.Run) -> live_training.Training:
    """The run's newest state; while it trains, that of the last refresh."""
    found: live_training.Training = live_run.latest(PAGE, run)
    return found


def config(network: str) -> autoregressive.Config:
    """The configuration that the controls describe."""
    units = controls.value("hidden")
    hidden = {LOGISTIC: (), MADE: (units,), DEEP: (units, units)}[network]
    stored = autoregressive.pretrained("made" if hidden else "logistic").config     # for what has no control
    return replace(stored, hidden=hidden, order=controls.value("order"), seed=controls.value("run_seed"),
                   learning_rate=controls.value("learning_rate"), batch=controls.value("batch"))


def ensure(config: autoregressive.Config) -> jobs.Run:
    """This session's run: it goes on under another rate or batch; any other change begins another run."""
    fixed = (config.hidden, config.order, config.seed)
    run = live_run.ensure_run(
        PAGE, fixed, (config.learning_rate, config.batch), keep=KEPT,
        make=lambda: jobs.Run(live_training.advance, live_training.start(config, IMAGES), IMAGES),
        tune=lambda training: training._replace(
            checkpoint=autoregressive.reconfigured(training.checkpoint, config)))
    run.total = controls.value("steps")
    return run


def settings() -> None:
    """Draw the controls of a run."""
    with controls.advanced("Settings of my run") as opened:
        if opened:
            columns = ("order", "hidden", "run_seed"), ("learning_rate", "batch", "steps")
            for names in columns:
                for place, name in zip(st.columns(3), names, strict=True):
                    with place:
                        controls.draw(name)
            st.caption("Learning rate and batch may change while it trains. The other settings begin a new run; the "
                       "old one is kept and comes back with its settings.")


# What is computed from a checkpoint -----------------------------------------------------------------------------------


@cached
def grown(checkpoint: autoregressive.Checkpoint, seed: int) -> autoregressive.Path:
    """One image drawn pixel by pixel."""
    return autoregressive.path(checkpoint, seed)


@cached
def terms(checkpoint: autoregressive.Checkpoint, image: Tensor) -> Tensor:
    """log p of each pixel (64,) given those before it, nats."""
    return autoregressive.log_terms(checkpoint, image[None])[0].double()


@cached
def chances(checkpoint: autoregressive.Checkpoint, image: Tensor) -> Tensor:
    """p(pixel is black | those before it), (64,)."""
    return autoregressive.conditionals(checkpoint, image[None])[0].double()


@cached
def held_out(checkpoint: autoregressive.Checkpoint) -> Tensor:
    """log p of every held-out image (297,), nats."""
    return autoregressive.log_prob(checkpoint, parts().test).double()


@cached
def order(checkpoint: autoregressive.Checkpoint) -> Tensor:
    """(64,) the numbers of the pixels in the order in which they are drawn."""
    return autoregressive.order_of(checkpoint)


@cached
def completions(checkpoint: autoregressive.Checkpoint, image: Tensor, known: int, count: int, seed: int) -> Tensor:
    """Images (count, 64) whose first `known` pixels, in the model's order, are those of the image."""
    mask = torch.zeros(len(image), dtype=torch.bool)
    mask[autoregressive.order_of(checkpoint)[:known]] = True
    return autoregressive.complete(checkpoint, image, mask, count, seed).x


__all__ = ["IMAGES", "PAGE", "SHAPE", "Shown", "chances", "choose", "completions", "config", "digest", "ensure",
           "grown", "held_out", "newest", "order", "parts", "settings", "terms"]
