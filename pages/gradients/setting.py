"""The lesson's setting: f and q as one frozen value, by which results are cached."""

import re
from dataclasses import dataclass, replace

from dgm.gradients import COSTS, Cost, Gaussian, formula, sampled_bound
from pages.gradients import notation
from pages.gradients.state import FALLBACK, SAMPLED, TYPED
from ui.figures.written import written

COLUMNS = {"mu": 0, "sigma": -1}                # of a gradient: d/dmu_1 .. d/dmu_D, d/dsigma
MAXIMISED = ("log-likelihood", "logistic", SAMPLED)   # kinds of f


def with_x(text: str) -> str:
    """A formula in z, as a visitor types it, in the x that `dgm.gradients.formula` reads.

    >>> with_x("exp(-z**2)")
    'exp(-x**2)'
    """
    return re.sub(r"\bz\b", "x", text)


def with_z(text: str) -> str:
    """A formula of `dgm.gradients.formula`, or a sentence about it, with z for x.

    >>> with_z("exp(-x**2)")
    'exp(-z**2)'
    """
    return re.sub(r"\bx\b", "z", text)


def in_letters(error: Exception | str) -> str:
    """A message of `dgm.gradients` on f, with the page's letters and minus; one on a typed text quotes it unchanged.

    >>> in_letters("the cost has no value near x = -0.25: choose mu and sigma inside its domain")
    'this f has no value near z = −0.25: choose μ and σ inside its domain'
    """
    text = with_z(str(error))
    if not text.startswith("the cost "):
        return text
    for ours, shown in ((r"^the cost\b", "this f"), (r"\bmu\b", "μ"), (r"\bsigma\b", "σ")):
        text = re.sub(ours, shown, text)
    return re.sub(r"(?<== )-?[\d.]+(e[+-]\d+)?", lambda number: written(float(number[0])), text)


@dataclass(frozen=True)
class Setting:
    """f by its kind and constants, and q by its parameters: what decides all exact numbers."""

    kind: str = "quadratic"
    k: float = 2.0
    b: float = 0.0           # of the general quadratic
    text: str = FALLBACK     # of a typed formula, in x
    offset: float = 0.0
    mu: float = 0.0
    sigma: float = 0.5
    dims: int = 1

    @property
    def q(self) -> Gaussian:
        """q of all coordinates: mu is a number where there is one."""
        return Gaussian([self.mu] * self.dims if self.dims > 1 else self.mu, self.sigma)

    @property
    def q_of_coordinate(self) -> Gaussian:
        """q of each coordinate."""
        return Gaussian(self.mu, self.sigma)

    def cost_at(self, k: float) -> Cost:
        """f with another constant k, without the offset."""
        if self.kind == TYPED:
            return formula(self.text)
        if self.kind == SAMPLED:
            return sampled_bound(k, self.mu, self.sigma)
        return COSTS[self.kind](k, self.b) if self.kind == "general quadratic" else COSTS[self.kind](k)

    @property
    def cost(self) -> Cost:
        """f, summed over the coordinates."""
        return self.cost_at(self.k).plus(self.offset)

    @property
    def formula(self) -> str:
        """f as it is written, in markdown."""
        if self.kind == TYPED:
            return f"$f(z) =$ `{with_z(self.text)}{f' {self.offset:+g}' if self.offset else ''}`"
        return f"$f(z) = {notation.cost(self.kind, self.k, self.b, self.offset)}$"

    @property
    def maximised(self) -> bool:
        """Whether the best q has the largest mean of f, not the smallest."""
        return self.kind in MAXIMISED

    @property
    def kl_weight(self) -> float:
        """Of the exact KL in the objective of a descent: 0 for the sampled bound, which contains it in f."""
        return 0.0 if self.kind == SAMPLED else 1.0

    @property
    def narrower(self) -> "Setting":
        """The setting with half of sigma."""
        return replace(self, sigma=self.sigma / 2)

    def plus(self, constant: float) -> "Setting":
        """The setting with a constant added to f."""
        return replace(self, offset=self.offset + constant)

    def added(self, constant: float) -> str:
        """What `plus` adds, in words."""
        return f"another {constant:g}" if self.offset else f"{constant:g}"
