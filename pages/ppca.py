"""Lesson: the PCA model, from a line with noise to real digits and the linear VAE."""

from dgm.ui import lesson, ppca_climb, ppca_digits, ppca_linear_vae, ppca_model, ppca_table

PARTS = {
    "The model": ppca_model.part,
    "EM": ppca_climb.part,
    "Tables": ppca_table.part,
    "Digits": ppca_digits.part,
    "Linear VAE": ppca_linear_vae.part,
}
PRESETS = {
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
    "Half an image": {"part": "Digits", "holes": ppca_digits.HALF, "latents": 30},
    "A latent switched off": {"part": "Linear VAE", "beta": 5.0},
}

DEFAULTS = {"part": "The model", "data": "a line", "noise": 1.0, "scaled": True, "latents": 10, "beta": 1.0,
            "holes": next(iter(ppca_digits.HOLES))}

lesson.opening("ppca")
lesson.presets(PRESETS, defaults=DEFAULTS)
lesson.parts(PARTS)
lesson.closing("ppca")
