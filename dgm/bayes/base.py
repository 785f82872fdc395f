"""What every model offers: a belief about theta that observations update to another belief of the same class.

    posterior     p(theta | X) = p(X | theta) p(theta) / p(X)
    evidence      p(X) = integral of p(X | theta) p(theta) dtheta
    predictive    p(x | X) = integral of p(x | theta) p(theta | X) dtheta
A prior and a posterior have the same methods, so one class is both: `prior.posterior(data)` is the next prior.
Slides "Bayes theorem" and "Bayesian inference".
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from dgm.errors import DataError, DgmError

MAX_JOINT = 2000  # observations up to which the joint density is offered: its covariance is n by n


class NoMaximumError(DgmError):
    """A maximum that does not exist or is not unique; the message gives the reason and a remedy."""


class TooLargeError(DgmError):
    """More observations than a second route to the evidence takes: the closed form remains."""


class Distribution(Protocol):
    """What `predictive()` and `plug_in()` return, named as in torch.distributions; log_prob is in nats."""

    @property
    def mean(self) -> Tensor: ...
    @property
    def variance(self) -> Tensor: ...
    def log_prob(self, x: Any, /) -> Tensor: ...


class Update(NamedTuple):
    """The state after n observations: one factor of the chain rule p(X) = product of p(x_i | x_1 .. x_i-1)."""

    n: int                  # observations so far
    belief: "Belief"        # p(theta | x_1 .. x_n)
    log_predictive: float   # ln p(x_n | x_1 .. x_n-1), nats
    log_evidence: float     # ln p(x_1 .. x_n), nats: the sum so far


class Belief(ABC):
    """p(theta), prior or posterior. No method changes it; scalars are floats, arrays float64, logarithms nats.

    axes: names of the coordinates phi(theta) over which `map` can take the density; the first is the model's own.
    Each class says what its data are. All methods take an empty data set and raise DataError for one that does not fit.

    >>> from dgm import bayes
    >>> prior = bayes.BetaBernoulli(2, 2)
    >>> prior.posterior([1, 1]).posterior([0]) == prior.posterior([1, 1, 0])
    True
    """

    axes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def posterior(self, data: Any) -> Self:
        """p(theta | X), a belief of the same class."""

    @abstractmethod
    def log_evidence(self, data: Any) -> float:
        """ln p(X) in closed form, nats for the whole data set, in the order given."""

    @abstractmethod
    def log_marginal(self, data: Any) -> float:
        """ln p(X), nats, from the joint density of X with theta integrated out; TooLargeError beyond its reach."""

    @abstractmethod
    def predictive(self) -> Any:
        """p(x) = integral of p(x | theta) p(theta) dtheta under this belief: a Distribution."""

    @abstractmethod
    def plug_in(self, theta: Any) -> Any:
        """p(x | theta) at one theta: the predictive when a point replaces the belief; a Distribution."""

    @abstractmethod
    def map(self, axis: str | None = None) -> Any:
        """argmax of the density over `axis` (one of `axes`, by default the first), given as theta.

        NoMaximumError where it does not exist or is not unique, ValueError for another axis.
        """

    @abstractmethod
    def mle(self, data: Any) -> Any:
        """argmax over theta of p(X | theta), whatever this belief is; NoMaximumError where it is not one point."""

    def prior_predictive(self) -> Any:
        """p(x) before any data: the predictive of this belief, read as a prior (slide "Note the difference from")."""
        return self.predictive()

    def observations(self, data: Any) -> list[Any]:
        """The data set cut into data sets of one observation each."""
        x = as_column(data)
        return [x[i:i + 1] for i in range(len(x))]

    def log_predictive_of(self, observation: Any) -> float:
        """ln p(x) under `predictive()`, nats. observation: a data set of one."""
        return float(self.predictive().log_prob(observation))

    def updates(self, data: Any) -> Iterator[Update]:
        """Update by one observation after another; the last `log_evidence` equals `log_evidence(data)`.

        >>> from dgm import bayes
        >>> [round(update.log_evidence, 3) for update in bayes.BetaBernoulli(1, 1).updates([1, 1])]   # ln 1/2, ln 1/3
        [-0.693, -1.099]
        """
        belief, total = self, 0.0
        for n, observation in enumerate(self.observations(data), start=1):
            log_predictive = belief.log_predictive_of(observation)
            belief, total = belief.posterior(observation), total + log_predictive
            yield Update(n, belief, log_predictive, total)

    def checked_axis(self, name: str | None) -> str:
        """`name`, or the model's own axis for None; ValueError with the choices for an unknown one."""
        if name is None:
            return self.axes[0]
        if name not in self.axes:
            raise ValueError(f"unknown axis {name!r}: choose one of {', '.join(self.axes)}")
        return name


# Borders: what comes from a caller becomes float64 tensors here, once ------------------------------------------------


def float64_tensor(x: Any) -> Tensor:
    """Any array-like as float64, unchecked: a theta at the edge of its range is allowed."""
    return torch.as_tensor(x, dtype=torch.float64)


def as_float64(data: Any) -> Tensor:
    """Any array-like as float64, in its own shape; DataError names the first entry that is not a finite number."""
    x = float64_tensor(data)
    bad = (~torch.isfinite(x)).nonzero()
    if len(bad):
        place = int(bad[0, 0]) if x.ndim else 0
        raise DataError(f"observation {place + 1} is not a finite number: remove or correct it")
    return x


def as_column(data: Any) -> Tensor:
    """Observations of one number each, (n,) float64; DataError for several columns or a number that is not finite."""
    x = as_float64(data)
    if x.ndim > 1 and x.numel() != len(x):
        raise DataError(f"one number per observation is needed, got shape {tuple(x.shape)}: choose one column")
    return x.reshape(-1)


def require_each(valid: Tensor, x: Tensor, name: str, rule: str) -> None:
    """DataError that names the first of x (n,) where `valid` (n,) is False, and the rule it breaks."""
    bad = (~valid).nonzero()
    if len(bad):
        place = int(bad[0])
        raise DataError(f"{name} {place + 1} is {float(x[place]):g}: {rule}")


def require_positive(**numbers: float) -> None:
    """ValueError that names the first of `numbers` that is not positive and finite."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise ValueError(f"{name} must be a positive finite number, got {number!r}")


def require_finite(**numbers: float) -> None:
    """ValueError that names the first of `numbers` that is not finite."""
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise ValueError(f"{name} must be a finite number, got {number!r}")


def require_joint(n: int) -> None:
    """TooLargeError when the joint density of n observations would need too large a matrix."""
    if n > MAX_JOINT:
        raise TooLargeError(f"the joint density is offered up to {MAX_JOINT} observations: use log_evidence")
