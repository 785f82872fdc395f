"""Estimators of grad E_q f(z) for q = N(mu, sigma^2 I) (slides "Log-derivative trick", "Reparametrization trick")."""

from dgm.gradients.costs import (
    COSTS,
    Cost,
)
from dgm.gradients.estimators import (
    CORES,
    ESTIMATORS,
    EVALUATIONS,
    NEEDS_SLOPE,
    SEQUENTIAL,
    Draw,
    Estimate,
    Gaussian,
    checked,
    draw,
    estimate,
    exact,
    known,
    log_derivative,
    noise,
    reparametrization,
    times_score,
)
from dgm.gradients.exact_moments import (
    Moments,
)

__all__ = [
    "CORES",
    "COSTS",
    "ESTIMATORS",
    "EVALUATIONS",
    "NEEDS_SLOPE",
    "SEQUENTIAL",
    "Cost",
    "Draw",
    "Estimate",
    "Gaussian",
    "Moments",
    "checked",
    "draw",
    "estimate",
    "exact",
    "known",
    "log_derivative",
    "noise",
    "reparametrization",
    "times_score",
]


def __dir__() -> list[str]:
    return __all__
