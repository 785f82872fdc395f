"""Three routes to the log evidence ln p(X) that have to agree.

    closed form         the conjugate formula
    joint density       p(X) = integral of p(X | theta) p(theta) dtheta, evaluated for the whole data set
    chain rule          ln p(X) = sum_i ln p(x_i | x_1 .. x_i-1), one-step predictives (Dawid 1984)
Slides "Bayes theorem" and "Bayesian inference".
"""

from typing import Any, NamedTuple

from dgm.bayes.base import Belief, TooLargeError


class Routes(NamedTuple):
    """ln p(X) in nats, three times."""

    closed: float           # formula
    marginal: float | None  # theta integrated out of the joint density; None beyond its reach
    chain: float            # sum of one-step predictives


def routes(prior: Belief, data: Any) -> Routes:
    """The log evidence by closed form, by the joint density of X, and by the chain of one-step predictives.

    prior: any belief; data: its data, may be empty. `marginal` is None for more data than that route takes.
    DataError when the data do not fit.

    >>> from dgm import bayes
    >>> [round(value, 6) for value in bayes.routes(bayes.NormalNormal(0, 4, 1), [1.0, 2.0])]
    [-3.436489, -3.436489, -3.436489]
    """
    chain = 0.0
    for update in prior.updates(data):
        chain = update.log_evidence
    return Routes(prior.log_evidence(data), _marginal(prior, data), chain)


def _marginal(prior: Belief, data: Any) -> float | None:
    try:
        return prior.log_marginal(data)
    except TooLargeError:
        return None
