"""The controls of the PCA page, and its presets."""

from collections.abc import Mapping
from typing import Any

from pages.ppca.cloud import NAMES
from ui.components.latent_pad import link
from ui.control_types import Choice, Control, Number, Parameter, Slider, Switch, seed
from ui.dataset_menu import menu
from ui.own_data import drawing

PARTS = ("The model", "EM", "Tables", "Digits", "Linear VAE")
PLAIN, EXPANDED = "plain", "parameter-expanded"
AXES = {"1 and 3": (0, 2), "2 and 3": (1, 2), "1 and 2 (the maximum)": (0, 1)}
PUSHES = ("none", "1e-6", "1e-3", "0.1")
HALF = "the lower half"
HOLES = {"a third of the pixels": 0.33, "two thirds": 0.67, HALF: 0.5}   # shares of the pixels
WHOLE, WITH_GAPS = "whole images", "images with gaps"
MAX_IMAGE_LATENTS = 60
NOISE, BETA = "noise σ²", "weight β"

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the cloud of the first two parts
    "data": Choice("Points", NAMES, menu=True),
    "seed": seed(),
    "own": drawing.parameter(),
    "own_axes": Choice("Axes", menu=True),
    "q": Slider("Latent dimensions q", 1, 2, 2),
    # the model
    "noise": Slider("Noise σ², in units of the best", 0.0, 5.0, 1.0, step=0.05,
                    help="0 is PCA: a line without noise. 1 is maximum likelihood."),
    "draws": Slider("New points to draw", 0, 30, 6),
    "draw_seed": seed("Seed of the draws"),
    "turn": Slider("Turn the line away from the best, degrees", -90, 90, 30),
    "samples": Slider("Draws of z", 2, 2000, 60),
    "point": Slider("The point's first coordinate", -4.0, 4.0, 2.0, step=0.1),
    # EM
    "em": Choice("EM", (PLAIN, EXPANDED)),
    "start": seed("Seed of the start"),
    "axes": Choice("Axes that W keeps", tuple(AXES)),
    "push": Choice("Push (share of W)", PUSHES, first="1e-3"),
    "push_seed": seed("Seed of the push"),
    # tables
    "table": Choice("Table", ("wine", "iris")),
    "scaled": Switch("Scale columns to unit variance", True,
                     help="PCA has one noise for all columns: it notices units."),
    "own_table": Parameter(""),
    "dims": Slider("Latent dimensions q", 1, 12, 2),
    "angle": Slider("Turn z₁ and z₂ by, degrees", 0, 90, 30),
    "row": Number("Row", 0, 999, 0, step=1),
    # digits
    "images": menu("images", first="digits"),
    "latents": Slider("Latent dimensions q", 1, MAX_IMAGE_LATENTS, 10),
    "z": link.parameter(),
    "holes": Choice("Missing", tuple(HOLES), menu=True),
    "fitted": Choice("Model fitted to", (WHOLE, WITH_GAPS)),
    "first": Number("From held-out image", 0, 9999, 0, step=4),
    # the linear VAE
    "rows": Choice("Data", ("wine", "iris", "plane")),
    "vae_latents": Slider("Latents L", 1, 4, 2),
    "vae_seed": seed("Seed of the weights"),
    "vae_noise": Slider("Noise σ², in units of PPCA's best", 0.2, 10.0, 1.0, step=0.1),
    "beta": Slider("Weight β of the KL", 0.2, 10.0, 1.0, step=0.1),
    "latent_turn": Slider("Turn z₁ and z₂ by, degrees", 0, 90, 0),
    "along": Choice("Along", (NOISE, BETA)),
}

PRESETS: dict[str, Mapping[str, Any]] = {
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
    "Half an image": {"part": "Digits", "holes": HALF, "latents": 30},
    "A latent switched off": {"part": "Linear VAE", "beta": 5.0},
}
