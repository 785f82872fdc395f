"""The controls of the VAE page, its presets, and what to look at in each."""

from collections.abc import Mapping
from typing import Any

from dgm import runtime, vae
from ui.components.latent_pad import link
from ui.control_types import Choice, Control, Number, Slider, Switch, seed
from ui.dataset_menu import menu

PRETRAINED, LIVE = "pretrained", "my run"
MEAN, SAMPLE = "decoder mean", "a sample of pixels"
VIEWS = ("manifold", "reconstructions", "interpolation", "latent scatter", "samples", "your own digit")
PAIRS = 10       # images in a row
_DEFAULT = vae.Config()
_MOST = 99_999   # number of an image; a data set's own limit is given when the control is drawn

CONTROLS: dict[str, Control] = {
    "data": menu("images", first="mnist-5k"),
    "model": Choice("Model", (PRETRAINED, LIVE), help="The pretrained one, or the one that you train here."),
    # settings of a run
    "latent": Slider("Latents L", 1, vae.MAX_LATENT, _DEFAULT.latent),
    "hidden": Slider("Hidden units", 10, 500, _DEFAULT.hidden, step=10),
    "run_seed": seed("Seed of the run"),
    "beta": Slider("Weight β of the KL", 0.0, 50.0, _DEFAULT.beta, step=0.1),
    "gradient": Choice("Gradient in φ by", ("reparametrization", "log-derivative")),
    "steps": Number("Steps in all", 100, 200_000, 5000, step=500),
    "optimizer": Choice("Optimizer", tuple(vae.OPTIMIZERS), first=_DEFAULT.optimizer),
    "rate": Number("Learning rate", 1e-5, 10.0, _DEFAULT.learning_rate, format="%.5f"),
    "batch": Slider("Batch", 1, 512, _DEFAULT.batch),
    "device": Choice("Device", runtime.DEVICES, help=f"auto is {runtime.device()} here."),
    # the pad
    "z": link.parameter(),
    "pixels": Choice("Picture", (MEAN, SAMPLE)),
    "pixel_seed": seed("Seed of the pixels"),
    "challenge": Switch("Challenge: find a held-out image"),
    "target": Number("Image to find", 0, _MOST, 3, step=1),
    # what the model has learned
    "view": Choice("Show", VIEWS, menu=False),
    "first": Number("From held-out image", 0, _MOST, 0, step=PAIRS),
    "from": Number("From held-out image", 0, _MOST, 0, step=1),
    "to": Number("to held-out image", 0, _MOST, 1, step=1),
    "across": Choice("Across: latent", first="1", menu=True),
    "up": Choice("Up: latent", first="2", menu=True),
    "sample_seed": seed("Seed of the samples"),
    "sample_pixels": Choice("Picture", (MEAN, SAMPLE)),
    # one image
    "image": Number("Held-out image", 0, _MOST, 3, step=1),
    "seed": seed("Seed of the draws"),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "A trained space": {},
    "8 × 8 digits": {"data": "digits"},
    "A picture from nowhere": {"z": (4.5, 4.5)},
    "Sixteen latents": {"latent": 16, "model": LIVE},
    "Too much KL: latents switch off": {"beta": 40.0, "model": LIVE},
    "Log-derivative: it hardly learns": {"gradient": "log-derivative", "model": LIVE},
    "Too large a step: it breaks": {"optimizer": "SGD", "rate": 10.0, "model": LIVE},
}

NOTES = {
    "A picture from nowhere": "The point sits where no training image has its code, and a digit is drawn all the same.",
    "Sixteen latents": "Press Train: reconstructions get sharp, while one plane shows only two of sixteen directions.",
    "Too much KL: latents switch off": "Press Train: with β = 40 a code is too dear, q(z | x) becomes the "
    "prior, and all images decode to one blur.",
    "Log-derivative: it hardly learns": "Press Train, then choose reparametrization in the settings: only the estimate "
    "of the gradient differs.",
    "Too large a step: it breaks": "Press Train: the loss leaves the finite numbers; the run stops and keeps its last "
    "good step.",
}
