"""What every model offers: a belief about theta that observations update to another belief of the same class.

    posterior     p(theta | X) = p(X | theta) p(theta) / p(X)
    evidence      p(X) = integral of p(X | theta) p(theta) dtheta
    predictive    p(x | X) = integral of p(x | theta) p(theta | X) dtheta
A prior and a posterior have the same methods, so one class is both: `prior.posterior(data)` is the next prior.
Slides "Bayes theorem" and "Bayesian inference".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_number, as_tensor, as_vector
from dgm.errors import DataError, DgmError

MAX_JOINT = 2000  # observations up to which the joint density is offered


class NoMaximumError(DgmError):
    """A maximum that does not exist or is not unique; the message gives the reason and a remedy."""


class TooLargeError(DgmError):
    """More observations, or fewer digits, than a second route to the evidence takes: the closed form remains."""


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
    log_predictive: float   # log p(x_n | x_1 .. x_n-1), nats
    log_evidence: float     # log p(x_1 .. x_n), nats: the sum so far


class Belief(ABC):
    """p(theta), prior or posterior. No method changes it; scalars are floats, arrays float64, logarithms nats.

    axes: names of the coordinates phi(theta) over which `map` can take the density; the first is the model's own.
    Each class says what its data are: lists, arrays, tensors and pandas columns mean the same. All methods take an
    empty data set and raise DataError for one that does not fit, ArgumentError for any other argument.

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
        """log p(X) in closed form, nats for the whole data set, in the order given."""

    @abstractmethod
    def log_marginal(self, data: Any) -> float:
        """log p(X), nats, from the joint density of X with theta integrated out; TooLargeError beyond its reach."""

    @abstractmethod
    def predictive(self) -> Any:
        """p(x) = integral of p(x | theta) p(theta) dtheta under this belief: a Distribution."""

    @abstractmethod
    def plug_in(self, theta: Any) -> Any:
        """p(x | theta) at one theta: the predictive when a point replaces the belief; a Distribution."""

    @abstractmethod
    def map(self, axis: str | None = None) -> Any:
        """argmax of the density over `axis` (one of `axes`, by default the first), given as theta.

        NoMaximumError where it does not exist or is not unique, ArgumentError for another axis.
        """

    @abstractmethod
    def mle(self, data: Any) -> Any:
        """argmax over theta of p(X | theta), whatever this belief is; NoMaximumError where it is not one point."""

    def prior_predictive(self) -> Any:
        """p(x) before any data: the predictive of this belief, read as a prior (slide "Note the difference from")."""
        return self.predictive()

    def observations(self, data: Any) -> list[Any]:
        """The data set cut into data sets of one observation each."""
        x = as_vector(data, "data")
        return [x[i:i + 1] for i in range(len(x))]

    def log_predictive_of(self, observation: Any) -> float:
        """log p(x) under `predictive()`, nats. observation: a data set of one, DataError for another number."""
        return self._log_predictive(self._only(observation))

    def _log_predictive(self, one: Any) -> float:
        """`log_predictive_of` an element of `observations`."""
        return float(self.predictive().log_prob(one))

    def _only(self, observation: Any) -> Any:
        """The one observation of a data set of one; DataError for another number."""
        each = self.observations(observation)
        if len(each) != 1:
            raise DataError(f"one observation is needed, got {len(each)}: use log_evidence for a data set")
        return each[0]

    def updates(self, data: Any) -> Iterator[Update]:
        """Update by one observation after another; the last `log_evidence` equals `log_evidence(data)`.

        Raises as `observations`, at once.

        >>> from dgm import bayes
        >>> [round(update.log_evidence, 3) for update in bayes.BetaBernoulli(1, 1).updates([1, 1])]   # log 1/2, log 1/3
        [-0.693, -1.099]
        """
        return self._updates(self.observations(data))

    def _updates(self, observations: list[Any]) -> Iterator[Update]:
        belief, total = self, 0.0
        for n, observation in enumerate(observations, start=1):
            log_predictive = belief._log_predictive(observation)
            belief, total = belief.posterior(observation), total + log_predictive
            yield Update(n, belief, log_predictive, total)

    def checked_axis(self, name: str | None) -> str:
        """`name`, or the model's own axis for None; ArgumentError with the choices for an unknown one."""
        return self.axes[0] if name is None else as_choice(name, "axis", self.axes)


# Borders ------------------------------------------------------------------------------------------------------------


def float64_tensor(x: Any) -> Tensor:
    """Numbers that are trusted as float64, unchecked."""
    return torch.as_tensor(x, dtype=torch.float64)


def as_places(x: Any, name: str = "theta") -> Tensor:
    """Points at which a density is taken, any shape: infinite ones are allowed, DataError for NaN.

    >>> as_places([0, 1]).tolist()
    [0.0, 1.0]
    """
    points = as_tensor(x, name, finite=False)
    if bool(torch.isnan(points).any()):
        raise DataError(f"{name} holds a missing value (NaN): remove it")
    return points


def as_levels(level: Any) -> Tensor:
    """Levels of quantiles, (n,) in [0, 1]; DataError for others.

    >>> as_levels(0.5).tolist()
    [0.5]
    """
    levels = as_vector(level, "level")
    require_each((levels >= 0) & (levels <= 1), levels, "level", "a share of the mass is from 0 to 1")
    return levels


def set_numbers(belief: Any, *names: str, above: float | None = None, high: float | None = None) -> None:
    """Makes the attributes `names` of a frozen belief finite floats in their range, else ArgumentError."""
    for name in names:
        object.__setattr__(belief, name, as_number(getattr(belief, name), name, above=above, high=high))


def require_each(valid: Tensor, x: Tensor, name: str, rule: str) -> None:
    """DataError that names the first of x (n,) where `valid` (n,) is False, and the rule it breaks."""
    bad = (~valid).nonzero()
    if len(bad):
        place = int(bad[0])
        raise DataError(f"{name} {place + 1} is {float(x[place]):g}: {rule}")


def require_joint(n: int) -> None:
    """TooLargeError when n observations are more than the joint density is offered for."""
    if n > MAX_JOINT:
        raise TooLargeError(f"the joint density is offered up to {MAX_JOINT} observations: use log_evidence")
