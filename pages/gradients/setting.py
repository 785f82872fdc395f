"""The lesson's setting: f and q as one frozen value, by which results are cached."""

from dataclasses import dataclass, replace

from dgm.gradients import COSTS, FORMULAS, Cost, Gaussian, formula, sampled_bound
from pages.gradients.state import FALLBACK, SAMPLED, TYPED

LATEX = {"mu": r"\mu", "sigma": r"\sigma"}      # of the parameters of q
COLUMNS = {"mu": 0, "sigma": -1}                # of a gradient: d/dmu_1 .. d/dmu_D, d/dsigma
MAXIMISED = ("log-likelihood", "logistic", SAMPLED)   # kinds of f


@dataclass(frozen=True)
class Setting:
    """f by its kind and constants, and q by its parameters: what decides all exact numbers."""

    kind: str = "quadratic"
    k: float = 2.0
    b: float = 0.0           # of the general quadratic
    text: str = FALLBACK     # of a typed formula
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
        constant = f"{self.offset:+g}" if self.offset else ""
        if self.kind == TYPED:
            return f"$f(x) =$ `{self.text}{constant}`"
        body = {SAMPLED: r"\log\frac{p(x,z)}{q(z)}", **FORMULAS}[self.kind]
        return f"$f = {body}{constant}$"

    @property
    def maximised(self) -> bool:
        """Whether the best q has the largest mean of f, not the smallest."""
        return self.kind in MAXIMISED

    @property
    def with_analytic_kl(self) -> "Setting":
        """The sampled bound as its log-likelihood, whose KL is added exactly; other costs as they are."""
        return replace(self, kind="log-likelihood") if self.kind == SAMPLED else self

    def plus(self, constant: float) -> "Setting":
        """The setting with a constant added to f."""
        return replace(self, offset=self.offset + constant)
