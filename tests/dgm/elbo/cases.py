"""Models and families that the tests of dgm.elbo go through."""

import math

from dgm import elbo

LECTURE = elbo.NormalModel()
LINE = elbo.NormalModel(means=(0.5,), sds=(1.5,), slope=-2.0, intercept=1.0, noise=0.3)
HUMPS = elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.7, 0.7))
SHARP = elbo.NormalModel((0.2, 0.5, 0.3), (-3.0, 0.0, 4.0), (0.2, 2.0, 0.1), slope=0.3, noise=2.0)
PARABOLA = elbo.NormalModel(slope=0.0, curvature=1.0, noise=0.5)
BOTH = elbo.NormalModel((0.7, 0.3), (-1.0, 1.5), (0.6, 0.9), slope=0.4, intercept=-0.3, curvature=-0.5, noise=0.4)
MODELS = {"lecture": (LECTURE, 2.0), "line": (LINE, -1.3), "two humps": (HUMPS, 0.3), "sharp": (SHARP, 1.0),
          "parabola": (PARABOLA, 2.0), "parabola and mixture": (BOTH, -1.0)}
LINES = {
    "Gaussian": elbo.Gaussian(0.8, 0.6), "wide Gaussian": elbo.Gaussian(-1.0, 6.0),
    "narrow Gaussian": elbo.Gaussian(2.0, 0.01), "Mixture": elbo.Mixture((0.3, 0.7), (-1.5, 1.0), (0.4, 1.1)),
    "unlike parts": elbo.Mixture((0.9, 0.1), (0.0, 0.1), (2.0, 0.05)),
    "Histogram": elbo.Histogram(-4.0, 4.0, (0.0, 0.1, 0.2, 0.3, 0.0, 0.25, 0.1, 0.05)),
}
COINS = elbo.TwoCoins(0.7, 5, 0.3)


def normal(x: float, mean: float, sd: float) -> float:
    """N(x | mean, sd^2), written here once more."""
    return math.exp(-0.5 * ((x - mean) / sd) ** 2) / sd / math.sqrt(2 * math.pi)


def joint(model: elbo.NormalModel, x: float, z: float) -> float:
    """p(x, z), written here once more."""
    prior = sum(w * normal(z, m, s) for w, m, s in zip(model.weights, model.means, model.sds, strict=True))
    return prior * normal(x, model.slope * z + model.intercept + model.curvature * z**2, model.noise)
