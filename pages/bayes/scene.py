"""What the first three parts are about: a model with a prior, observations, and held-out observations."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from dgm import bayes

MAX_LISTED = 60   # observations that are shown one by one


@dataclass(frozen=True)
class Scene:
    """A model, its prior and its data, as the controls give them."""

    model: str                       # its name in the menu
    prior: Any                       # a bayes.Belief
    prior_code: str                  # the prior as Python, with `bayes` imported
    data: Tensor | bayes.Counts      # (N,) in their order; Counts where they are too many for that
    held_out: Tensor                 # (M,), empty where nothing is scored
    symbol: str                      # theta's name on an axis
    outcomes: tuple[str, ...] = ()   # names of the next observation's values, where they can be counted
    quantity: str = ""               # what is observed, or its unit, where it is a number

    @property
    def size(self) -> int:
        """Number of observations."""
        return int(sum(self.data)) if isinstance(self.data, bayes.Counts) else len(self.data)

    @property
    def ordered(self) -> bool:
        """Whether the observations are stored one by one, in their order."""
        return not isinstance(self.data, bayes.Counts)

    @property
    def data_code(self) -> str:
        """The observations as Python."""
        return f"bayes.{self.data!r}" if isinstance(self.data, bayes.Counts) else repr(self.data.tolist())

    @property
    def about(self) -> str:
        """What a prediction is made for: model, prior and data."""
        return f"{self.model}: {self.prior_code}, {self.data_code}"

    def outcome_probabilities(self, answers: bayes.Predictives) -> list[Tensor | None]:
        """Of each of the three predictives the probability of each outcome, (K,); None where there is no MAP."""
        return [None if answer is None else bayes.outcome_probabilities(answer, len(self.outcomes))
                for answer in answers]
