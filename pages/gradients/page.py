"""Lesson: the gradient lab, log-derivative against reparametrization."""

from pages.gradients import descents, discrete, estimators, mini_batches, setting_controls, sweeps, vae, why
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
setting_controls.read_old_link()
page.opening("gradients", CONTROLS)
page.parts(PARTS, PRESETS, NOTES)
page.closing("gradients")
