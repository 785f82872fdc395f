"""Lesson: the gradient lab, log-derivative against reparametrization."""

from pages.gradients import descents, discrete, estimators, mini_batches, old_links, sweeps, vae, why
from pages.gradients.state import CONTROLS, NOTES, PRESETS
from ui import page

PARTS = {
    "Two estimators": estimators.part,
    "Why": why.part,
    "Sweeps": sweeps.part,
    "Gradient descent": descents.part,
    "Discrete z": discrete.part,
    "The VAE": vae.part,
    "Mini-batches": mini_batches.part,
}

old_links.read()
page.opening("gradients", CONTROLS)
page.parts(PARTS, PRESETS, NOTES)
page.closing("gradients")
