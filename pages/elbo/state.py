"""The controls of the lesson on the bound, its presets, and what to look at in each of them."""

from collections.abc import Mapping
from typing import Any

from pages.elbo import q_handle, two_gaussians
from pages.elbo.figures.densities import Q
from pages.elbo.figures.two_gaussians import Two
from ui.components.live_figure import linked_frame
from ui.control_types import Choice, Control, LogSlider, Slider, seed

BOUND, KL, EM, LANDSCAPE, COMPLETE, AMORTIZED = PARTS = (
    "The bound", "KL", "EM", "Landscape", "Complete and incomplete", "Amortized")
NORMAL, HUMPS, CURVED, COINS = MODELS = ("one Gaussian", "two humps", "curved", "two coins")
MEAN, WEIGHT = COORDINATES = ("a mean", "a weight")
SCENES = (COINS, NORMAL)
GAUSSIAN, TWO = FAMILIES = ("Gaussian", "two Gaussians")
CONTOURS, SURFACE = VIEWS = ("contours", "surface")
STAIRCASE, GRADIENT = WALKS = ("EM", "gradient steps")

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # the bound, KL
    "model": Choice("Model", MODELS, menu=True,
                    help="one Gaussian: z ~ N(0, 1). two humps: z is near −2 or 2. curved: x depends on z². two coins: "
                    "z says which coin was tossed."),
    "x": Slider("x", -4.0, 4.0, 2.0, step=0.1, help="The observation."),
    "slope": Slider("θ: slope w", -2.0, 2.0, 1.0, step=0.1, help="p(x|z) is Gaussian; its mean is w z, or z² + w z."),
    "noise": Slider("θ: noise σ", 0.5, 2.0, 1.0, step=0.1, help="The deviation of p(x|z)."),
    "heads": Slider("x: heads in two tosses", 0, 2, 1, help="p(x) is the probability of the tosses in one order: with "
                    "coin 1 that of one head is θ (1 − θ), and not twice that."),
    "bias": Slider("θ: bias of coin 1", 0.05, 0.95, 0.9, step=0.05, help="Coin 2 has half of it."),
    "family": Choice("Family of q", FAMILIES, menu=True, help="two Gaussians: a weighted sum, with one deviation."),
    "q": q_handle.parameter(),
    "two": two_gaussians.parameter(),
    "share": q_handle.share_parameter(),
    "samples": LogSlider("Samples S of z", 2, 200, 20),
    "draws": seed("Seed of the samples"),
    "cells": Slider("Cells of the histogram", 2, 90, 9),
    # EM
    "moves": Choice("The parameter that moves", COORDINATES),
    "from": Slider("Start of EM, share of the axis", 0.0, 1.0, 0.1, step=0.05, format="percent",
                   help="0% and 100% are the ends of the axis."),
    "step": linked_frame.parameter(),
    # the landscape
    "over": Choice("Model", SCENES, help="One Gaussian: z ~ N(0, 1), p(x|z) = N(z + θ, 1) and x = 2; the width of q is "
                   "the posterior's."),
    "view": Choice("Show", VIEWS),
    "walk": Choice("Steps", WALKS),
    "q0": Slider("Start in q, share of the axis", 0.05, 0.95, 0.9, step=0.05, format="percent",
                 help="0% and 100% are the ends of the axis."),
    "theta0": Slider("Start in θ, share of the axis", 0.05, 0.95, 0.2, step=0.05, format="percent",
                     help="0% and 100% are the ends of the axis."),
    "q_rate": LogSlider("Step size in q", 0.01, 20.0, 0.3),
    "theta_rate": LogSlider("Step size in θ", 0.01, 20.0, 0.3),
    "move": linked_frame.parameter(),
    # complete and incomplete
    "at": Slider("The moved mean, minutes", 45.0, 100.0, 70.0, step=1.0),      # the ends of its axis
    "pairs": Slider("Observations", 10, 500, 100, step=10),
    "overlap": Slider("Factor of the deviations", 1.0, 3.0, 2.0, step=0.25,
                      help="1: as fitted to Old Faithful. With a larger one the components overlap more."),
    "pair_seed": seed("Seed of the observations"),
    # amortized
    "hidden": Slider("Hidden units of the encoder", 0, 16, 0, help="0: mean and log deviation are linear in x."),
    "curvature": Slider("θ: curvature", 0.0, 2.0, 0.0, step=0.25, help="p(x|z) has the mean z + c z²."),
    "encoder_seed": seed("Seed of the encoder"),
    "look": Slider("Look at x", -4.0, 6.0, 2.0, step=0.1),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "Drag q": {},
    "q is the posterior": {"x": 1.0, "q": Q(0.5, 0.707)},
    "Two humps": {"model": HUMPS, "x": 0.0, "q": Q(0.0, 1.5)},
    "Two Gaussians": {"model": HUMPS, "x": 0.5, "family": TWO, "two": Two(-1.5, 1.0, 0.6, 0.5)},
    "Curved": {"model": CURVED, "noise": 0.6},
    "Two coins": {"model": COINS},
    "Few samples": {"samples": 4.0},
    "Where q is wrong": {"part": KL},
    "Which hump?": {"part": KL, "model": HUMPS, "x": 0.3, "q": Q(0.0, 1.0)},
    "Equal": {"part": KL, "x": 1.0, "q": Q(0.5, 0.707)},
    "q = 0": {"part": KL, "model": COINS, "share": 0.0},
    "Touch and rise": {"part": EM},
    "From the right": {"part": EM, "from": 0.95},
    "A weight": {"part": EM, "moves": WEIGHT, "from": 0.05},
    "EM staircase": {"part": LANDSCAPE},
    "Many steps": {"part": LANDSCAPE, "over": NORMAL},
    "Small steps": {"part": LANDSCAPE, "walk": GRADIENT},
    "Slow q": {"part": LANDSCAPE, "walk": GRADIENT, "q_rate": 0.1, "theta_rate": 10.0},
    "Surface": {"part": LANDSCAPE, "view": SURFACE, "move": "20"},
    "With z and without": {"part": COMPLETE},
    "Little overlap": {"part": COMPLETE, "overlap": 1.0},
    "Few observations": {"part": COMPLETE, "pairs": 20, "pair_seed": 3},
    "A line": {"part": AMORTIZED},
    "A parabola": {"part": AMORTIZED, "curvature": 1.0},
    "A larger encoder": {"part": AMORTIZED, "curvature": 1.0, "hidden": 16},
}
NOTES: dict[str, str] = {
    "Drag q": "While you drag, the bound and the gap share log p(x).",
    "q is the posterior": "q equals the posterior up to its rounding: the gap is less than 10⁻⁷ nats. The bound "
    "touches log p(x).",
    "Two humps": "No Gaussian fits a posterior with two humps. Find the smallest gap.",
    "Two Gaussians": "Drag the squares, the tops of q's two parts, until the gap is closed.",
    "Curved": "x depends on z², so both signs of z explain it. There is no closed form here; log p(x) is an integral.",
    "Two coins": "z has two values. Drag the square on q's bar until the gap closes.",
    "Few samples": "Four samples give a rough estimate of the bound. Look at its standard error.",
    "Where q is wrong": "Drag q over the posterior until nothing adds to KL.",
    "Which hump?": "Drag q onto one hump, then over both. Compare the two directions of KL.",
    "Equal": "q equals the posterior: what adds to KL and what subtracts are both almost nothing.",
    "q = 0": "q excludes coin 1, which the posterior allows. One direction of KL is infinite.",
    "Touch and rise": "Press E, then M. E raises the bound at the current θ until it touches log p(X|θ); M moves θ to "
    "its top.",
    "From the right": "EM starts on the other side. Does it find the same maximum?",
    "A weight": "The moved parameter is a weight. Look at the shape of the bound near the ends.",
    "EM staircase": "E moves along q to the ridge, M along θ. The steps end at θ = 0.6, where log p(x) is largest.",
    "Many steps": "Each step halves the distance to the top, because the ridge is slanted: the best q depends on θ.",
    "Small steps": "Each step goes only some way, so the path stays beside the ridge and the gap stays open.",
    "Slow q": "θ moves fast, q slowly. The gap opens first, and closes only when q has caught up.",
    "Surface": "The same landscape from the side. The ridge carries log p(x|θ).",
    "With z and without": "One function is given z, the other is not. Both are of the same observations.",
    "Little overlap": "Each observation's component is almost certain, so z adds little. Compare the two curves.",
    "Few observations": "With these 20 observations the two maxima are minutes apart. Try other seeds.",
    "A line": "The posterior is Gaussian and its mean is linear in x. Press Train: the encoder can be exact.",
    "A parabola": "x depends on z², so the posterior has two humps for large x. Press Train.",
    "A larger encoder": "16 hidden units fit the best q more closely. The approximation gap stays.",
}
