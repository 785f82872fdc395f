"""Mixture of Gaussians fitted by EM (slides "Latent variable models", "Incomplete likelihood", "EM algorithm")."""

from dgm.gmm.covariances import (
    COVARIANCES,
    FLOOR,
    free_parameters,
)
from dgm.gmm.em_steps import (
    Expectation,
    Sample,
    Step,
    Trace,
    aic,
    bic,
    e_step,
    em,
    fit,
    log_prob,
    m_step,
    sample,
    score,
    trace,
)
from dgm.gmm.log_density import (
    CollapseError,
)
from dgm.gmm.lower_bound import (
    Elbo,
    HalfStep,
    elbo,
    half_steps,
)
from dgm.gmm.params import (
    Params,
)
from dgm.gmm.starts import (
    STARTS,
    init,
)

__all__ = [
    "COVARIANCES",
    "FLOOR",
    "STARTS",
    "CollapseError",
    "Elbo",
    "Expectation",
    "HalfStep",
    "Params",
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
    "log_prob",
    "m_step",
    "sample",
    "score",
    "trace",
]


def __dir__() -> list[str]:
    return __all__
