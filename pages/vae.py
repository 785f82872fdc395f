"""Lesson: the variational autoencoder, its latent space under the hand, its training live."""

from functools import partial

import streamlit as st

from dgm import vae_run
from dgm.ui import controls, data, lesson, live_run, vae_explorer, vae_image, vae_sheets, vae_training

PRESETS = {
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

lesson.opening("vae")
lesson.presets(PRESETS, notes=NOTES, then=lambda: live_run.forget(vae_training.PAGE))

choose_data, choose_model = st.columns(2)
with choose_data:
    chosen = data.choose("images", default="mnist-5k")
with choose_model:
    model = controls.choice("Model", "model", vae_training.models(chosen.name),
                            help="The pretrained one, or the one that you train here.")
config = vae_training.settings()
run = vae_training.run(config, chosen)
vae_training.conduct(run)
scene = vae_sheets.Scene(vae_run.Images(chosen.name, chosen.seed), chosen.labels[chosen.split().test],
                         chosen.image_shape)
checkpoint = vae_training.shown(model, run, chosen.name)

situation = f"{chosen.name} {model} {checkpoint.step}"
newest = partial(vae_training.shown, model, run, chosen.name)  # a live run goes on between two runs of the page

lesson.heading("Drag z: the picture follows")
live_run.watch(run, lambda: vae_explorer.explorer(newest(), scene), "explorer")
data.credit(chosen)
lesson.fold()
lesson.section(lambda: vae_explorer.ask_nowhere(checkpoint, scene, situation))

lesson.heading("Training: the bound and its two terms")
vae_training.curves(run)
vae_training.film(run, chosen)
vae_training.files(run, chosen, checkpoint)

lesson.heading("What the model knows")
live_run.watch(run, lambda: vae_sheets.views(newest(), scene), "view", every=2.0)
lesson.section(lambda: vae_sheets.ask_dearest(checkpoint, scene, situation))

lesson.section(lambda: vae_image.one_image(model, run, chosen, scene))
lesson.closing("vae")
