"""The gradient lab's controls, and the numbers that its page shows, cached by one frozen setting."""

from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite, nan

import numpy as np
import streamlit as st

from dgm import gradients, gradients_sweep, gradients_terms
from dgm.gradients import ESTIMATORS, Cost, Gaussian
from dgm.gradients_costs import COSTS, FORMULAS, sampled_bound
from dgm.gradients_formula import formula
from dgm.ui import controls

TYPED, SAMPLED = "formula", "sampled bound"
KINDS = (*COSTS, SAMPLED, TYPED)
PARAMETERS = ("mu", "sigma")
LATEX = {"mu": r"\mu", "sigma": r"\sigma"}
LEFT = [name for name in ESTIMATORS if name.startswith("log")]
RIGHT = [name for name in ESTIMATORS if not name.startswith("log")]
REPEATS, PATH = 10, 2_000      # running means: repeats, and samples of each
SETS = {"The two": (LEFT[0], RIGHT[0]), "Baselines": (*LEFT[:-1], RIGHT[0]),
        "All": tuple(ESTIMATORS)}
RANGES = {"sigma": (0.03, 3.0), "mu": (-3.0, 3.0), "k": (0.1, 20.0), "dimension": (1.0, 64.0), "samples": (1.0, 256.0)}
FALLBACK = "(x - 1)**2"


@dataclass(frozen=True)
class Lab:
    """Everything that decides the numbers of the page's first half."""

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
    def latex(self) -> str:
        """f as it is written."""
        body = {TYPED: r"f(x)", SAMPLED: r"\log\frac{p(x,z)}{q(z)}", **FORMULAS}[self.kind]
        return body + (f"{self.offset:+g}" if self.offset else "")


def settings() -> Lab:
    """The controls, as one setting whose exact moments are known to exist."""
    first, second, third = st.columns(3)
    with first:
        kind = controls.choice("Cost $f$", "cost", KINDS, many=True,
                               help="sampled bound: log p(x, z) - log q(z), nothing analytic.")
        text = FALLBACK
        if kind == TYPED:
            text = controls.text("$f(x) =$", "text", FALLBACK, help="x, pi, e, + - * / ** and functions such as exp, "
                                 "cos, log, abs, step, in Python's notation.")
        k = controls.slider(_what_k_is(kind), "k", 0.1, 20.0, 2.0, step=0.1, disabled=kind == TYPED)
        b = controls.slider("$b$", "b", -5.0, 5.0, 0.0, step=0.1) if kind == "general quadratic" else 0.0
    with second:
        mu = controls.slider(r"$\mu$", "mu", -3.0, 3.0, 0.0, step=0.05)
        sigma = controls.slider(r"$\sigma$", "sigma", 0.02, 3.0, 0.5, step=0.01)
    with third:
        offset = controls.slider("Constant added to $f$", "offset", -50.0, 50.0, 0.0, step=1.0)
        dims = controls.slider("Dimension $D$ of $z$", "dims", 1, 64, 1,
                               help="f is summed over the coordinates; all have the same mean.")
    parameter = controls.choice("Gradient in", "parameter", PARAMETERS)
    return usable(Lab(kind, k, b, text, offset, mu, sigma, dims, parameter))


def usable(lab: Lab) -> Lab:
    """The setting, or the fallback formula and a sentence when the typed one has no value here."""
    if lab.kind != TYPED:
        return lab
    try:
        variance(lab, LEFT[0])
    except ValueError as error:
        reason = str(error)
        st.error(f"{reason[:1].upper()}{reason[1:].removesuffix('.')}. Showing {FALLBACK} meanwhile.",
                 icon=":material/error:")
        return replace(lab, text=FALLBACK)
    return lab


def _what_k_is(kind: str) -> str:
    return {"quadratic": "$k$, the minimum", "cosine": "$k$, the frequency", "sine": "$k$, the frequency",
            "exponential": "$k$, the narrowness", "general quadratic": "$a$", "logistic": "$k$, the weight",
            "log-likelihood": "observed $x$", SAMPLED: "observed $x$"}.get(kind, "$k$")


@st.cache_data(max_entries=256, show_spinner=False)
def moments(lab: Lab, name: str) -> tuple[float, float]:
    """Exact mean and variance of one sample's gradient in the chosen parameter."""
    samples = 1000 if name in gradients.SEQUENTIAL else 1     # those look at other samples: as one of many
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


def standing(lab: Lab) -> str:
    """Where the challenge stands, in numbers."""
    plain = ratio(lab, LEFT[0], RIGHT[0])
    if not isfinite(plain):
        return "here the variances have no ratio."
    return f"the log-derivative has {plain:.3g} times the variance of reparametrization now."


def latex(x: float) -> str:
    """A number inside a formula."""
    if x == inf:
        return r"\infty"
    if abs(x) < 1e-14:
        return "0"
    return f"{x:,.0f}".replace(",", "{,}") if 1e4 <= abs(x) < 1e7 else f"{x:.4g}"


@st.cache_data(max_entries=32, show_spinner=False)
def singles(lab: Lab, names: tuple[str, ...], samples: int, seed: int) -> dict[str, np.ndarray]:
    """Single-sample gradients of every estimator from the same noise."""
    return _drawn(lab, names, samples, seed)


def _drawn(lab: Lab, names: tuple[str, ...], samples: int, seed: int) -> dict[str, np.ndarray]:
    eps = gradients.noise(samples, seed, lab.dims if lab.dims > 1 else 0)
    return {name: ESTIMATORS[name](lab.cost, lab.q, eps)[:, lab.column].numpy() for name in names}


@st.cache_data(max_entries=16, show_spinner=False)
def paths(lab: Lab, names: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    """|running mean - exact gradient| of REPEATS paths of PATH samples."""
    count, truth = np.arange(1, length(lab) + 1), mean(lab, LEFT[0])
    drawn = [_drawn(lab, names, length(lab), seed * 1000 + 1 + repeat) for repeat in range(REPEATS)]
    return {name: np.abs(np.cumsum(np.stack([rows[name] for rows in drawn]), 1) / count - truth) for name in names}


def length(lab: Lab) -> int:
    """Samples of a running mean: fewer where each has many coordinates."""
    return max(200, PATH // lab.dims)


@st.cache_data(max_entries=16, show_spinner=False)
def anatomy(lab: Lab) -> gradients_terms.Anatomy:
    """The terms of the log-derivative gradient, in one dimension."""
    return gradients_terms.anatomy(lab.cost, Gaussian(lab.mu, lab.sigma), lab.parameter)


def plan(lab: Lab, axis: str, samples: int = 1) -> gradients_sweep.Plan:
    """The sweep of the page along `axis`: fewer points where each is a quadrature."""
    low, high = RANGES[axis]
    points = 24 if lab.cost.table else 14
    spaced = np.linspace if axis == "mu" else np.geomspace
    values = spaced(low, high, points)
    if axis in ("dimension", "samples"):
        values = np.unique(np.round(values))
    return gradients_sweep.Plan(axis, tuple(values.tolist()), partial(_made, lab), lab.k, Gaussian(lab.mu, lab.sigma),
                                lab.dims, samples, lab.offset)


def _made(lab: Lab, k: float) -> Cost:
    return lab.make(k)


@st.cache_data(max_entries=16, show_spinner=False)
def sweep(lab: Lab, axis: str, names: tuple[str, ...], samples: int, seed: int,
          draws: int = 10_000) -> tuple[gradients_sweep.Sweep, list[gradients_sweep.Crossing]]:
    """The sweep and where the first and the last of `names` cross."""
    along = plan(lab, axis, samples)
    return gradients_sweep.sweep(along, names, draws, seed), gradients_sweep.crossings(along, LEFT[0], RIGHT[0])


@st.cache_data(max_entries=16, show_spinner=False)
def losing_frequency(mu: float, sigma: float, parameter: str) -> float:
    """The k from which reparametrization of cos(k x) is the noisier one for good; nan when there is none below 100."""
    along = gradients_sweep.Plan("k", tuple(np.geomspace(0.05, 100.0, 80).tolist()), COSTS["cosine"], 1.0,
                                 Gaussian(mu, sigma))
    marks = [m.at for m in gradients_sweep.crossings(along, LEFT[0], RIGHT[0]) if m.parameter == parameter]
    return max(marks, default=float("nan"))


@st.cache_data(max_entries=16, show_spinner=False)
def prices(lab: Lab, names: tuple[str, ...]) -> list[gradients_sweep.Price]:
    """Variance per evaluation and per second, in one dimension."""
    return gradients_sweep.prices(lab.cost, Gaussian(lab.mu, lab.sigma), names, 20_000)


def raised(lab: Lab, constant: float) -> Lab:
    """The same setting with a constant added to f."""
    return replace(lab, offset=lab.offset + constant)


def moved_by(lab: Lab, constant: float) -> str:
    """Whose variance a constant changes, as an answer."""
    moved = [abs(variance(raised(lab, constant), name) - variance(lab, name)) > 1e-6 * (1 + variance(lab, name))
             for name in (LEFT[0], RIGHT[0])]
    return {(True, True): "both", (True, False): "only the log-derivative's", (False, True): "only reparametrization's",
            (False, False): "neither"}[moved[0], moved[1]]


def as_code(lab: Lab) -> str:
    """A script that prints the page's exact numbers."""
    made = {TYPED: f"formula({lab.text!r})", SAMPLED: f"sampled_bound({lab.k}, {lab.mu}, {lab.sigma})",
            "general quadratic": f'gradients.COSTS["general quadratic"]({lab.k}, {lab.b})'}
    cost = made.get(lab.kind, f'gradients.COSTS["{lab.kind}"]({lab.k})')
    source = {TYPED: "from dgm.gradients_formula import formula\n",
              SAMPLED: "from dgm.gradients_costs import sampled_bound\n"}.get(lab.kind, "")
    return (f"from dgm import gradients\n{source}"
            f"cost = {cost}.plus({lab.offset})\n"
            f"q = gradients.Gaussian({lab.q.mu}, {lab.sigma})\n"
            f"one, other = (gradients.exact(name, cost, q) for name in ({LEFT[0]!r}, {RIGHT[0]!r}))\n"
            f'numbers = {{"gradient": float(one.mean[{lab.column}]), '
            f'"log-derivative": float(one.variance[{lab.column}]),\n'
            f'           "reparametrization": float(other.variance[{lab.column}])}}\n')
