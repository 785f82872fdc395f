"""The controls of the gradient lab, and its presets."""

from collections.abc import Mapping
from typing import Any

from dgm.gradients import COSTS, ESTIMATORS
from dgm.gradients.descent import OPTIMIZERS
from dgm.gradients.sweeps import PARAMETERS
from ui.control_types import Choice, Control, Slider, Switch, Text, seed

PARTS = ("Two estimators", "Why", "Sweeps", "Race", "Discrete", "The VAE")
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
EVALUATION, SECOND = "evaluation", "second"
LAYERS = ("encoder.hidden.weight", "encoder.hidden.bias", "encoder.out.weight", "encoder.out.bias")

CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # f and q, in the first five parts
    "cost": Choice("f, the cost whose mean is wanted", KINDS, menu=True,
                   help="sampled bound: log p(x, z) − log q(z), with nothing integrated by hand. "
                   "formula: write your own."),
    "text": Text("f(x) =", FALLBACK, help="x, pi, e, + - * / ** and functions such as exp, cos, log, abs, step, in "
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
    "left": Choice("Left estimator", LOG_DERIVATIVES, menu=True),
    "right": Choice("Right estimator", OTHERS, menu=True),
    "dots": Slider("Dots", 20, 1000, 300, step=20),
    # sweeps
    "axis": Choice("Sweep along", tuple(RANGES), menu=True),
    "set": Choice("Estimators", tuple(ESTIMATOR_SETS)),
    "K": Slider("Samples K per gradient", 1, 64, 1),
    "per": Choice("Variance times", (EVALUATION, SECOND),
                  help="evaluation: how often f or its slope is computed for one sample. second: how long a sample "
                  "takes."),
    # race: two descents
    "racer": Choice("First gradient", LOG_DERIVATIVES, menu=True),
    "rival": Choice("Second gradient", (*OTHERS, *LOG_DERIVATIVES), menu=True),
    "optimizer": Choice("Optimizer", OPTIMIZERS, formerly="optimiser",
                        help="SGD (stochastic gradient descent) steps along the gradient. Adam divides each step by a "
                        "running size of the gradient."),
    "rate": Slider("Step length", 0.005, 0.3, 0.05, step=0.005, format="%.3f"),
    "per_step": Slider("Samples per step", 1, 64, 1),
    "accuracy": Slider("Accuracy asked for", 0.01, 1.0, 0.1, step=0.01),
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
    "Add 50 to f": {"offset": 50.0},
    "64 dimensions": {"dims": 64},
    "Best baseline": {"left": "log-derivative + best baseline"},
    "A step: wrong slope": {"cost": TYPED, "text": "step(x)", "sigma": 1.0, "mu": 0.4},
    "Infinite variance": {"cost": TYPED, "text": "exp(0.3*x**2)", "sigma": 1.0},
    "q is the posterior": {"cost": SAMPLED, "k": 2.0, "mu": 1.0, "sigma": 0.71},
    "Shrink σ": {"part": "Why", "sigma": 0.05},
    "A wave: slopes lose": {"part": "Sweeps", "cost": "cosine", "k": 12.0, "sigma": 1.0, "mu": 0.5, "axis": "k"},
    "A baseline races": {"part": "Race", "racer": "log-derivative + best baseline"},
    "A latent jumps": {"part": "Discrete", "temperature": 0.1},
    "The slide's n": {"part": "The VAE", "n": 100},
}
