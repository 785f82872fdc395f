"""The controls of the VAE page, its presets, and what to look at in each."""

import math
import re
from collections.abc import Mapping
from typing import Any

from dgm import runtime, vae
from pages.vae import scrubber
from pages.vae.explore import path_link
from pages.vae.pairs import kept_runs
from ui.components.latent_pad import link
from ui.control_types import Choice, Control, LogSlider, Number, Parameter, Slider, Switch, plain, seed
from ui.dataset_menu import menu

PRETRAINED, LIVE = "pretrained", "my run"
MEAN, SAMPLE = "decoder mean", "a sample of pixels"
EXPLORE, ONE, HALVES, TWO, COLLAPSE, GENERATION = PARTS = (
    "Explore", "One image", "Half-steps", "Two runs", "Collapse", "Generation")
MANIFOLD, SCATTER, SAMPLES, RECONSTRUCTIONS, INTERPOLATION = VIEWS = (
    "manifold", "latent scatter", "samples", "reconstructions", "interpolation")
OWN_DIGIT = "your own digit"    # a view of older links, now in the part on one image
PAIRS = 10       # images in a row
TYPICAL = 22     # test image of mnist-5k whose gap is the median of the first 40
UNTRAINED, SHOWN = "an untrained model", "the model shown"
CORRECTED, PRINTED = RULES = ("corrected", "as printed")
GRADIENTS = ("reparametrization", "log-derivative")
MOST_MOVES = 40  # half-steps
MOST_LATENTS = 20
_DEFAULT = vae.Config()
_LATER = math.inf    # number of an image: the data set's limit is given when the control is drawn


def _moves() -> Parameter:
    def read(raw: str) -> tuple[str, str]:
        if re.fullmatch(f"[EM]{{0,{MOST_MOVES}}}", raw):
            return raw, ""
        return "EEEMMM", (f"The link's half-steps `{plain(raw)}` are not up to {MOST_MOVES} letters E and M; they are "
                          "EEEMMM.")

    return Parameter("EEEMMM", read)


def _side(side: str, gradient: str) -> dict[str, Control]:
    """The settings of one of the runs A and B. gradient: its default."""
    name = side.upper()
    return {
        f"{side}_gradient": Choice(f"{name}: gradient in φ by", GRADIENTS, gradient, menu=True),
        f"{side}_rule": Choice(f"{name}: final algorithm", RULES, menu=True,
                               help="as printed: the slide's n multiplies one term alone, so the KL counts 1/n."),
        f"{side}_optimizer": Choice(f"{name}: optimizer", tuple(vae.OPTIMIZERS), _DEFAULT.optimizer, menu=True),
        f"{side}_beta": Slider(f"{name}: weight β of the KL", 0.0, 50.0, _DEFAULT.beta, step=0.1),
        f"{side}_latent": Slider(f"{name}: latents L", 1, MOST_LATENTS, _DEFAULT.latent),
    }


CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False, implied={
        f"view={OWN_DIGIT}": ONE, "image": ONE, "seed": ONE, "challenge": ONE, "target": ONE,
        **dict.fromkeys(("view", "first", "from", "to", "across", "up", "sample_seed", "sample_pixels"), GENERATION)}),
    # what all parts share
    "data": menu("images", first="mnist-5k"),
    "model": Choice("Model", (PRETRAINED, LIVE),
                    help="pretrained: trained before. my run: the one that you train here."),
    # settings of a run
    "latent": Slider("Latents L", 1, MOST_LATENTS, _DEFAULT.latent),
    "hidden": Slider("Hidden units", 10, 500, _DEFAULT.hidden, step=10),
    "run_seed": seed("Seed of the run"),
    "beta": Slider("Weight β of the KL", 0.0, 50.0, _DEFAULT.beta, step=0.1),
    "gradient": Choice("Gradient in φ by", GRADIENTS, menu=True),
    "steps": Number("Steps in all", 100, 200_000, 5000, step=500),
    "optimizer": Choice("Optimizer", tuple(vae.OPTIMIZERS), first=_DEFAULT.optimizer),
    "rate": Number("Learning rate", 1e-5, 10.0, _DEFAULT.learning_rate, format="%.5f"),
    "batch": Slider("Batch", 1, 512, _DEFAULT.batch),
    "device": Choice("Device", runtime.DEVICES, help=f"auto is {runtime.device()} here."),
    scrubber.NAME: scrubber.parameter(),
    # the pad
    "z": link.parameter(),
    "pixels": Choice("Picture", (MEAN, SAMPLE)),
    "pixel_seed": seed("Seed of the pixels"),
    "record": Switch("Record a path", help="The way of the next drag is decoded and played below the pad."),
    "path": path_link.parameter(),
    # half-steps
    "begin": Choice("Begin with", (UNTRAINED, SHOWN)),
    "press": Slider("Gradient steps of one press", 1, 50, 10),
    "moves": _moves(),
    # two runs
    **_side("a", GRADIENTS[0]),
    **_side("b", GRADIENTS[1]),
    "kept": kept_runs.parameter(),
    "n": Slider("n, images of the toy model", 1, 100, 10),
    # collapse
    "sweep_latent": Slider("Latents L of the swept models", 1, MOST_LATENTS, 10),
    "weight": LogSlider("β, marked by the dotted line", 0.05, 200.0, 20.0),
    # generation
    "view": Choice("Show", VIEWS, menu=False, renamed={OWN_DIGIT: MANIFOLD}),
    "first": Number("From test image", 0, _LATER, 0, step=PAIRS),
    "from": Number("From test image", 0, _LATER, 0, step=1),
    "to": Number("to test image", 0, _LATER, 1, step=1),
    "across": Choice("Across: latent", first="1", menu=True),
    "up": Choice("Up: latent", first="2", menu=True),
    "sample_seed": seed("Seed of the samples"),
    "sample_pixels": Choice("Picture", (MEAN, SAMPLE)),
    # one image
    "image": Number("Number of a test image", 0, _LATER, TYPICAL, step=1, formerly="target"),
    "seed": seed("Seed of ε"),
    "challenge": Switch("Show the pad with this image as the target"),
    "many": Switch("Compute the gap of many test images", help="It takes some seconds."),
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
    "E, then M": {"part": HALVES},
    "E alone": {"part": HALVES, "moves": "EEEEEEEE"},
    "M alone": {"part": HALVES, "moves": "MMMMMMMM"},
    "From a trained model": {"part": HALVES, "begin": SHOWN},
    "Two estimators": {"part": TWO},
    "Algorithm as printed": {"part": TWO, "b_gradient": GRADIENTS[0], "b_rule": PRINTED},
    "Adam or SGD": {"part": TWO, "b_gradient": GRADIENTS[0], "b_optimizer": "SGD"},
    "β = 1 or 10": {"part": TWO, "b_gradient": GRADIENTS[0], "b_beta": 10.0},
    "2 or 10 latents": {"part": TWO, "b_gradient": GRADIENTS[0], "b_latent": 10},
    "Ten latents": {"part": COLLAPSE},
    "A high price": {"part": COLLAPSE, "weight": 60.0},
    "Two latents": {"part": COLLAPSE, "sweep_latent": 2},
    "Two clouds": {"part": GENERATION},
    "Reconstructions": {"part": GENERATION, "view": RECONSTRUCTIONS},
    "Draws from the prior": {"part": GENERATION, "view": SAMPLES},
    "Between two images": {"part": GENERATION, "view": INTERPOLATION},
}

NOTES = {
    "Trained model": "Each dot is the code of one image: drag the large point, and the decoder draws what lies "
    "there.",
    "8 × 8 digits": "The same model on small images: drag the point, or press Train and watch it learn within seconds.",
    "Far from all codes": "The point lies where no training image has its code. A digit is drawn all the same.",
    "16 latents": "This situation starts its own run. It has 16 latents; the plane shows 2 of them.",
    "Weight of the KL 40": "This situation starts its own run with β = 40. The KL falls to 0, and all codes decode to "
    "one image.",
    "Log-derivative": "This situation starts its own run. Its bound stays far below that of the pretrained model: the "
    "gradient in φ is too noisy.",
    "A typical image": "Half of the first 40 test images have a larger gap. The encoder's ellipses lie beside the "
    "exact posterior and overlap it. How many nats does this cost?",
    "A large gap": "The encoder puts this image in the wrong place. Compare its ellipse with the exact posterior.",
    "Reach the image": "Below: move the point until the decoded picture is this image. The score is exact.",
    "E, then M": "Three presses of E, then three of M, from an untrained model. Which term moves at which press?",
    "E alone": "The decoder never moves. The bound rises at first, then hardly: q is nearly the best for this "
    "decoder.",
    "M alone": "The encoder never moves: the decoder learns what is common to all images. Which term changes?",
    "From a trained model": "The encoder is near its best, so what E changes is mostly noise, and a press can lower "
    "the bound. M still gains: it fits these few images alone.",
    "Two estimators": "B replaces reparametrization by the log-derivative. How far does its bound stay behind?",
    "Algorithm as printed": "B follows the slide word by word: its KL counts 1/n. Compare the KL of both runs.",
    "Adam or SGD": "The same gradients, followed by two optimizers at one learning rate.",
    "β = 1 or 10": "B pays ten times as much for each nat of KL. Look at both terms.",
    "2 or 10 latents": "Ten latents hold more of each image. Which term pays for it?",
    "Ten latents": "Each line is one latent. Move β to the right: one line after another reaches 0.",
    "A high price": "At β = 60 few latents still pay for their KL; the others are at the prior.",
    "Two latents": "Two latents have the largest variances, so both stay active for long.",
    "Two clouds": "First the prior, then the codes of the images. Compare where each is dense, and what it decodes to.",
    "Reconstructions": "Below: images, and what is left of them after the way through the code.",
    "Draws from the prior": "Below: each picture is one draw from the prior, decoded. Some are no digits.",
    "Between two images": "Below: the codes on the line between two images, decoded one by one.",
    "Step too large": "This situation starts its own run. The loss becomes infinite or NaN; the run stops at its last "
    "good step.",
}
