"""Three answers to "what comes next" and their log scores (slide "Bayesian inference", its "note the difference")."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from scipy import special
from torch import Tensor

from dgm.bayes.base import Belief, Distribution, NoMaximumError
from dgm.bayes.discrete import Counts
from dgm.bayes.distributions import StudentT

MOST_WIDE = 6.0  # spreads of the posterior predictive that a picture shows on each side


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


def chances_of(answer: Distribution, outcomes: int) -> Tensor:
    """Probability of each outcome 0 .. K-1, (K,)."""
    return answer.log_prob(torch.arange(outcomes)).exp()


def spread(answer: Any) -> float:
    """Half the width that holds the middle 68.3%: a normal's deviation, and finite for every Student's t."""
    if isinstance(answer, StudentT):
        return math.sqrt(answer.scale2) * float(special.stdtrit(answer.df, special.ndtr(1.0)))
    return math.sqrt(float(answer.variance))


def widening(prior: Belief, data: Any) -> float:
    """Spread of the posterior predictive over the spread of the MAP plug-in."""
    answers = predictives(prior, data)
    return spread(answers.posterior) / spread(answers.plug_in)


def window(answers: Predictives, seen: Sequence[Any], points: int) -> Tensor:
    """Values of the next observation worth drawing, (points,): the predictives' middles and what was seen."""
    centre = float(getattr(answers.posterior, "loc", None) or answers.posterior.mean)
    ends = [centre + sign * MOST_WIDE * spread(answers.posterior) for sign in (-1, 1)]
    ends += [float(value) for part in seen if not isinstance(part, Counts) for value in part.tolist()]
    return torch.linspace(min(ends), max(ends), points, dtype=torch.float64)
