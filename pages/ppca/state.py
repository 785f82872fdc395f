"""The controls of the PCA page, and its presets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pages.ppca import moved_points
from pages.ppca.cloud import NAMES
from ui.components.latent_pad import link
from ui.components.live_figure import linked_frame
from ui.control_types import Choice, Control, Number, Parameter, Slider, Switch, seed
from ui.dataset_menu import menu
from ui.own_data import drawing

PARTS = ("The model", "EM", "Tables", "Digits", "Linear VAE")
PLAIN, EXPANDED = "plain", "parameter-expanded"
AXES = {"1 and 3": (0, 2), "2 and 3": (1, 2), "1 and 2 (the maximum)": (0, 1)}
PUSHES = {"none": 0.0, "a millionth": 1e-6, "a thousandth": 1e-3, "a tenth": 0.1}
HALF = "the lower half"
HOLES = {"a third of the pixels": 0.33, "two thirds": 0.67, HALF: 0.5}   # shares of the pixels
WHOLE, WITH_GAPS = "whole images", "images with gaps"
MAX_IMAGE_LATENTS = 60
LATENT_PLANE, RECONSTRUCTIONS, MISSING, HOW_MANY = VIEWS = (
    "latent plane", "reconstructions", "missing pixels", "choice of q")
NOISE, BETA = "noise σ²", "weight β"

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the cloud of the first two parts
    "data": Choice("Points", NAMES, menu=True),
    "seed": seed(),
    "own": drawing.parameter(),
    "own_axes": Choice("Axes", menu=True),
    "moved": moved_points.parameter(),
    "line_z": moved_points.strip_parameter(),
    "q": Slider("Latent dimensions q", 1, 2, 2),
    # the model
    "noise": Slider("Noise variance, as a multiple of the most likely one", 0.0, 5.0, 1.0, step=0.05,
                    help="0 is PCA: a line or plane without noise. 1 is maximum likelihood."),
    "draws": Slider("New points to draw", 0, 30, 0),
    "draw_seed": seed("Seed of the draws"),
    "turn": Slider("Turn the line away from the best, degrees", -90, 90, 30),
    "samples": Slider("Draws of z", 2, 2000, 60),
    "point": Slider("The point's first coordinate", -4.0, 4.0, 2.0, step=0.1),
    # EM
    "em": Choice("EM", (PLAIN, EXPANDED)),
    "start": seed("Seed of the start"),
    "axes": Choice("Axes that W keeps", tuple(AXES)),
    "push": Choice("Push, a share of W", tuple(PUSHES), first="a thousandth",
                   renamed={"1e-6": "a millionth", "1e-3": "a thousandth", "0.1": "a tenth"}),
    "push_seed": seed("Seed of the push"),
    "step": linked_frame.parameter(),
    # tables
    "table": Choice("Table", ("wine", "iris")),
    "scaled": Switch("Scale to variance 1", True,
                     help="Without it a column in small units, such as milligrams, has a large variance and becomes "
                     "the first direction."),
    "own_table": Parameter(""),
    "dims": Slider("Latent dimensions q of the table", 1, 12, 2),
    "angle": Slider("Turn z₁ and z₂ by, degrees", 0, 90, 30),
    "row": Number("Row", 1, 100_000, 1, step=1),
    # digits
    "look": Choice("Show", VIEWS, menu=False),
    "images": menu("images", first="digits"),
    "latents": Slider("Latent dimensions q of the images", 1, MAX_IMAGE_LATENTS, 10),
    "z": replace(link.parameter(), within=True),
    "holes": Choice("Missing", tuple(HOLES), menu=True),
    "fitted": Choice("Model fitted to", (WHOLE, WITH_GAPS)),
    "first": Number("From held-out image", 1, 9999, 1, step=4),
    # the linear VAE
    "rows": Choice("Data", ("wine", "iris", "plane")),
    "vae_latents": Slider("Number of latents", 1, 4, 2),
    "vae_seed": seed("Seed of the weights"),
    "vae_noise": Slider("Noise variance, as a multiple of the PCA model's most likely one", 0.2, 10.0, 1.0, step=0.1),
    "beta": Slider("Weight β of the KL", 0.2, 10.0, 1.0, step=0.1),
    "latent_turn": Slider("Turn z₁ and z₂ by, degrees", 0, 90, 0),
    "along": Choice("Along", (NOISE, BETA)),
}

SWITCHED_OFF = "A latent switched off"
PRESETS: dict[str, Mapping[str, Any]] = {
    "A line and its noise": {},
    "PCA: no noise at all": {"noise": 0.0},
    "Too much noise": {"noise": 4.0},
    "A plane in space": {"data": "a plane in space", "draws": 6},
    "No line: two clusters": {"data": "two clusters"},
    "No line: a curve": {"data": "a curve"},
    "No direction": {"data": "a round cloud"},
    "One outlier": {"data": "one outlier"},
    "EM from a random line": {"part": "EM"},
    "EM with hardly any noise": {"part": "EM", "data": "hardly any noise"},
    "Equal units": {"part": "Tables"},
    "Original units": {"part": "Tables", "scaled": False},
    "Digits as a plane": {"part": "Digits"},
    "Half an image": {"part": "Digits", "look": MISSING, "holes": HALF, "latents": 30},
    "The bound of the lecture": {"part": "Linear VAE"},
    SWITCHED_OFF: {"part": "Linear VAE", "beta": 5.0},
}
NOTES: dict[str, str] = {
    "A line and its noise": "Drag the diamond on the z axis. Its twin on the line follows, with the disc of noise "
    "around it.",
    "PCA: no noise at all": "The noise is 0: the disc shrinks to a point, and log p falls to −∞ for points beside the "
    "line.",
    "Too much noise": "The noise variance is four times the most likely one. The ellipse is too wide, and log p is "
    "lower.",
    "A plane in space": "Two latents make a plane. Set q to 1 and see how the noise grows.",
    "No line: two clusters": "The model is one Gaussian. Look at the new samples further down: some fall between the "
    "clusters.",
    "No line: a curve": "A line cannot bend. The noise has to cover the distance between line and curve.",
    "No direction": "The cloud is round, so every direction is nearly as good. Turn the line with the slider below. "
    "After your prediction the likelihood stands below the variance.",
    "One outlier": "One point lies far away. Drag it and watch the line turn.",
    "EM from a random line": "Press M, then E: M moves the line, E moves the ends of the thin lines.",
    "EM with hardly any noise": "The direction is found in a few steps. The length of W then hardly moves: with little "
    "noise, z stays tied to the old W. The figure shows the first steps; the last hundredths of a nat take far more.",
    "Equal units": "Every column is divided by its deviation. The eigenvalues fall slowly.",
    "Original units": "Columns keep their units, such as mg or %. Proline, in mg/l, has the largest numbers and takes "
    "the first eigenvalue alone.",
    "Digits as a plane": "Each image is the mean plus 10 eigen-images. Drag z and see what the first two do.",
    "Half an image": "The lower half is hidden from the model. Compare the columns *image* and *filled in*.",
    "The bound of the lecture": "Press Train. The bound rises to the exact maximum of the PCA model.",
    SWITCHED_OFF: "Training starts by itself here. With β = 5 the second latent ends with |w|² = 0: it is "
    "switched off.",
}
