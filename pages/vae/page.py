"""Lesson: the variational autoencoder, its latent space to explore, its training live."""

from pages.vae import explorer, one_image, own_run, scene, training, views, weights
from pages.vae.state import CONTROLS, NOTES, PRESETS
from ui import pacing, page

page.opening("vae", CONTROLS)
page.presets(PRESETS, notes=NOTES, then=own_run.discard)

shown = scene.choose()
own_run.part(shown.run, shown.device)
explorer.part(shown)
pacing.after_paint(
    lambda: training.part(shown),
    lambda: weights.part(shown),
    lambda: views.part(shown),
    lambda: one_image.part(shown),
    lambda: page.closing("vae"),
)
