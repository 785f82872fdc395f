"""Lesson: the PCA model, from a line with noise to real digits and the linear VAE."""

from pages.ppca import digits, em, linear_vae, model, tables
from pages.ppca.state import CONTROLS, NOTES, PRESETS
from ui import page
from ui.own_data import points

PARTS = {
    "The model": model.part,
    "EM": em.part,
    "Tables": tables.part,
    "Digits": digits.part,
    "Linear VAE": linear_vae.part,
}


page.opening("ppca", CONTROLS)
page.parts(PARTS, PRESETS, NOTES, own=lambda: points.chosen("own", "own_table"))
page.closing("ppca")
