"""Bayes' theorem at work: prior, likelihood, evidence, posterior, and three distributions of the next observation.

    from dgm import bayes
    prior = bayes.BetaBernoulli(2, 2)
    after = prior.posterior([1, 1, 0])            # the same class
    prior.log_evidence([1, 1, 0])                 # log p(X), nats
    after.predictive().mean, after.map()          # p(x | X) and the MAP

Slides "Bayes theorem", "Bayesian inference" (with its "note the difference from"), "Maximum a posteriori (MAP)".
"""

from dgm.bayes.base import Belief, Distribution, NoMaximumError, TooLargeError, Update
from dgm.bayes.comparison import (
    Predictives,
    Scores,
    deviation_ratio,
    half_width,
    outcome_probabilities,
    predictives,
    score,
    scores,
    widening,
)
from dgm.bayes.discrete import (
    AXES,
    BetaBernoulli,
    Counts,
    DirichletCategorical,
    beta_through,
    coordinate,
    log_density_at_mean,
)
from dgm.bayes.distributions import Bernoulli, Categorical, Mixture, Normal, StudentT
from dgm.bayes.evidence_routes import Reversal, Routes, reversal, routes
from dgm.bayes.grid import GridPosterior, grid_posterior, log_joint_on
from dgm.bayes.grid_timing import GridCost, grid_cost
from dgm.bayes.histogram import HistogramPrior, histogram_prior
from dgm.bayes.logistic import Laplace, LogisticRegression
from dgm.bayes.mixture import MixturePrior
from dgm.bayes.normal import Estimate, NormalInverseGamma, NormalNormal
from dgm.bayes.regression import LinearRegression, polynomial_features
from dgm.bayes.standardised import (
    DegreeScore,
    PolynomialFit,
    Scaling,
    Standardised,
    degree_scores,
    fit_polynomial,
    iter_degree_scores,
    standard_units,
)
from dgm.bayes.summaries import (
    AxisView,
    Curves,
    History,
    MapRow,
    NormalPlane,
    TheoremTerms,
    axis_view,
    curves,
    hdr_level,
    history,
    map_rows,
    normal_plane,
    theorem_terms,
)

__all__ = [
    "AXES",
    "AxisView",
    "Belief",
    "Bernoulli",
    "BetaBernoulli",
    "Categorical",
    "Counts",
    "Curves",
    "DegreeScore",
    "DirichletCategorical",
    "Distribution",
    "Estimate",
    "GridCost",
    "GridPosterior",
    "HistogramPrior",
    "History",
    "Laplace",
    "LinearRegression",
    "LogisticRegression",
    "MapRow",
    "Mixture",
    "MixturePrior",
    "NoMaximumError",
    "Normal",
    "NormalInverseGamma",
    "NormalNormal",
    "NormalPlane",
    "PolynomialFit",
    "Predictives",
    "Reversal",
    "Routes",
    "Scaling",
    "Scores",
    "Standardised",
    "StudentT",
    "TheoremTerms",
    "TooLargeError",
    "Update",
    "axis_view",
    "beta_through",
    "coordinate",
    "curves",
    "degree_scores",
    "deviation_ratio",
    "fit_polynomial",
    "grid_cost",
    "grid_posterior",
    "half_width",
    "hdr_level",
    "histogram_prior",
    "history",
    "iter_degree_scores",
    "log_density_at_mean",
    "log_joint_on",
    "map_rows",
    "normal_plane",
    "outcome_probabilities",
    "polynomial_features",
    "predictives",
    "reversal",
    "routes",
    "score",
    "scores",
    "standard_units",
    "theorem_terms",
    "widening",
]


def __dir__() -> list[str]:
    return __all__
