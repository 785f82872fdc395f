"""Part "Tables": wine, iris or a visitor's own table; its spectrum, q, the rotation of W, the posterior of z."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, ppca
from dgm.datasets import table as tables
from dgm.errors import DataError
from dgm.ppca.lower_bound import bound_terms
from dgm.ppca.maximum_likelihood import noiseless
from dgm.ppca.preprocessing import hold_out_third
from dgm.ppca.profile_likelihood import profile_log_lik
from dgm.ppca.selection import Choice, choose
from pages.ppca import results, rotation
from pages.ppca.figures import curves, point_clouds
from ui import controls, page, question, source_code
from ui.figures import bound_ruler
from ui.messages import show_error
from ui.own_data import points

OWN = "my own table"
FALLBACK = "wine"
MEANWHILE = "The page shows the wines meanwhile."


class Table(NamedTuple):
    """A table of numbers."""

    name: str
    x: Tensor                # (N, D), columns of unit variance where that is chosen
    labels: Tensor | None    # (N,)


class FittedTable(NamedTuple):
    """A table and its maximum-likelihood model."""

    table: Table
    spec: ppca.Spectrum
    theta: ppca.Params


def part() -> None:
    """Real tables."""
    above = st.container()
    scaled = controls.value("scaled")
    own = _own(scaled)
    with above:
        left, right = st.columns([2, 1])
        with left:
            name = controls.draw("table", disabled=own is not None)
        with right:
            controls.draw("scaled")
        if own is not None:
            st.caption("Your own table is in use, not this one: see “Your own data” below.")
        dimensions = controls.draw("dims")
    table, spec, theta = _fit(own or _known(name, scaled), dimensions)
    q = theta.W.shape[1]
    if q < min(dimensions, table.x.shape[1] - 1):
        st.caption(f"q = {q} here: the rows vary in {spec.rank} directions only, of {table.x.shape[1]}, and with a "
                   "larger q no noise is left.")
    elif q < dimensions:
        st.caption(f"q = {q} here: {table.x.shape[1]} columns leave noise to estimate up to q = {q}.")
    page.figure(curves.spectrum(spec.values, q, spec.noise(q), page.palette()), key="spectrum",
                alt=curves.spectrum_alt(spec.values, q, spec.noise(q)))
    page.section(lambda: _q_question(table))
    if q >= 2:
        page.section(lambda: _rotation(table, spec, theta))
        page.section(lambda: _posterior(table, theta))
    else:
        st.caption("Choose q of 2 or more to turn W and to see the posterior of z on a plane.")
    _show_code(table.name, scaled, q)


def _known(name: str, scaled: bool) -> Table:
    """A table of the registry."""
    data = datasets.load(name)
    return Table(name, _scaled(data.x, scaled), data.labels)


def _own(scaled: bool) -> Table | None:
    """A visitor's own table, pasted or uploaded."""
    def check(own: tables.Table) -> None:
        if problem := noiseless(ppca.spectrum(_scaled(own.x, scaled)), 1, "choose other columns"):
            raise DataError(problem)

    found = points.points("own_table", min_columns=2, min_rows=4, draw=False, labels=True, check=check)
    return None if found is None else Table(OWN, _scaled(found.x, scaled), found.labels)


def _scaled(x: Tensor, scaled: bool) -> Tensor:
    return ppca.standardise(x) if scaled else x


def _fit(table: Table, dimensions: int) -> FittedTable:
    """The table with its model; where it has none, the wines with theirs, and the reason on the page."""
    try:
        spec = ppca.spectrum(table.x)
        return FittedTable(table, spec, ppca.closed_form(spec, min(dimensions, max(1, spec.rank - 1))))
    except ValueError as error:
        show_error(error, MEANWHILE)
        return _fit(_known(FALLBACK, True), dimensions)


def _q_question(table: Table) -> None:
    """How many latent dimensions; then the four criteria."""
    train, test = hold_out_third(table.x)
    if len(test) == 0:
        st.caption("With so few rows none can be held out: add rows to compare values of q.")
        return
    try:
        found = results.table_choice(train, test)
    except ValueError as error:
        st.caption(f"No choice of q: {error}.")
        return
    if question.number("q", "Two thirds of the rows are fitted. Which q explains the other third best?",
                       truth=lambda: float(found.best()["held-out"]), why=lambda exact: _comparison(found),
                       low=0.0, high=float(len(found.q) - 1), start=1.0, step=1.0, form="{:.0f}"):
        page.figure(curves.choice(found, page.palette()), key="choice", alt=curves.choice_alt(found))
        _note_excluded(found)


def _note_excluded(found: Choice) -> None:
    """Why the curves end before D - 1, where the rows have fewer directions than columns."""
    if found.excluded:
        st.caption(f"{found.excluded[:1].upper()}{found.excluded[1:]}.")


def _comparison(found: Choice) -> str:
    others = ", ".join(f"{name} {q}" for name, q in found.best().items() if name != "held-out")
    return (f"The training data alone would always take the largest q, {int(found.q[-1])}; held-out rows punish what "
            f"does not come back. The other rules say: {others}.")


def _rotation(table: Table, spec: ppca.Spectrum, theta: ppca.Params) -> None:
    """Rotation of W: log p is constant, the bound of a diagonal q is not; both on the ruler."""
    page.heading("Turn W: log p does not move, a diagonal q does")
    degrees = controls.draw("angle")
    rotated = rotation.rotate(theta, degrees)
    log_lik, gap = float(profile_log_lik(spec, theta.W.shape[1])), ppca.diagonal_gap(rotated)
    if not question.choice(
            "rotation", f"W is turned by {degrees} degrees. What happens to log p(x)?",
            ["it falls", "nothing", "it rises"],
            truth=lambda: _direction(float(ppca.log_prob(table.x, rotated).mean()) - log_lik),
            why=lambda _: "p(x) holds W only as WW', and WRR'W' = WW'. But a q with independent coordinates fits the "
            f"posterior only when W's columns are orthogonal: here its bound is {gap:.3g} nats short."):
        return
    rotation.show(theta, degrees, log_lik, gap, key="rotation_curve")
    bound = bound_terms(table.x, rotated)
    ruler = bound_ruler.Terms(bound.reconstruction, bound.kl, log_lik)
    page.figure(bound_ruler.ruler(ruler, page.palette()), key="ruler", alt=bound_ruler.ruler_alt(ruler))
    page.claim("The gap of the best diagonal q is the same for every x.",
               page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x}))", gap, "nats")
               + r"= \tfrac12\Big(\sum_i \log \Lambda_{ii} - \log\det\Lambda\Big), \quad "
               r"\Lambda = I + W^\top W/\sigma^2")


def _direction(change: float) -> str:
    return "nothing" if abs(change) < 1e-9 else "it rises" if change > 0 else "it falls"


def _posterior(table: Table, theta: ppca.Params) -> None:
    """The posterior mean of z for every row, and the posterior of one of them."""
    page.heading("What the model says about z")
    row = controls.draw("row") % len(table.x)
    found = ppca.posterior(table.x, theta)
    projected = ppca.posterior(table.x, theta._replace(sigma2=torch.zeros((), dtype=torch.float64))).mean
    shares = ", ".join(f"{float(share):.0%}" for share in ppca.shrinkage(theta)[:2])
    page.claim("The posterior mean is the projection pulled towards the prior; every row has the same covariance.",
               r"p(\mathbf{z}|\mathbf{x}) = \mathcal{N}(" + page.term("posterior", r"M^{-1}W^\top(\mathbf{x}-\mu)")
               + ",\\;" + page.term("posterior", r"\sigma^2 M^{-1}") + r"), \quad M = W^\top W + \sigma^2 I")
    page.figure(point_clouds.latent(found, table.labels, row, projected, page.palette()), key="latent",
                alt=point_clouds.latent_alt(found, row))
    st.caption(f"Of the projection the mean keeps {shares} along the first two axes.")


def _show_code(name: str, scaled: bool, q: int) -> None:
    """The script cannot hold a visitor's own table: it is about the wines then."""
    name = FALLBACK if name == OWN else name
    spec = ppca.spectrum(_known(name, scaled).x)
    q = min(q, spec.rank - 1)
    x = f"datasets.load({name!r}).x"
    script = f"""
        from dgm import datasets, ppca
from dgm.datasets import table as tables
from dgm.errors import DataError
        x = {f"ppca.standardise({x})" if scaled else x}
        theta = ppca.fit(x, {q})
        numbers = {{"log p(x)": ppca.log_likelihood(x, theta) / len(x), "noise variance": float(theta.sigma2)}}
    """
    formula = r"\log p(\mathbf{x}|\theta) = \log \int p(\mathbf{x}|\mathbf{z},\theta)\, p(\mathbf{z})\, d\mathbf{z}"
    source_code.show([choose, ppca.diagonal_gap, ppca.posterior], formula=formula + r" \to \max_\theta", script=script,
                     numbers={"log p(x)": float(profile_log_lik(spec, q)), "noise variance": spec.noise(q)})
