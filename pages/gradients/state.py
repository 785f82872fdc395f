"""The controls of the gradient lab, and its presets."""

from collections.abc import Mapping
from typing import Any

from dgm.gradients import COSTS, ESTIMATORS
from dgm.gradients.descent import OPTIMIZERS
from dgm.gradients.sweeps import PARAMETERS
from ui.control_types import Choice, Control, Slider, Switch, Text, seed

PARTS = ("Two estimators", "Why", "Sweeps", "Gradient descent", "Discrete z", "The VAE", "Mini-batches")
OLD_PARTS = {"Race": "Gradient descent", "Discrete": "Discrete z"}     # of older links
TYPED, SAMPLED = "formula", "sampled bound"     # kinds of f besides those of COSTS
KINDS = (*COSTS, SAMPLED, TYPED)
FALLBACK = "(x - 1)**2"     # shown where a typed formula has no value or no mean
LOG_DERIVATIVES = [name for name, estimator in ESTIMATORS.items() if estimator.family == "log-derivative"]
OTHERS = [name for name in ESTIMATORS if name not in LOG_DERIVATIVES]
PLAIN_PAIR = (LOG_DERIVATIVES[0], OTHERS[0])     # "log-derivative", "reparametrization"
ESTIMATOR_SETS = {
    "The two": PLAIN_PAIR,
    "Baselines": (PLAIN_PAIR[0], *(name for name, estimator in ESTIMATORS.items() if estimator.baseline),
                  PLAIN_PAIR[1]),
    "All": tuple(ESTIMATORS),
}
RANGES = {"sigma": (0.03, 3.0), "mu": (-3.0, 3.0), "k": (0.1, 20.0), "dimension": (1.0, 64.0), "samples": (1.0, 256.0)}
LAYERS = ("encoder.hidden.weight", "encoder.hidden.bias", "encoder.out.weight", "encoder.out.bias")

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # f and q, in the first five parts
    "cost": Choice("f(z), whose mean is wanted", KINDS, menu=True,
                   help="log-likelihood: log p(x|z), as in a VAE. sampled bound: log p(x, z) − log q(z). "
                   "formula: write your own."),
    "text": Text("f(z) =", "(z - 1)**2", help="z, pi, e, + - * / ** and functions such as exp, cos, log, abs, step, in "
                 "Python's notation."),
    "k": Slider("k", 0.1, 20.0, 2.0, step=0.1),
    "b": Slider("b", -5.0, 5.0, 0.0, step=0.1),
    "offset": Slider("Constant added to f", -50.0, 50.0, 0.0, step=1.0),
    "mu": Slider("μ, centre of q", -3.0, 3.0, 0.0, step=0.05),
    "sigma": Slider("σ, width of q", 0.02, 3.0, 0.5, step=0.01),
    "parameter": Choice("Gradient in", PARAMETERS),
    "dims": Slider("Dimension D of z", 1, 64, 1,
                   help="f is summed over the coordinates; all have the same mean and the same width."),
    "seed": seed(),
    # two estimators
    "left": Choice("Left estimator", tuple(ESTIMATORS), first=PLAIN_PAIR[0], menu=True),
    "right": Choice("Right estimator", tuple(ESTIMATORS), first=PLAIN_PAIR[1], menu=True),
    "dots": Slider("Dots", 20, 1000, 300, step=20),
    # sweeps
    "axis": Choice("Sweep along", tuple(RANGES), menu=True),
    "set": Choice("Estimators", tuple(ESTIMATOR_SETS), menu=True),    # buttons are wider than a third of the figure
    "K": Slider("Samples K per gradient", 1, 64, 1),
    # gradient descent
    "racer": Choice("First estimator", tuple(ESTIMATORS), first=PLAIN_PAIR[0], menu=True),
    "rival": Choice("Second estimator", tuple(ESTIMATORS), first=PLAIN_PAIR[1], menu=True),
    "optimizer": Choice("Optimizer", OPTIMIZERS, formerly="optimiser",
                        help="SGD (stochastic gradient descent) steps along the gradient. Adam divides each step by a "
                        "running size of the gradient."),
    "rate": Slider("Step length", 0.005, 0.3, 0.05, step=0.005, format="%.3f"),
    "per_step": Slider("Samples per step", 1, 64, 1),
    "accuracy": Slider("Accuracy asked for, nats", 0.01, 1.0, 0.1, step=0.01),
    # discrete
    "temperature": Slider("Temperature of Gumbel-softmax", 0.05, 2.0, 0.5, step=0.05,
                          help="Near 0 the soft mean is almost one place; large, it is near the middle."),
    "draws": Slider("Samples", 100, 20_000, 5_000, step=100),
    # the VAE
    "layer": Choice("Layer of the encoder", LAYERS, first=LAYERS[2], menu=True,
                    help="hidden: from the image to the hidden units. out: from there to the mean and the variance of "
                    "q(z|x)."),
    "away": Slider("Distance from the optimum", 0.0, 1.0, 0.3, step=0.05,
                   help="0: the maximum likelihood of probabilistic PCA, which a linear VAE is. Larger: weights as "
                   "early in training."),
    "batch": Slider("Points in a batch", 1, 128, 1),
    "z_draws": Slider("Draws of z per point", 1, 64, 1),
    "n": Slider("n, the number of points", 1, 100, 10),
    "printed": Switch("As printed on the slide", True),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "A parabola": {},
    "At the minimum": {"mu": 2.0},
    "50 added to f": {"offset": 50.0},
    "64 dimensions": {"dims": 64},
    "With and without a baseline": {"right": "log-derivative + best baseline"},
    "f jumps": {"cost": TYPED, "text": "step(z)", "sigma": 1.0, "mu": 0.4},
    "Infinite variance": {"cost": TYPED, "text": "exp(0.3*z**2)", "sigma": 1.0},
    "q is the posterior": {"cost": SAMPLED, "k": 2.0, "mu": 1.0, "sigma": 0.71, "right": "sticking the landing"},
    "The three terms": {"part": "Why"},
    "A small σ": {"part": "Why", "sigma": 0.05},
    "Along σ": {"part": "Sweeps"},
    "A cosine of high frequency": {"part": "Sweeps", "cost": "cosine", "k": 12.0, "sigma": 1.0, "mu": 0.5,
                                   "axis": "k"},
    "All baselines": {"part": "Sweeps", "set": "Baselines"},
    "Plain estimators": {"part": "Gradient descent"},
    "With a baseline": {"part": "Gradient descent", "racer": "log-derivative + best baseline"},
    "Temperature 0.5": {"part": "Discrete z"},
    "A high temperature": {"part": "Discrete z", "temperature": 2.0},
    "From early training": {"part": "The VAE"},
    "Ten points": {"part": "Mini-batches"},
    "A hundred points": {"part": "Mini-batches", "n": 100},
}
NOTES = {
    "A parabola": "Look at the width of the two clouds. Both have the same mean, the line through them.",
    "At the minimum": "q is centred at the minimum of f. The height of f is small there, and so is the left cloud.",
    "50 added to f": "The gradient is the same as without the 50. Only the left cloud has become wider.",
    "64 dimensions": "f is a sum over 64 coordinates. The left estimator multiplies the whole sum by each score.",
    "With and without a baseline": "Both are log-derivative estimators. On the right, one number is subtracted from f "
    "first: the mean stays, the cloud is narrower.",
    "f jumps": "f is 0 to the left of 0 and 1 to the right. Its slope is 0, so the right estimator always gives 0: "
    "it is biased.",
    "Infinite variance": "f grows so fast that both variances are infinite. The means of K samples do not settle.",
    "q is the posterior": "f is log p(x, z) − log q(z), which is almost constant here. Without the score term the "
    "gradient has almost no noise.",
    "The three terms": "Only one of the three terms carries the gradient. Compare its share of the variance with the "
    "others.",
    "A small σ": "σ is ten times smaller. The term with 1/σ is now nearly all of the variance.",
    "Along σ": "The log-derivative's curve rises on the left, where σ is small. That of reparametrization falls.",
    "A cosine of high frequency": "From k = 0.909 on, the slope of cos kz is so steep that reparametrization is the "
    "noisier estimator.",
    "All baselines": "Every baseline lowers the curve but leave-one-out, which needs more than one sample. None "
    "reaches reparametrization here.",
    "Plain estimators": "Both start from the q of the sliders and take the same number of steps.",
    "With a baseline": "The first estimator now subtracts the best baseline from f. Its band is narrower.",
    "Temperature 0.5": "Crosses are the means of Gumbel-softmax. Compare them with the lines, the exact gradients.",
    "A high temperature": "At temperature 2 the crosses lie off the lines, the exact gradients: the bias is visible.",
    "From early training": "Left: how much signal one gradient carries. Right, after your answer: what that does to "
    "the bound.",
    "Ten points": "Bars: the two parts of the variance. Below: the rule of the slide with n = 10.",
    "A hundred points": "Look at the lower figure: with n = 100 the rule as printed makes q far too narrow.",
}
