"""Lesson: the variational autoencoder, its latent space to explore, its training live."""

from pages.vae import cockpit, explorer, lesson, one_image, own_run, training, views, weights
from pages.vae.state import CONTROLS, NOTES, PRESETS
from ui import pacing, page

page.opening("vae", CONTROLS)
page.presets(PRESETS, notes=NOTES, then=own_run.begin_situation)

shown = cockpit.part()
explorer.ask(shown)
pacing.after_paint(
    lesson.introduction,
    lambda: one_image.part(shown),
    lambda: lesson.algorithm(shown),
    lambda: training.part(shown),
    lambda: weights.part(shown),
    lambda: views.part(shown),
    lambda: page.closing("vae"),
)
