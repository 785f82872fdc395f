"""The VAE page's live run: its settings, its buttons and progress, and the checkpoint of the chosen model."""

from dataclasses import fields

import streamlit as st

from dgm import datasets, jobs, runtime, vae
from dgm.vae import live_training
from pages.vae.state import LIVE, PRETRAINED
from ui import controls, live_run
from ui.messages import sentence

PAGE = "vae"
TUNABLE = ("optimizer", "learning_rate", "batch", "beta", "gradient")  # what may change while a run goes on
PRETRAINED_FOR = {"digits": "digits", "mnist-5k": "mnist-5k", "mnist": "mnist-5k"}  # data set -> checkpoint
STEPS = 20  # of the step button


def models(data: str) -> list[str]:
    """What can be shown for the data set of this name."""
    return [PRETRAINED, LIVE] if data in PRETRAINED_FOR else [LIVE]


def checkpoint(model: str, run: jobs.Run, data: str) -> vae.Checkpoint:
    """The checkpoint of a model of `models(data)`; of the live one its newest."""
    if model == PRETRAINED and data in PRETRAINED_FOR:
        return vae.pretrained(PRETRAINED_FOR[data])
    training: live_training.Training = live_run.latest(PAGE, run)
    return training.checkpoint


def as_code(model: str, run: jobs.Run, images: vae.Images) -> str:
    """The shown model in the script that a visitor can copy: a new run is made there, a trained one is a file."""
    if model == PRETRAINED and images.name in PRETRAINED_FOR:
        return f'vae.pretrained("{PRETRAINED_FOR[images.name]}")'
    newest: vae.Checkpoint = run.latest.checkpoint
    if newest.step == 0:
        return f"vae.init(vae.{newest.config!r}, vae.split_images({images_as_code(images)}).train)"
    return 'vae.load("vae.safetensors")  # the file that "Weights" downloads'


def images_as_code(images: vae.Images) -> str:
    """The images in the script that a visitor can copy."""
    return f"vae.Images({images.name!r}, {images.seed})"


def settings() -> vae.Config:
    """Draw the controls of a run, and return its configuration."""
    with controls.advanced("Settings of my run") as opened:
        if opened:
            _draw_settings()
    return vae.Config(latent=controls.value("latent"), hidden=controls.value("hidden"), beta=controls.value("beta"),
                      gradient=controls.value("gradient"), optimizer=controls.value("optimizer"),
                      learning_rate=controls.value("rate"), batch=controls.value("batch"),
                      seed=controls.value("run_seed"))


def _draw_settings() -> None:
    st.caption("Optimizer, learning rate, batch, β and gradient may change while it trains; the others begin a new "
               "run.")
    columns = ("latent", "hidden", "run_seed"), ("beta", "gradient", "steps"), ("optimizer", "rate", "batch", "device")
    for place, names in zip(st.columns(3), columns, strict=True):
        with place:
            for name in names:
                controls.draw(name)


def device() -> str:
    """The chosen device as text; the CPU, with a note here, when it is absent."""
    try:
        return str(runtime.device(controls.value("device")))
    except ValueError as error:
        controls.note(f"{sentence(error)} Training on the CPU meanwhile.")
        return "cpu"


def ensure(config: vae.Config, data: datasets.Dataset, device: str) -> jobs.Run:
    """This session's run: it goes on under new TUNABLE settings, any other change begins a new one."""
    images = vae.Images(data.name, data.seed, device)
    made_for = (images, *(getattr(config, f.name) for f in fields(config) if f.name not in TUNABLE))
    run = live_run.ensure_run(
        PAGE, made_for, tuple(getattr(config, name) for name in TUNABLE),
        make=lambda: jobs.Run(live_training.advance, live_training.start(config, images), images),
        tune=lambda training: training._replace(checkpoint=vae.reconfigured(training.checkpoint, config)))
    run.total = controls.value("steps")
    return run


def discard() -> None:
    """Stop and drop the run."""
    live_run.discard_run(PAGE)


def show() -> None:
    """Make the run the model that the page shows (in a callback)."""
    controls.set_value("model", LIVE)


def part(run: jobs.Run, device: str) -> None:
    """Buttons and progress; a run that is started becomes the model that the page shows."""
    with st.container(border=True, key="run"):
        live_run.buttons(run, PAGE, steps=STEPS, on_play=show)
        batch = run.latest.checkpoint.config.batch
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=batch, device=device), "progress")
