"""Bayes' theorem at work: prior, likelihood, evidence, posterior, and three answers to "what comes next".

Slides "Bayes theorem", "Bayesian inference" (with its "note the difference from"), "Maximum a posteriori (MAP)".
The models are the menu below; each is both prior and posterior (see `bayes_belief.Belief`). Logarithms are nats.
"""

from typing import Any, NamedTuple

import torch

from dgm.bayes_belief import Belief, Distribution, NoMaximumError, Update
from dgm.bayes_cost import Cost, grid_cost
from dgm.bayes_counts import AXES, BetaBernoulli, Counts, DirichletCategorical, coordinate
from dgm.bayes_drawn import DrawnPrior, drawn
from dgm.bayes_grid import GridPosterior
from dgm.bayes_grid import posterior as grid_posterior
from dgm.bayes_logistic import Laplace, LogisticRegression
from dgm.bayes_mixture import MixturePrior
from dgm.bayes_normal import Estimate, NormalInverseGamma, NormalNormal
from dgm.bayes_predictive import Bernoulli, Categorical, Mixed, Normal, StudentT
from dgm.bayes_regression import DegreeScore, LinearRegression, degrees, polynomial
from dgm.bayes_views import AxisView, Curves, Plane, axis_view, curves, level, plane

__all__ = [
    "AXES", "AxisView", "Belief", "Bernoulli", "BetaBernoulli", "Categorical", "Cost", "Counts", "Curves",
    "DegreeScore", "DirichletCategorical", "Distribution", "DrawnPrior", "Estimate", "GridPosterior", "Laplace",
    "LinearRegression", "LogisticRegression", "Mixed", "MixturePrior", "NoMaximumError", "Normal",
    "NormalInverseGamma", "NormalNormal", "Plane", "Predictives", "Routes", "Scores", "StudentT", "Update",
    "axis_view", "coordinate", "curves", "degrees", "drawn", "grid_cost", "grid_posterior", "level", "plane",
    "polynomial", "predictives", "routes", "score", "scores",
]


class Routes(NamedTuple):
    """ln p(X) in nats, three times."""

    closed: float    # formula
    marginal: float  # theta integrated out of the joint density
    chain: float     # sum of one-step predictives


def routes(prior: Belief, data: Any) -> Routes:
    """The log evidence by closed form, by the joint density of X, and by the chain of one-step predictives."""
    chain = 0.0
    for update in prior.updates(data):
        chain = update.log_evidence
    return Routes(prior.log_evidence(data), prior.log_marginal(data), chain)


class Predictives(NamedTuple):
    """Three answers to "what comes next": p(x), p(x | X), p(x | theta_map); None where there is no MAP."""

    prior: Distribution
    posterior: Distribution
    plug_in: Distribution | None


def predictives(prior: Belief, data: Any, axis: str | None = None) -> Predictives:
    """The slide's "note the difference from": which p(theta) the integral runs over. `axis`: where the MAP is taken."""
    after = prior.posterior(data)
    try:
        plug_in = after.plug_in(after.map(axis))
    except NoMaximumError:
        plug_in = None
    return Predictives(prior.prior_predictive(), after.predictive(), plug_in)


class Scores(NamedTuple):
    """Mean log score on held-out data, nats per observation; None where there is no plug-in."""

    prior: float
    posterior: float
    plug_in: float | None


def score(distribution: Distribution, held_out: Any) -> float:
    """Mean ln p(x) over held-out observations, nats; -inf if one of them was called impossible."""
    each = distribution.log_prob(torch.as_tensor(held_out, dtype=torch.float64).reshape(-1))
    if len(each) == 0:
        raise ValueError("there is nothing held out to score: keep at least one observation back")
    return float(each.mean())


def scores(answers: Predictives, held_out: Any) -> Scores:
    """The three answers scored on the same held-out observations."""
    plug_in = None if answers.plug_in is None else score(answers.plug_in, held_out)
    return Scores(score(answers.prior, held_out), score(answers.posterior, held_out), plug_in)
