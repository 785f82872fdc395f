"""Lesson: the variational autoencoder, its latent space under the hand, its training live."""

from functools import partial

import streamlit as st

from dgm import vae
from pages.vae import explorer, one_image, training, views
from pages.vae.state import CONTROLS, NOTES, PRESETS
from ui import controls, dataset_menu, live_run, page

page.opening("vae", CONTROLS)
page.presets(PRESETS, notes=NOTES, then=lambda: live_run.discard_run(training.PAGE))

choose_data, choose_model = st.columns(2)
with choose_data:
    chosen = dataset_menu.choose()
with choose_model:
    model = controls.draw("model", options=training.models(chosen.name))
config = training.settings()
run = training.run(config, chosen)
training.conduct(run)
assert chosen.labels is not None
assert chosen.image_shape is not None
scene = views.Scene(vae.Images(chosen.name, chosen.seed), chosen.labels[chosen.split().test],
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
