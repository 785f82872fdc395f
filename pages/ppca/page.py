"""Lesson: the PCA model, from a line with noise to real digits and the linear VAE."""

from typing import Any

from pages.ppca import digits, em, linear_vae, model, tables
from ui import page

PARTS = {
    "The model": model.part,
    "EM": em.part,
    "Tables": tables.part,
    "Digits": digits.part,
    "Linear VAE": linear_vae.part,
}
PRESETS: dict[str, dict[str, Any]] = {
    "A line and its noise": {},
    "PCA: no noise at all": {"noise": 0.0},
    "Too much noise": {"noise": 4.0},
    "A plane in space": {"data": "a plane in space"},
    "No line: two clusters": {"data": "two clusters"},
    "No line: a curve": {"data": "a curve"},
    "No direction": {"data": "a round cloud"},
    "One outlier": {"data": "one outlier"},
    "EM crawls": {"part": "EM", "data": "hardly any noise"},
    "Units matter": {"part": "Tables", "scaled": False},
    "Half an image": {"part": "Digits", "holes": digits.HALF, "latents": 30},
    "A latent switched off": {"part": "Linear VAE", "beta": 5.0},
}

DEFAULTS = {"part": "The model", "data": "a line", "noise": 1.0, "scaled": True, "latents": 10, "beta": 1.0,
            "holes": next(iter(digits.HOLES))}

page.opening("ppca")
page.presets(PRESETS, defaults=DEFAULTS)
page.parts(PARTS)
page.closing("ppca")
