"""Three distributions of the next observation and their log scores.

    prior predictive        p(x) = integral of p(x | theta) p(theta) dtheta
    posterior predictive    p(x | X) = integral of p(x | theta) p(theta | X) dtheta
    plug-in                 p(x | theta*), theta* the MAP
Slide "Bayesian inference", its "note the difference from". The logarithmic score: Good 1952.
"""

import math
from typing import Any, NamedTuple

import scipy
import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector, require_kind
from dgm.bayes.base import Belief, Distribution, NoMaximumError, float64_tensor
from dgm.bayes.discrete import Counts, as_counts
from dgm.bayes.distributions import Bernoulli, Categorical, Mixture, Normal, StudentT
from dgm.errors import ArgumentError, DataError

MOST_OUTCOMES = 1_000_000
_KINDS = Bernoulli | Categorical | Normal | StudentT | Mixture


class Predictives(NamedTuple):
    """p(x), p(x | X), p(x | theta_map); None where there is no MAP."""

    prior: Distribution
    posterior: Distribution
    plug_in: Distribution | None


def predictives(prior: Belief, data: Any, axis: str | None = None) -> Predictives:
    """The three distributions of the next observation, which differ in the p(theta) that is integrated over.

    prior: a belief; data: its data; axis: where the MAP is taken, by default the model's own axis.
    DataError when the data do not fit, ArgumentError for an unknown axis.

    >>> from dgm import bayes
    >>> [round(float(each.mean), 3) for each in bayes.predictives(bayes.BetaBernoulli(2, 2), [1, 1])]
    [0.5, 0.667, 0.75]
    """
    require_kind(prior, "prior", Belief, "a belief such as BetaBernoulli(2, 2)")
    after = prior.posterior(data)
    try:
        plug_in = after.plug_in(after.map(axis))
    except NoMaximumError:
        plug_in = None
    return Predictives(prior.prior_predictive(), after.predictive(), plug_in)


class Scores(NamedTuple):
    """Mean log score of held-out data, nats per observation; None where there is no plug-in."""

    prior: float
    posterior: float
    plug_in: float | None


def score(distribution: Distribution, held_out: Any) -> float:
    """Mean log score 1/m sum_i log p(x_i) of held-out observations, nats per observation.

    held_out: (m,) numbers, or Counts of a coin. -inf when one of them has probability 0. DataError when there are none.

    >>> from dgm import bayes
    >>> round(bayes.score(bayes.Bernoulli(0.5, 0.5), [1, 0, 1]), 4)
    -0.6931
    """
    require_kind(distribution, "distribution", _KINDS, "what predictive() or plug_in() returns")
    values, times = _held_out(held_out)
    each, total = distribution.log_prob(values), float(times.sum())
    if each.shape != values.shape:
        raise DataError("this distribution gives several numbers for one observation: score each by itself")
    if total == 0:
        raise DataError("there is nothing held out to score: keep at least one observation back")
    return float(torch.where(times > 0, each * times, 0.0).sum()) / total


def _held_out(data: Any) -> tuple[Tensor, Tensor]:
    """Held-out values (m,), and how often each was observed, (m,)."""
    if isinstance(data, Counts):
        return float64_tensor([1.0, 0.0]), float64_tensor(as_counts(data))
    values = as_vector(data, "held_out")
    return values, torch.ones_like(values)


def scores(answers: Predictives, held_out: Any) -> Scores:
    """The log scores of three predictives for the same held-out observations.

    held_out: (m,) numbers, or Counts of a coin. DataError when there are none.

    >>> from dgm import bayes
    >>> bayes.scores(bayes.predictives(bayes.BetaBernoulli(1, 1), [1, 1]), [0]).plug_in   # the MAP is p = 1
    -inf
    """
    require_kind(answers, "answers", Predictives, "what predictives() returns")
    plug_in = None if answers.plug_in is None else score(answers.plug_in, held_out)
    return Scores(score(answers.prior, held_out), score(answers.posterior, held_out), plug_in)


def outcome_probabilities(distribution: Distribution, outcomes: int) -> Tensor:
    """Probability of each outcome 0 .. outcomes - 1, (outcomes,).

    >>> from dgm import bayes
    >>> bayes.outcome_probabilities(bayes.BetaBernoulli(1, 3).predictive(), 2).tolist()
    [0.75, 0.25]
    """
    require_kind(distribution, "distribution", _KINDS, "what predictive() or plug_in() returns")
    return distribution.log_prob(torch.arange(as_integer(outcomes, "outcomes", 1, MOST_OUTCOMES))).exp()


def half_width(distribution: Any) -> float:
    """Half the width of the central interval of mass 68.3%: a normal's deviation, and finite for every Student's t.

    distribution: symmetric, of one number; in the unit of x.

    >>> from dgm import bayes
    >>> round(bayes.half_width(bayes.StudentT(0.0, 1.0, 1.0)), 3)   # Cauchy: the variance is infinite
    1.837
    """
    require_kind(distribution, "distribution", Normal | StudentT | Mixture, "a distribution of a number")
    if isinstance(distribution, StudentT):
        dof, scale = as_number(distribution.dof, "dof", above=0), as_number(distribution.scale, "scale", above=0)
        return scale * float(scipy.special.stdtrit(dof, scipy.special.ndtr(1.0)))
    return math.sqrt(as_number(distribution.variance, "the variance", 0, infinite=True))


def widening(prior: Belief, data: Any) -> float:
    """Half-width of the posterior predictive over the half-width of the MAP plug-in.

    prior: a belief about numbers; data: (n,). DataError when the data do not fit, ArgumentError for another belief.

    >>> from dgm import bayes
    >>> round(bayes.widening(bayes.NormalNormal(0, 4, 1), [1.0]), 3)   # sqrt((1 + 4/5) / 1)
    1.342
    """
    posterior, plug_in = _of_numbers(prior, data)
    return half_width(posterior) / half_width(plug_in)


def deviation_ratio(prior: Belief, data: Any, axis: str | None = None) -> float:
    """Standard deviation of the posterior predictive over that of the MAP plug-in.

    For a normal the same as `widening`; a Student's t has heavier tails, and an infinite deviation up to 2 degrees of
    freedom. prior: a belief about numbers; data: (n,); axis: where the MAP is taken, by default the model's own axis.
    DataError when the data do not fit, ArgumentError for another belief or axis.

    >>> from dgm import bayes
    >>> round(bayes.deviation_ratio(bayes.NormalInverseGamma(0, 1, 2, 3), []), 3)   # sqrt(6 / (3 / 3.5))
    2.646
    """
    posterior, plug_in = _of_numbers(prior, data, axis)
    return math.sqrt(float(posterior.variance)) / math.sqrt(float(plug_in.variance))


def _of_numbers(prior: Belief, data: Any, axis: str | None = None) -> tuple[Distribution, Distribution]:
    """Posterior predictive and plug-in of a belief about numbers, whose predictives have a width."""
    answers = predictives(prior, data, axis)
    if answers.plug_in is None or not isinstance(answers.plug_in, Normal):
        raise ArgumentError("prior has to be a belief about numbers, such as NormalNormal(0, 4, 1)")
    return answers.posterior, answers.plug_in
