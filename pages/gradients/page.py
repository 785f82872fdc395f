"""Lesson: the gradient lab, log-derivative against reparametrization."""

from pages.gradients import discrete, estimators, race, sweeps, vae, why
from pages.gradients.state import CONTROLS, PRESETS
from ui import page

PARTS = {
    "Two estimators": estimators.part,
    "Why": why.part,
    "Sweeps": sweeps.part,
    "Race": race.part,
    "Discrete": discrete.part,
    "The VAE": vae.part,
}

page.opening("gradients", CONTROLS)
page.parts(PARTS, PRESETS)
page.closing("gradients")
