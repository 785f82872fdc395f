"""Mixture of Gaussians fitted by EM (slides "Latent variable models", "Incomplete likelihood", "EM algorithm").

    from dgm import datasets, gmm
    gmm.fit(datasets.load("faithful").x, 2).log_lik      # nats per point

Modules that are imported by name: `dgm.gmm.selection` (how many components) and `dgm.gmm.continuous_mixture` (a density
as an integral over z in one dimension).
"""

from dgm.gmm.covariances import COVARIANCES, FLOOR, free_parameters
from dgm.gmm.em_half_steps import HalfStep, half_steps
from dgm.gmm.em_steps import Step, Trace, em, fit, m_step, trace
from dgm.gmm.k_means import Partition, kmeans, lloyd, match_groups
from dgm.gmm.log_density import CollapseError
from dgm.gmm.lower_bound import Elbo, elbo
from dgm.gmm.model import Expectation, Sample, aic, bic, e_step, log_prob, sample, score
from dgm.gmm.params import Params
from dgm.gmm.starts import STARTS, init

__all__ = [
    "COVARIANCES",
    "FLOOR",
    "STARTS",
    "CollapseError",
    "Elbo",
    "Expectation",
    "HalfStep",
    "Params",
    "Partition",
    "Sample",
    "Step",
    "Trace",
    "aic",
    "bic",
    "e_step",
    "elbo",
    "em",
    "fit",
    "free_parameters",
    "half_steps",
    "init",
    "kmeans",
    "lloyd",
    "log_prob",
    "m_step",
    "match_groups",
    "sample",
    "score",
    "trace",
]


def __dir__() -> list[str]:
    return __all__
