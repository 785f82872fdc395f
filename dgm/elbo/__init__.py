"""The variational lower bound of one observation, KL, and EM as coordinate ascent.

    from dgm import elbo
    elbo.elbo(elbo.NormalModel(), 2.0, elbo.Gaussian(1.0, 0.5))     # L, the gap KL(q, p(z | x)) and log p(x), nats

By module: `amortized` (one encoder for every x).
"""

from dgm.elbo.coins import TwoCoins
from dgm.elbo.divergence import KLIntegrand, kl, kl_integrand
from dgm.elbo.families import Categorical, Family, Gaussian, Histogram, Line, Mixture
from dgm.elbo.fits import Fit, Fits, fits_to, gaussian_fits
from dgm.elbo.landscapes import Landscape, Move, coordinate_ascent, gradient_ascent, landscape
from dgm.elbo.lower_bound import Elbo, elbo, histogram_of
from dgm.elbo.normal_model import Drawn, NormalModel, Posterior, evidence_curve
from dgm.elbo.one_parameter import (
    Coordinate,
    HalfStep,
    bound_curve,
    complete_curve,
    curve_top,
    likelihood_curve,
    one_parameter_em,
    responsibilities_at,
)
from dgm.elbo.responsibilities import PointBound, point_bound, responsibilities_with
from dgm.elbo.sampling import ImportanceWeighted, MonteCarlo, importance_weighted, monte_carlo
from dgm.elbo.tables import (
    Interpolated,
    QTable,
    forward_table,
    interpolate,
    mixture_information,
    q_table,
    sample_table,
)

__all__ = [
    "Categorical",
    "Coordinate",
    "Drawn",
    "Elbo",
    "Family",
    "Fit",
    "Fits",
    "Gaussian",
    "HalfStep",
    "Histogram",
    "ImportanceWeighted",
    "Interpolated",
    "KLIntegrand",
    "Landscape",
    "Line",
    "Mixture",
    "MonteCarlo",
    "Move",
    "NormalModel",
    "PointBound",
    "Posterior",
    "QTable",
    "TwoCoins",
    "bound_curve",
    "complete_curve",
    "coordinate_ascent",
    "curve_top",
    "elbo",
    "evidence_curve",
    "fits_to",
    "forward_table",
    "gaussian_fits",
    "gradient_ascent",
    "histogram_of",
    "importance_weighted",
    "interpolate",
    "kl",
    "kl_integrand",
    "landscape",
    "likelihood_curve",
    "mixture_information",
    "monte_carlo",
    "one_parameter_em",
    "point_bound",
    "q_table",
    "responsibilities_at",
    "responsibilities_with",
    "sample_table",
]


def __dir__() -> list[str]:
    return __all__
