"""Three routes to the log evidence log p(X) that have to agree.

    closed form         the conjugate formula
    joint density       p(X) = integral of p(X | theta) p(theta) dtheta, evaluated for the whole data set
    chain rule          log p(X) = sum_i log p(x_i | x_1 .. x_i-1), one-step predictives (Dawid 1984)
Slides "Bayes theorem" and "Bayesian inference".
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from dgm.arguments import require_kind
from dgm.bayes.base import Belief, TooLargeError

ROUNDING = 1e-9   # relative difference up to which two log predictives are the same


class Routes(NamedTuple):
    """log p(X) in nats, three times."""

    closed: float           # formula
    marginal: float | None  # theta integrated out of the joint density; None beyond its reach
    chain: float | None     # sum of one-step predictives; None for Counts too large to go through one by one


def routes(prior: Belief, data: Any) -> Routes:
    """The log evidence by closed form, by the joint density of X, and by the chain of one-step predictives.

    prior: any belief; data: its data, may be empty. `marginal` and `chain` are None for more data than these routes
    take. DataError when the data do not fit.

    >>> from dgm import bayes
    >>> [round(value, 6) for value in bayes.routes(bayes.NormalNormal(0, 4, 1), [1.0, 2.0])]
    [-3.436489, -3.436489, -3.436489]
    """
    require_kind(prior, "prior", Belief, "a belief such as BetaBernoulli(2, 2)")
    return Routes(prior.log_evidence(data), _within_reach(prior.log_marginal, data), _within_reach(_chain(prior), data))


def _chain(prior: Belief) -> Callable[[Any], float]:
    """A function of data: the sum of one-step log predictives, nats."""
    def summed(data: Any) -> float:
        total = 0.0
        for update in prior.updates(data):
            total = update.log_evidence
        return total
    return summed


def _within_reach(route: Callable[[Any], float], data: Any) -> float | None:
    try:
        return route(data)
    except TooLargeError:
        return None


class Reversal(NamedTuple):
    """What the opposite order of the observations changes."""

    changed: int        # one-step predictives that differ from the one at the same place in the given order
    observations: int


def reversal(prior: Belief, data: Any) -> Reversal:
    """How many of the one-step predictives p(x_i | x_1 .. x_i-1) change when the observations come in reverse.

    prior: any belief; data: its data. Their product, the evidence, does not change. DataError when the data do not
    fit, TooLargeError for Counts too large to go through one by one.

    >>> from dgm import bayes
    >>> bayes.reversal(bayes.BetaBernoulli(2, 2), [1, 1, 0])   # 0.5, 0.6, 0.33 against 0.5, 0.4, 0.5
    Reversal(changed=2, observations=3)
    """
    require_kind(prior, "prior", Belief, "a belief such as BetaBernoulli(2, 2)")
    each = prior.observations(data)
    forward, backward = _predictives(prior, each), _predictives(prior, each[::-1])
    same = [math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
            for one, other in zip(forward, backward, strict=True)]
    return Reversal(len(same) - sum(same), len(same))


def _predictives(belief: Belief, each: list[Any]) -> list[float]:
    """The one-step log predictives of observations in this order, nats."""
    found = []
    for observation in each:
        found.append(belief.log_predictive_of(observation))
        belief = belief.posterior(observation)
    return found
