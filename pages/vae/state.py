"""The controls of the VAE page, its presets, and what to look at in each."""

from collections.abc import Mapping
from typing import Any

from dgm import runtime, vae
from ui.components.latent_pad import link
from ui.control_types import Choice, Control, Number, Slider, Switch, seed
from ui.dataset_menu import menu

PRETRAINED, LIVE = "pretrained", "my run"
MEAN, SAMPLE = "decoder mean", "a sample of pixels"
EXPLORE, ONE, GENERATION = PARTS = ("Explore", "One image", "Generation")
VIEWS = ("manifold", "reconstructions", "interpolation", "latent scatter", "samples")
OWN_DIGIT = "your own digit"    # a view of older links, now in the part on one image
PAIRS = 10       # images in a row
_DEFAULT = vae.Config()
_MOST = 99_999   # number of an image; a data set's own limit is given when the control is drawn

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False, implied={
        f"view={OWN_DIGIT}": ONE, "image": ONE, "seed": ONE, "challenge": ONE, "target": ONE,
        **dict.fromkeys(("view", "first", "from", "to", "across", "up", "sample_seed", "sample_pixels"), GENERATION)}),
    # what all parts share
    "data": menu("images", first="mnist-5k"),
    "model": Choice("Model", (PRETRAINED, LIVE),
                    help="pretrained: trained before. my run: the one that you train here."),
    # settings of a run
    "latent": Slider("Latents L", 1, vae.MAX_LATENT, _DEFAULT.latent),
    "hidden": Slider("Hidden units", 10, 500, _DEFAULT.hidden, step=10),
    "run_seed": seed("Seed of the run"),
    "beta": Slider("Weight β of the KL", 0.0, 50.0, _DEFAULT.beta, step=0.1),
    "gradient": Choice("Gradient in φ by", ("reparametrization", "log-derivative"), menu=True),
    "steps": Number("Steps in all", 100, 200_000, 5000, step=500),
    "optimizer": Choice("Optimizer", tuple(vae.OPTIMIZERS), first=_DEFAULT.optimizer),
    "rate": Number("Learning rate", 1e-5, 10.0, _DEFAULT.learning_rate, format="%.5f"),
    "batch": Slider("Batch", 1, 512, _DEFAULT.batch),
    "device": Choice("Device", runtime.DEVICES, help=f"auto is {runtime.device()} here."),
    # the pad
    "z": link.parameter(),
    "pixels": Choice("Picture", (MEAN, SAMPLE)),
    "pixel_seed": seed("Seed of the pixels"),
    # generation
    "view": Choice("Show", VIEWS, menu=False, renamed={OWN_DIGIT: VIEWS[0]}),
    "first": Number("From held-out image", 0, _MOST, 0, step=PAIRS),
    "from": Number("From held-out image", 0, _MOST, 0, step=1),
    "to": Number("to held-out image", 0, _MOST, 1, step=1),
    "across": Choice("Across: latent", first="1", menu=True),
    "up": Choice("Up: latent", first="2", menu=True),
    "sample_seed": seed("Seed of the samples"),
    "sample_pixels": Choice("Picture", (MEAN, SAMPLE)),
    # one image
    "image": Number("Number of a held-out image", 0, _MOST, 3, step=1, formerly="target"),
    "seed": seed("Seed of ε"),
    "challenge": Switch("Show the pad with this image as the target"),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "Trained model": {},
    "8 × 8 digits": {"data": "digits"},
    "Far from all codes": {"z": (4.5, 4.5)},
    "16 latents": {"latent": 16, "model": LIVE},
    "Weight of the KL 40": {"beta": 40.0, "model": LIVE},
    "Log-derivative": {"gradient": "log-derivative", "model": LIVE},
    "Step too large": {"optimizer": "SGD", "rate": 10.0, "model": LIVE},
    "A typical image": {"part": ONE},
    "A large gap": {"part": ONE, "image": 8},
    "Reach the image": {"part": ONE, "challenge": True},
    "Manifold": {"part": GENERATION},
    "Draws from the prior": {"part": GENERATION, "view": VIEWS[4]},
    "Between two images": {"part": GENERATION, "view": VIEWS[2]},
}

NOTES = {
    "Trained model": "Each dot is the code of one image: drag the large point, and the decoder draws what lies "
    "there.",
    "8 × 8 digits": "The same model on small images: drag the point, or press Train and watch it learn within seconds.",
    "Far from all codes": "The point lies where no training image has its code. A digit is drawn all the same.",
    "16 latents": "This situation starts its own run. It has 16 latents; the plane shows 2 of them.",
    "Weight of the KL 40": "This situation starts its own run with β = 40. The KL falls to 0, and all codes decode to "
    "one image.",
    "Log-derivative": "This situation starts its own run. Its bound stays far below the grey curve: the gradient in φ "
    "is too noisy.",
    "A typical image": "The encoder's ellipse and the exact posterior differ a little. How many nats does this cost?",
    "A large gap": "The encoder puts this image in the wrong place. Compare its ellipse with the exact posterior.",
    "Reach the image": "Below: move the point until the decoded picture is this image. The score is exact.",
    "Manifold": "Every small picture is decoded from one point of a grid; neighbours look alike.",
    "Draws from the prior": "Each picture is one draw from the prior, decoded. Some are no digits.",
    "Between two images": "The codes on the line between two images, decoded one by one.",
    "Step too large": "This situation starts its own run. The loss becomes infinite or NaN; the run stops at its last "
    "good step.",
}
