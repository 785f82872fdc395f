"""The controls of the lesson on likelihood and autoregressive models, its situations, and what to look at in each."""

import math
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from dgm import autoregressive, likelihood
from ui.components.live_figure import linked_frame
from ui.control_types import Choice, Control, LogSlider, Number, Parameter, Slider, Text, plain, seed

LIKELIHOOD, PIXELS, DIGITS, ONE_IMAGE, ZOO = PARTS = (
    "Maximum likelihood", "Three pixels", "Digits", "Read log p(x)", "In the zoo")
GAUSSIAN, LAPLACE, STUDENT, MIXTURE = likelihood.FAMILIES
PRETRAINED, LIVE = "pretrained", "my run"
LOGISTIC, MADE, DEEP = NETWORKS = ("logistic", "MADE, one hidden layer", "MADE, two hidden layers")
PICK, CLICK, DRAW = WAYS = ("pick", "click or type", "draw")
POINTS = {          # what a point of each column is
    "waiting": "one wait for the next eruption of the geyser Old Faithful",
    "eruption": "the length of one eruption of the geyser Old Faithful",
    "petal length": "the length of a petal of one iris flower",
    "sepal width": "the width of a sepal of one iris flower",
    "alcohol": "the alcohol in one wine",
    "malic acid": "the malic acid in one wine"}
ORDERS_OF_THREE = tuple(" ".join(str(pixel + 1) for pixel in order) for order in permutations(range(3)))
IMAGES_OF_THREE = tuple(f"{number:03b}" for number in range(8))
TABLE = (0.6, 0.2, 0.9, 0.1, 0.5, 0.6, 0.95)    # p(x1), p(x2 | 0), p(x2 | 1), p(x3 | 00), 01, 10, 11
DRAWN_FIRST = 28        # pixels of the growing image that are drawn at first: its middle
NARROWEST = 1e-9        # scale in a link


def _numbers(lows: Sequence[float], high: float, what: str, within: bool = True) -> Parameter:
    """A parameter of numbers, each from its own low to high, empty by default; underscores join them in the link.

    within: as in `Parameter`.
    """
    def read(raw: str) -> tuple[Any, str]:
        found = _parsed(raw)
        if len(found) == len(lows) and all(low <= value <= high for low, value in zip(lows, found, strict=True)):
            return found, ""
        return (), (f"The link asks for {what} = `{plain(raw)}`, which is not {len(lows)} numbers in range; it was "
                    "ignored.")

    return Parameter((), read, lambda values: "_".join(f"{value:.6g}" for value in values), within=within)


def _parsed(raw: str) -> tuple[float, ...]:
    """The numbers of a link's text, none where something is no finite number."""
    try:
        found = tuple(float(part) for part in raw[:400].split("_"))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


CONTROLS: dict[str, Control] = {
    "part": Choice("Part of the lesson", PARTS, menu=False, labelled=False),
    # maximum likelihood
    "column": Choice("Data", tuple(likelihood.COLUMNS), menu=True, help="One column of measurements."),
    "family": Choice("Family", tuple(likelihood.FAMILIES), menu=False),
    "points": Slider("Points n", 2, 272, 20),
    "dof": LogSlider("Degrees of freedom ν", 0.5, 200.0, 3.0, help="Small ν: heavy tails. Large ν: nearly Gaussian."),
    "at": _numbers((-1e9, NARROWEST), 1e9, "location and scale"),
    "new": _numbers((-1e9,), 1e9, "the new point"),
    "rate": LogSlider("Step size of the ascent", 0.01, 3.0, 0.1),
    "drawn": Slider("New points drawn", 0, 500, 60),
    "draw_seed": seed("Seed of the draws"),
    "truth": Choice("True density", tuple(likelihood.TRUTHS), menu=False),
    "model_family": Choice("Family of the model", tuple(likelihood.FAMILIES), menu=False),
    "sample": LogSlider("Points drawn from the true density", 10.0, 10_000.0, 50.0),
    "sample_seed": seed("Seed of these points"),
    # three pixels
    "table": _numbers((0.0,) * 7, 1.0, "the conditionals", within=False),
    "order3": Choice("Order of the pixels", ORDERS_OF_THREE, menu=True),
    "image3": Choice("Image", IMAGES_OF_THREE, first="111", menu=True, help="0 is white, 1 is black."),
    "step3": linked_frame.parameter(),
    "seed3": seed("Seed of the images"),
    # digits
    "model": Choice("Model", (PRETRAINED, LIVE), help="pretrained: trained before. my run: the one trained here."),
    "network": Choice("Network", NETWORKS, first=MADE, menu=True),
    "step": linked_frame.parameter(),
    "grow_seed": seed("Seed of the image"),
    "known": Slider("Known pixels, in the model's order", 0, 64, 32),
    "complete_seed": seed("Seed of the completions"),
    "hidden": Slider("Units of a hidden layer", 16, 1024, 256, step=16),
    "order": Choice("Order of the pixels", autoregressive.ORDERS, menu=True),
    "learning_rate": Number("Learning rate", 1e-4, 1.0, 0.005, format="%.4f"),
    "batch": Slider("Batch", 1, 512, 100),
    "steps": Number("Steps in all", 100, 20_000, 1200, step=100),
    "run_seed": seed("Seed of the run"),
    # one image
    "way": Choice("The image", WAYS, menu=False),
    "held": Number("Number of a held-out image", 0, math.inf, 3, step=1),
    "rows": Text("Rows of the image, 0 white and 1 black", "", 120,
                 help="Eight rows of eight, with blanks between the rows. Empty: the held-out image."),
}

PRESETS: dict[str, Mapping[str, Any]] = {
    "Twenty waits": {},
    "One hump over two": {"points": 272, "at": (70.9, 13.6)},
    "All 272 waits": {"points": 272},
    "A mixture": {"points": 272, "family": MIXTURE},
    "Outliers and Student t": {"column": "malic acid", "points": 178, "family": STUDENT},
    "Step too large": {"rate": 1.3},
    "Three pixels": {"part": PIXELS},
    "Independent pixels": {"part": PIXELS, "table": (0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)},
    "All pixels equal": {"part": PIXELS, "table": (0.5, 0.0, 1.0, 0.0, 0.5, 0.5, 1.0)},
    "From right to left": {"part": PIXELS, "order3": "3 2 1"},
    "Pixel by pixel": {"part": DIGITS},
    "Logistic": {"part": DIGITS, "network": LOGISTIC},
    "Train it": {"part": DIGITS, "model": LIVE},
    "From the middle outwards": {"part": DIGITS, "model": LIVE, "order": "spiral"},
    "A held-out digit": {"part": ONE_IMAGE},
    "Nothing at all": {"part": ONE_IMAGE, "way": CLICK, "rows": " ".join(["00000000"] * 8)},
    "A chessboard": {"part": ONE_IMAGE, "way": CLICK, "rows": " ".join(["01010101", "10101010"] * 4)},
    "The same images": {"part": ZOO},
    "Logistic in the zoo": {"part": ZOO, "network": LOGISTIC},
}
NOTES: dict[str, str] = {
    "Twenty waits": "Drag the large point at the top of the curve: sideways it moves the density, upwards it makes it "
    "narrower.",
    "All 272 waits": "With all points the product of the densities is too small for the computer's numbers. The sum "
    "is not.",
    "One hump over two": "The density is close to its most likely place. It puts much probability where no data are.",
    "A mixture": "Two Gaussians moved as one. Press “To the maximum”, and compare with the maximum of a single "
    "Gaussian, below the figures.",
    "Outliers and Student t": "A few wines have much malic acid. Heavy tails keep their terms from falling far.",
    "Step too large": "The steps go past the maximum, from one side to the other, and never settle. Look at the line "
    "in the second figure.",
    "Three pixels": "Make p(x₁ = 1) smaller: the four images whose first pixel is black lose, the other four gain.",
    "Independent pixels": "The conditionals of a pixel do not depend on the pixels before it.",
    "All pixels equal": "Every pixel copies the first one: two images have all the probability.",
    "From right to left": "The same eight probabilities as in the order 1 2 3, as other conditionals.",
    "Pixel by pixel": f"{DRAWN_FIRST} of the 64 pixels are drawn at first. Press play: each next one is drawn with the "
    "probability in the second figure.",
    "Logistic": "The logistic model has no hidden units. Compare its images with those of MADE.",
    "Train it": "Press Train: the curve rises, and the sixteen images are drawn again and again while it learns.",
    "From the middle outwards": "The pixels come in another order. Press Train: does the model become better?",
    "A held-out digit": "Each cell is one term of the sum. Look where the model was surprised.",
    "Nothing at all": "No pixel is black. The model finds this far less likely than a digit, though not impossible.",
    "A chessboard": "No training image looks like this. Nearly every pixel is a surprise.",
    "The same images": "All rows are computed on the same held-out digits, in nats per image.",
    "Logistic in the zoo": "The script below computes the logistic model's row instead of MADE's.",
}
