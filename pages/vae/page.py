"""Lesson: the variational autoencoder, its latent space under the hand, its training live."""

from functools import partial
from typing import Any

import streamlit as st

from dgm.vae import live_training
from pages.vae import explorer, one_image, training, views
from ui import controls, dataset_menu, live_run, page

PRESETS: dict[str, dict[str, Any]] = {
    "A trained space": {},
    "8 × 8 digits": {"data": "digits"},
    "A picture from nowhere": {"z": "4.5,4.5"},
    "Sixteen latents": {"latent": 16, "model": "my run"},
    "Too much KL: latents switch off": {"beta": 12.0, "model": "my run"},
    "Log-derivative: it hardly learns": {"gradient": "log-derivative", "model": "my run"},
    "Too large a step: it breaks": {"optimizer": "SGD", "rate": 10.0, "model": "my run"},
}

NOTES = {
    "A picture from nowhere": "The point sits where no training image has its code, and a digit is drawn all the same.",
    "Sixteen latents": "Press Train: reconstructions get sharp, while one plane shows only two of sixteen directions.",
    "Too much KL: latents switch off": "Press Train: with β = 12 a code is too dear, q(z | x) becomes the "
    "prior, and all images decode to one blur.",
    "Log-derivative: it hardly learns": "Press Train, then choose reparametrization in the settings: only the estimate "
    "of the gradient differs.",
    "Too large a step: it breaks": "Press Train: the loss leaves the finite numbers; the run stops and keeps its last "
    "good step.",
}

page.opening("vae")
page.presets(PRESETS, notes=NOTES, then=lambda: live_run.discard_run(training.PAGE))

choose_data, choose_model = st.columns(2)
with choose_data:
    chosen = dataset_menu.choose("images", default="mnist-5k")
with choose_model:
    model = controls.choice("Model", "model", training.models(chosen.name),
                            help="The pretrained one, or the one that you train here.")
config = training.settings()
run = training.run(config, chosen)
training.conduct(run)
assert chosen.labels is not None
assert chosen.image_shape is not None
scene = views.Scene(live_training.Images(chosen.name, chosen.seed), chosen.labels[chosen.split().test],
                         chosen.image_shape)
checkpoint = training.shown(model, run, chosen.name)

situation = f"{chosen.name} {model} {checkpoint.step}"
newest = partial(training.shown, model, run, chosen.name)  # a live run goes on between two runs of the page

page.heading("Drag z: the picture follows")
live_run.auto_refresh(run, lambda: explorer.explorer(newest(), scene), "explorer")
dataset_menu.credit(chosen)
page.section(lambda: explorer.ask_nowhere(checkpoint, scene, situation))

page.heading("Training: the bound and its two terms")
training.curves(run)
training.film(run, chosen)
training.files(run, chosen, checkpoint)

page.heading("What the model knows")
live_run.auto_refresh(run, lambda: views.views(newest(), scene), "view", every=2.0)
page.section(lambda: views.ask_dearest(checkpoint, scene, situation))

page.section(lambda: one_image.one_image(model, run, chosen, scene))
page.closing("vae")
