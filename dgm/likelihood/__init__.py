"""Maximum likelihood in one dimension (slides "Goal", "MLE problem").

    from dgm import likelihood
    x = likelihood.load_column("waiting")
    best = likelihood.fit("mixture", x)
    likelihood.terms(best, x).log_likelihood      # nats
    best.log_prob([60.0]), best.sample(5)         # evaluate a new point, draw new points
"""

from dgm.likelihood.ascent import ascend
from dgm.likelihood.columns import COLUMNS, TRUTHS, Column, load_column
from dgm.likelihood.divergences import Divergence, divergence, kl_integrand, moments, nearest
from dgm.likelihood.em_steps import Step, em
from dgm.likelihood.families import DOF_RANGE, FAMILIES, Density, Gaussian, Laplace, Mixture, StudentT
from dgm.likelihood.log_likelihood import Terms, gradient, moved_surface, surface, terms
from dgm.likelihood.maximum import fit

__all__ = [
    "COLUMNS",
    "DOF_RANGE",
    "FAMILIES",
    "TRUTHS",
    "Column",
    "Density",
    "Divergence",
    "Gaussian",
    "Laplace",
    "Mixture",
    "Step",
    "StudentT",
    "Terms",
    "ascend",
    "divergence",
    "em",
    "fit",
    "gradient",
    "kl_integrand",
    "load_column",
    "moments",
    "moved_surface",
    "nearest",
    "surface",
    "terms",
]


def __dir__() -> list[str]:
    return __all__
