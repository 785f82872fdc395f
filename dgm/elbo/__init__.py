"""The variational lower bound of one observation, KL, and EM as coordinate ascent.

    from dgm import elbo
    elbo.elbo(elbo.NormalModel(), elbo.Gaussian(1.0, 0.5), x=2.0)     # L, the gap KL(q, p(z | x)) and log p(x), nats
"""

from dgm.elbo.coins import TwoCoins
from dgm.elbo.divergence import KLIntegrand, kl, kl_integrand
from dgm.elbo.families import Categorical, Family, Gaussian, Histogram, Line, Mixture
from dgm.elbo.fits import Fit, Fits, fits_to, gaussian_fits
from dgm.elbo.lower_bound import Elbo, elbo, histogram_of
from dgm.elbo.normal_model import Drawn, NormalModel, Posterior, evidence_curve
from dgm.elbo.sampling import ImportanceWeighted, MonteCarlo, importance_weighted, monte_carlo
from dgm.elbo.tables import Interpolated, QTable, forward_table, interpolate, q_table, sample_table

__all__ = [
    "Categorical",
    "Drawn",
    "Elbo",
    "Family",
    "Fit",
    "Fits",
    "Gaussian",
    "Histogram",
    "ImportanceWeighted",
    "Interpolated",
    "KLIntegrand",
    "Line",
    "Mixture",
    "MonteCarlo",
    "NormalModel",
    "Posterior",
    "QTable",
    "TwoCoins",
    "elbo",
    "evidence_curve",
    "fits_to",
    "forward_table",
    "gaussian_fits",
    "histogram_of",
    "importance_weighted",
    "interpolate",
    "kl",
    "kl_integrand",
    "monte_carlo",
    "q_table",
    "sample_table",
]


def __dir__() -> list[str]:
    return __all__
