"""Bayes' theorem at work: prior, likelihood, evidence, posterior, and three answers to "what comes next"."""

from dgm.bayes.base import (
    Belief,
    Distribution,
    NoMaximumError,
    TooLargeError,
    Update,
)
from dgm.bayes.comparison import (
    Predictives,
    Scores,
    chances_of,
    predictives,
    score,
    scores,
    widening,
    window,
)
from dgm.bayes.discrete import (
    AXES,
    BetaBernoulli,
    Counts,
    DirichletCategorical,
    coordinate,
)
from dgm.bayes.distributions import (
    Bernoulli,
    Categorical,
    Mixed,
    Normal,
    StudentT,
)
from dgm.bayes.evidence_routes import (
    Routes,
    routes,
)
from dgm.bayes.grid import (
    GridPosterior,
    log_joint_on,
)
from dgm.bayes.grid import (
    posterior as grid_posterior,
)
from dgm.bayes.grid_timing import (
    Cost,
    grid_cost,
)
from dgm.bayes.histogram_prior import (
    DrawnPrior,
    drawn,
)
from dgm.bayes.logistic import (
    Laplace,
    LogisticRegression,
)
from dgm.bayes.mixture import (
    MixturePrior,
)
from dgm.bayes.normal import (
    Estimate,
    NormalInverseGamma,
    NormalNormal,
)
from dgm.bayes.regression import (
    DegreeScore,
    LinearRegression,
    degrees,
    polynomial,
)
from dgm.bayes.standardised import (
    Fit,
    Scale,
    degree_scores,
    fit,
    scale,
    standard,
)
from dgm.bayes.summaries import (
    AxisView,
    Balance,
    Curves,
    History,
    MapRow,
    Plane,
    axis_view,
    balance,
    curves,
    first_number,
    history,
    level,
    map_rows,
    plane,
)

__all__ = [
    "AXES",
    "AxisView",
    "Balance",
    "Belief",
    "Bernoulli",
    "BetaBernoulli",
    "Categorical",
    "Cost",
    "Counts",
    "Curves",
    "DegreeScore",
    "DirichletCategorical",
    "Distribution",
    "DrawnPrior",
    "Estimate",
    "Fit",
    "GridPosterior",
    "History",
    "Laplace",
    "LinearRegression",
    "LogisticRegression",
    "MapRow",
    "Mixed",
    "MixturePrior",
    "NoMaximumError",
    "Normal",
    "NormalInverseGamma",
    "NormalNormal",
    "Plane",
    "Predictives",
    "Routes",
    "Scale",
    "Scores",
    "StudentT",
    "TooLargeError",
    "Update",
    "axis_view",
    "balance",
    "chances_of",
    "coordinate",
    "curves",
    "degree_scores",
    "degrees",
    "drawn",
    "first_number",
    "fit",
    "grid_cost",
    "grid_posterior",
    "history",
    "level",
    "log_joint_on",
    "map_rows",
    "plane",
    "polynomial",
    "predictives",
    "routes",
    "scale",
    "score",
    "scores",
    "standard",
    "widening",
    "window",
]


def __dir__() -> list[str]:
    return __all__
