"""Lesson: the gradient lab, log-derivative against reparametrization."""

from typing import Any

from pages.gradients import discrete, estimators, race, sweeps, vae_noise, why
from ui import page

PARTS = {
    "Two estimators": estimators.part,
    "Why": why.part,
    "Sweeps": sweeps.part,
    "Race": race.part,
    "Discrete": discrete.part,
    "The VAE": vae_noise.part,
}
PRESETS: dict[str, dict[str, Any]] = {
    "A parabola": {},
    "At the minimum": {"mu": 2.0},
    "Add 50 to f": {"offset": 50.0},
    "64 dimensions": {"dims": 64},
    "Best baseline": {"left": "log-derivative + best baseline"},
    "A step: wrong slope": {"cost": "formula", "text": "step(x)", "sigma": 1.0, "mu": 0.4},
    "Infinite variance": {"cost": "formula", "text": "exp(0.3*x**2)", "sigma": 1.0},
    "q is the posterior": {"cost": "sampled bound", "k": 2.0, "mu": 1.0, "sigma": 0.71},
    "Shrink σ": {"part": "Why", "sigma": 0.05},
    "A wave: slopes lose": {"part": "Sweeps", "cost": "cosine", "k": 12.0, "sigma": 1.0, "mu": 0.5, "axis": "k"},
    "A baseline races": {"part": "Race", "racer": "log-derivative + best baseline"},
    "A latent jumps": {"part": "Discrete", "temperature": 0.1},
    "The slide's n": {"part": "The VAE", "n": 100},
}
# A situation puts back the controls of parts that are not on the page too.
DEFAULTS = {"part": "Two estimators", "cost": "quadratic", "text": "(x - 1)**2", "k": 2.0, "b": 0.0, "offset": 0.0,
            "mu": 0.0, "sigma": 0.5, "dims": 1, "parameter": "mu", "seed": 0,
            "left": "log-derivative", "right": "reparametrization", "dots": 300,
            "axis": "sigma", "set": "The two", "K": 1, "per": "evaluation",
            "racer": "log-derivative", "rival": "reparametrization", "optimiser": "SGD", "rate": 0.05, "per_step": 1,
            "accuracy": 0.1, "temperature": 0.5, "draws": 5000,
            "layer": "encoder.out.weight", "away": 0.3, "batch": 1, "z_draws": 1, "n": 10, "printed": True}

page.opening("gradients")
page.presets(PRESETS, defaults=DEFAULTS)
page.parts(PARTS)
page.closing("gradients")
