"""The variational lower bound of one observation, KL, and EM as coordinate ascent.

    from dgm import elbo
    elbo.elbo(elbo.NormalModel(), elbo.Gaussian(1.0, 0.5), x=2.0)     # L, the gap KL(q, p(z | x)) and log p(x), nats
"""

from dgm.elbo.coins import TwoCoins
from dgm.elbo.families import Categorical, Family, Gaussian, Histogram, Line, Mixture
from dgm.elbo.lower_bound import Elbo, elbo, histogram_of
from dgm.elbo.normal_model import Drawn, NormalModel, Posterior, evidence_curve

__all__ = [
    "Categorical",
    "Drawn",
    "Elbo",
    "Family",
    "Gaussian",
    "Histogram",
    "Line",
    "Mixture",
    "NormalModel",
    "Posterior",
    "TwoCoins",
    "elbo",
    "evidence_curve",
    "histogram_of",
]


def __dir__() -> list[str]:
    return __all__
