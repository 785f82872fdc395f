"""Estimators of grad E_q f(z) for q = N(mu, sigma^2 I) (slides "Log-derivative trick", "Reparametrization trick").

    from dgm import gradients
    q, cost = gradients.Gaussian(1.0, 2.0), gradients.COSTS["quadratic"](0.0)
    gradients.exact("log-derivative", cost, q).variance      # of one sample's gradient in mu and in sigma

By module: `batch_noise` (of mini-batches), `categorical` (discrete z), `descent`, `sweeps`, `variance_terms`.
"""

from dgm.gradients.costs import (
    COSTS,
    Cost,
    sampled_bound,
)
from dgm.gradients.draws import (
    Draw,
    Gaussian,
    draw,
    noise,
)
from dgm.gradients.estimators import (
    ESTIMATORS,
    Estimate,
    Estimator,
    bias,
    estimate,
    exact,
    find,
)
from dgm.gradients.exact_moments import (
    Moments,
)
from dgm.gradients.formula_parser import (
    FormulaError,
    formula,
)
from dgm.gradients.sample_gradients import (
    log_derivative,
    reparametrization,
    times_score,
)

__all__ = [
    "COSTS",
    "ESTIMATORS",
    "Cost",
    "Draw",
    "Estimate",
    "Estimator",
    "FormulaError",
    "Gaussian",
    "Moments",
    "bias",
    "draw",
    "estimate",
    "exact",
    "find",
    "formula",
    "log_derivative",
    "noise",
    "reparametrization",
    "sampled_bound",
    "times_score",
]


def __dir__() -> list[str]:
    return __all__
