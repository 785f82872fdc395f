"""Bayes' theorem at work: prior, likelihood, evidence, posterior, and three answers to "what comes next".

Slides "Bayes theorem", "Bayesian inference" (with its "note the difference from"), "Maximum a posteriori (MAP)".
The models are the menu below; each is both prior and posterior (see `bayes_belief.Belief`). Logarithms are nats.
"""

from typing import Any, NamedTuple

from dgm.bayes.base import Belief, Distribution, NoMaximumError, TooLargeError, Update
from dgm.bayes.comparison import Predictives, Scores, chances_of, predictives, score, scores, widening, window
from dgm.bayes.discrete import AXES, BetaBernoulli, Counts, DirichletCategorical, coordinate
from dgm.bayes.distributions import Bernoulli, Categorical, Mixed, Normal, StudentT
from dgm.bayes.grid import GridPosterior, log_joint_on
from dgm.bayes.grid import posterior as grid_posterior
from dgm.bayes.grid_timing import Cost, grid_cost
from dgm.bayes.histogram_prior import DrawnPrior, drawn
from dgm.bayes.logistic import Laplace, LogisticRegression
from dgm.bayes.mixture import MixturePrior
from dgm.bayes.normal import Estimate, NormalInverseGamma, NormalNormal
from dgm.bayes.regression import DegreeScore, LinearRegression, degrees, polynomial
from dgm.bayes.standardised import Fit, Scale, degree_scores, fit, scale, standard
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
    "AXES", "AxisView", "Balance", "Belief", "Bernoulli", "BetaBernoulli", "Categorical", "Cost", "Counts",
    "Curves", "DegreeScore", "DirichletCategorical", "Distribution", "DrawnPrior", "Estimate", "Fit",
    "GridPosterior", "History", "Laplace", "LinearRegression", "LogisticRegression", "MapRow", "Mixed",
    "MixturePrior", "NoMaximumError", "Normal", "NormalInverseGamma", "NormalNormal", "Plane", "Predictives",
    "Routes", "Scale", "Scores", "StudentT", "TooLargeError", "Update", "axis_view", "balance", "chances_of",
    "coordinate", "curves", "degree_scores", "degrees", "drawn", "first_number", "fit", "grid_cost",
    "grid_posterior", "history", "level", "log_joint_on", "map_rows", "plane", "polynomial", "predictives",
    "routes", "scale", "score", "scores", "standard", "widening", "window",
]


class Routes(NamedTuple):
    """ln p(X) in nats, three times."""

    closed: float           # formula
    marginal: float | None  # theta integrated out of the joint density; None beyond its reach
    chain: float            # sum of one-step predictives


def routes(prior: Belief, data: Any) -> Routes:
    """The log evidence by closed form, by the joint density of X, and by the chain of one-step predictives."""
    chain = 0.0
    for update in prior.updates(data):
        chain = update.log_evidence
    try:
        marginal = prior.log_marginal(data)
    except TooLargeError:
        marginal = None
    return Routes(prior.log_evidence(data), marginal, chain)
