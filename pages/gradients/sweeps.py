"""Part three of the gradient lab: the variances along one setting, where they cross, and what a sample costs."""

from functools import partial

import numpy as np
import streamlit as st

from dgm.gradients import COSTS, Cost, Gaussian, sweeps
from pages.gradients import script as gradients_code
from pages.gradients.figures import runs
from pages.gradients.figures import variance as figures
from pages.gradients.figures.variance import short
from pages.gradients.lab import ABOUT, LATEX, Lab
from pages.gradients.settings import situation
from pages.gradients.state import LEFT, RANGES, RIGHT, SAMPLED, SETS
from ui import cache, controls, page, question, source_code
from ui.messages import show_error


def part() -> None:
    """Where each estimator wins, and at what price."""
    lab, seed, _ = situation(dims=True)
    page.heading("Where does each win? Sweeps on exact curves")
    if lab.kind == SAMPLED:
        st.info("The sampled bound changes with q: choose another cost to sweep.", icon=":material/info:")
        gradients_code.show_exact(lab)
        return
    first, second, third = st.columns(3)
    with first:
        axis = controls.draw("axis")
    with second:
        names = SETS[controls.draw("set")]
    with third:
        batch = controls.draw("K")
    try:
        ends = at_ends(lab, axis, batch)
        if _ask_losing(lab):
            _sweep(lab, axis, names, batch, seed)
    except ValueError as error:
        show_error(error, "There is no sweep over places where f has no value.")
        ends = None
    page.section(lambda: _prices(lab))
    if ends is None:
        gradients_code.show_exact(lab)
    else:
        _code(lab, axis, batch, ends)


def _ask_losing(lab: Lab) -> bool:
    return question.number(
        "losing", rf"For $f = \cos kx$ with this $\mu$ and $\sigma$: from which frequency $k$ on is reparametrization "
        rf"the noisier estimate of the gradient in ${LATEX[lab.parameter]}$?",
        truth=lambda: losing_frequency(lab.mu, lab.sigma, lab.parameter),
        why=lambda k: f"At k = {short(k)} the exact curves cross. The slope of a wave grows with k, its height does "
        "not: reparametrization's variance grows as k²/2, the log-derivative's stays bounded.",
        low=0.1, high=20.0, start=5.0, step=0.1)


def _sweep(lab: Lab, axis: str, names: tuple[str, ...], batch: int, seed: int) -> None:
    swept, marks = sweep(lab, axis, names, batch, seed)
    page.figure(figures.sweep(swept, lab.parameter, marks, page.palette()), key="sweep",
                  alt=figures.sweep_alt(swept, lab.parameter, marks))
    st.caption("Lines are exact. Dots are sampled, with two standard errors. Rings are computed crossings of the plain "
               "log-derivative with reparametrization.")
    with st.expander("What the names mean", icon=":material/help:"):
        st.markdown("\n".join(f"- **{name}**: {ABOUT[name]}." for name in names))


def _prices(lab: Lab) -> None:
    page.heading("What does a sample cost?")
    per = controls.draw("per")
    priced = prices(lab, SETS["All"])
    page.figure(runs.prices(priced, lab.parameter, per, page.palette()), key="prices",
                  alt=runs.prices_alt(priced, lab.parameter, per))
    st.caption("Shorter is better. Seconds are measured on this server, in one dimension; exact baselines are free "
               "here and not in practice.")


def _code(lab: Lab, axis: str, batch: int, ends: dict[str, float]) -> None:
    """The two ends of the plain curves."""
    script = (gradients_code.beginning(lab, "sweeps")
              + f"plan = sweeps.Plan({axis!r}, {RANGES[axis]}, lambda k: {gradients_code.maker(lab)}, k,\n"
              f"                            gradients.Gaussian({lab.mu}, {lab.sigma}), {lab.dims}, {batch}, "
              f"{lab.offset})\n"
              f"numbers = {{}}\nfor name in ({LEFT[0]!r}, {RIGHT[0]!r}):\n"
              f"    for at, variance in zip(plan.values, plan.curve(name).variance[:, {lab.column}]):\n"
              f'        numbers[f"{{name}} at {axis} = {{at:g}}"] = float(variance)')
    source_code.show([sweeps.Plan.curve, sweeps.sweep, sweeps.crossings],
                     formula=r"\begin{gathered}\mathrm{Var}\Big[\tfrac1K \sum_{i=1}^K f(z_i)\,\nabla\log q(z_i)\Big] \\"
                     r" = \tfrac1K\,\mathrm{Var}\,[f(z)\,\nabla\log q(z)]\end{gathered}",
                     script=script, numbers=ends)


@cache.copied(entries=32)
def at_ends(lab: Lab, axis: str, samples: int) -> dict[str, float]:
    """The plain estimators' exact variances where the sweep begins and ends."""
    along = _plan(lab, axis, RANGES[axis], samples)
    return {f"{name} at {axis} = {at:g}": float(value) for name in (LEFT[0], RIGHT[0])
            for at, value in zip(along.values, along.curve(name).variance[:, lab.column], strict=True)}


def plan(lab: Lab, axis: str, samples: int = 1) -> sweeps.Plan:
    """The sweep of the page along `axis`: fewer points where each is a quadrature."""
    low, high = RANGES[axis]
    points = 24 if lab.cost.table else 14
    spaced = np.linspace if axis == "mu" else np.geomspace
    values = spaced(low, high, points)
    if axis in ("dimension", "samples"):
        values = np.unique(np.round(values))
    return _plan(lab, axis, tuple(values.tolist()), samples)


def _plan(lab: Lab, axis: str, values: tuple[float, ...], samples: int) -> sweeps.Plan:
    return sweeps.Plan(axis, values, partial(_made, lab), lab.k, Gaussian(lab.mu, lab.sigma), lab.dims,
                                samples, lab.offset)


def _made(lab: Lab, k: float) -> Cost:
    return lab.make(k)


@cache.copied(entries=16)
def sweep(lab: Lab, axis: str, names: tuple[str, ...], samples: int, seed: int,
          draws: int = 10_000) -> tuple[sweeps.Sweep, list[sweeps.Crossing]]:
    """The sweep, and where the plain log-derivative and reparametrization cross."""
    along = plan(lab, axis, samples)
    return sweeps.sweep(along, names, draws, seed), sweeps.crossings(along, LEFT[0], RIGHT[0])


@cache.copied(entries=16)
def losing_frequency(mu: float, sigma: float, parameter: str) -> float:
    """The k from which reparametrization of cos(k x) is the noisier one for good; nan when there is none below 100."""
    along = sweeps.Plan("k", tuple(np.geomspace(0.05, 100.0, 80).tolist()), COSTS["cosine"], 1.0,
                                 Gaussian(mu, sigma))
    marks = [m.at for m in sweeps.crossings(along, LEFT[0], RIGHT[0]) if m.parameter == parameter]
    return max(marks, default=float("nan"))


@cache.copied(entries=16)
def prices(lab: Lab, names: tuple[str, ...]) -> list[sweeps.WorkNormalised]:
    """Variance per evaluation and per second, in one dimension."""
    return sweeps.work_normalised(lab.cost, Gaussian(lab.mu, lab.sigma), names, 20_000)
