"""The gradient lab's setting, and the exact numbers that follow from it, cached by one frozen object."""

from dataclasses import dataclass, replace
from math import inf, nan

from dgm import gradients
from dgm.gradients import COSTS, ESTIMATORS, FORMULAS, Cost, Gaussian, formula, sampled_bound
from pages.gradients.state import FALLBACK, SAMPLED, TYPED
from ui import cache

LATEX = {"mu": r"\mu", "sigma": r"\sigma"}
ABOUT = {name: estimator.description for name, estimator in ESTIMATORS.items()}


@dataclass(frozen=True)
class Lab:
    """Everything that decides exact numbers: f, q, and the parameter whose gradient is estimated."""

    kind: str = "quadratic"
    k: float = 2.0
    b: float = 0.0
    text: str = FALLBACK
    offset: float = 0.0
    mu: float = 0.0
    sigma: float = 0.5
    dims: int = 1
    parameter: str = "mu"

    @property
    def column(self) -> int:
        """The parameter's column of a gradient."""
        return 0 if self.parameter == "mu" else -1

    @property
    def q(self) -> Gaussian:
        return Gaussian([self.mu] * self.dims if self.dims > 1 else self.mu, self.sigma)

    def make(self, k: float) -> Cost:
        """The cost with another constant k, without the offset."""
        if self.kind == TYPED:
            return formula(self.text)
        if self.kind == SAMPLED:
            return sampled_bound(k, self.mu, self.sigma)
        return COSTS[self.kind](k, self.b) if self.kind == "general quadratic" else COSTS[self.kind](k)

    @property
    def cost(self) -> Cost:
        return self.make(self.k).plus(self.offset)

    @property
    def spelled(self) -> str:
        """f as it is written, in markdown."""
        more = f"{self.offset:+g}" if self.offset else ""
        if self.kind == TYPED:
            return f"$f(x) =$ `{self.text}{more}`"
        body = {SAMPLED: r"\log\frac{p(x,z)}{q(z)}", **FORMULAS}[self.kind]
        return f"$f = {body}{more}$"


@cache.copied(entries=256)
def moments(lab: Lab, name: str) -> tuple[float, float]:
    """Exact mean and variance of one sample's gradient in the chosen parameter."""
    samples = 1000 if ESTIMATORS[name].sequential else 1     # those look at other samples: as one of many
    law = gradients.exact(name, lab.cost, lab.q, samples)
    return float(law.mean[lab.column]), float(law.variance[lab.column]) * samples


def mean(lab: Lab, name: str) -> float:
    return moments(lab, name)[0]


def variance(lab: Lab, name: str) -> float:
    return moments(lab, name)[1]


def deviations(lab: Lab, names: tuple[str, ...]) -> dict[str, float]:
    """Exact standard deviations of one sample's gradient."""
    return {name: variance(lab, name) ** 0.5 for name in names}


def ratio(lab: Lab, left: str, right: str) -> float:
    """How many times larger the left estimator's variance is; nan when both are infinite, or both zero."""
    one, other = variance(lab, left), variance(lab, right)
    if other == 0 or one == other == inf:
        return inf if one > other else nan
    return one / other


def raised(lab: Lab, constant: float) -> Lab:
    """The same setting with a constant added to f."""
    return replace(lab, offset=lab.offset + constant)


def latex(x: float) -> str:
    """A number inside a formula."""
    if x == inf:
        return r"\infty"
    if abs(x) < 1e-14:
        return "0"
    return f"{x:,.0f}".replace(",", "{,}") if 1e4 <= abs(x) < 1e7 else f"{x:.4g}"
