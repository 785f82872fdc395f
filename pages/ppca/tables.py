"""The PCA page's tables: wine, iris or a person's own, with spectrum, q, rotation and the posterior of z."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, ppca
from dgm.ppca.lower_bound import bound_terms, gap_over_rotation
from dgm.ppca.preprocessing import hold_out_third
from dgm.ppca.profile_likelihood import profile_log_lik
from dgm.ppca.selection import Choice, choose
from pages.ppca.figures import cloud as clouds
from pages.ppca.figures import curves as figures
from ui import cache, controls, page, question, source_code
from ui.figures import bound_ruler as ruler_figures
from ui.messages import show_error
from ui.own_data import points

OWN = "my own table"
_cached = cache.shared(entries=64)
SPECTRUM = _cached(figures.spectrum)
CHOICE = _cached(figures.choice)
ROTATION = _cached(figures.rotation)
LATENT = _cached(clouds.latent)
RULER = _cached(ruler_figures.ruler)
CHOOSE = _cached(choose)
MEANWHILE = "The page shows the wines meanwhile."


class Table(NamedTuple):
    """A table under study."""

    name: str
    x: Tensor                # (N, D), scaled when asked
    labels: Tensor | None


def part() -> None:
    """Real tables."""
    left, right = st.columns([2, 1])
    with left:
        name = controls.draw("table")
    with right:
        scaled = controls.draw("scaled")
    wanted = controls.draw("dims")
    table, spec, theta = _fitted(_own(scaled) or _known(name, scaled), wanted)
    q = theta.W.shape[1]
    page.figure(SPECTRUM(spec.values, q, spec.noise(q), page.palette()), key="spectrum",
                  alt=figures.spectrum_alt(spec.values, q, spec.noise(q)))
    page.section(lambda: ask_q(table))
    if q >= 2:
        page.section(lambda: turn_w(table, spec, theta))
        page.section(lambda: posterior(table, theta))
    else:
        st.caption("Choose q of 2 or more to turn W and to see the posterior of z on a plane.")
    code(table.name, scaled, q)


def _known(name: str, scaled: bool) -> Table:
    data = datasets.load(name)
    return Table(name, ppca.standardise(data.x) if scaled else data.x, data.labels)


def _own(scaled: bool) -> Table | None:
    """A person's own table, pasted or uploaded."""
    found = points.points("own_table", min_columns=2, min_rows=4, draw=False)
    if found is None:
        return None
    return Table(OWN, ppca.standardise(found.x) if scaled else found.x, None)


def _fitted(table: Table, wanted: int) -> tuple[Table, ppca.Spectrum, ppca.Params]:
    """The table with its model; the wines, and the reason on the page, where there is none."""
    try:
        spec = ppca.spectrum(table.x)
        return table, spec, ppca.closed_form(spec, min(wanted, max(1, spec.rank - 1)))
    except ValueError as error:
        show_error(error, MEANWHILE)
        return _fitted(_known("wine", True), wanted)


def ask_q(table: Table) -> None:
    """How many latent dimensions; then the four opinions."""
    train, test = hold_out_third(table.x)
    if len(test) == 0:
        st.caption("With so few rows none can be held out: add rows to compare values of q.")
        return
    try:
        found = CHOOSE(train, test)
    except ValueError as error:
        st.caption(f"No choice of q: {error}.")
        return
    if question.number("q", "Two thirds of the rows are fitted. Which q explains the other third best?",
                       truth=lambda: float(found.best()["held-out"]), why=lambda exact: _verdicts(found),
                       low=0.0, high=float(len(found.q) - 1), start=1.0, step=1.0, form="{:.0f}"):
        page.figure(CHOICE(found, page.palette()), key="choice", alt=figures.choice_alt(found))


def _verdicts(found: Choice) -> str:
    others = ", ".join(f"{name} {q}" for name, q in found.best().items() if name != "held-out")
    return (f"The training data alone would always take the largest q, {int(found.q[-1])}; held-out rows punish what "
            f"does not come back. The other rules say: {others}.")


def turn_w(table: Table, spec: ppca.Spectrum, theta: ppca.Params) -> None:
    """Rotation of W: log p stays, a diagonal q's bound dips; both on the ruler."""
    page.heading("Turn W: log p does not move, a diagonal q does")
    degrees = controls.draw("angle")
    q = theta.W.shape[1]
    turned = ppca.rotate(theta, ppca.rotation(float(torch.deg2rad(torch.tensor(float(degrees)))), q))
    top, gap = float(profile_log_lik(spec, q)), ppca.diagonal_gap(turned)
    two = bound_terms(table.x, turned)
    if not question.choice(
            "rotation", f"W is turned by {degrees} degrees. What happens to log p(x)?",
            ["it falls", "nothing", "it rises"],
            truth=lambda: _moved(float(ppca.log_prob(table.x, turned).mean()) - top),
            why=lambda _: "p(x) holds W only as WW', and WRR'W' = WW'. But a q with independent coordinates fits the "
            f"posterior only when W's columns are orthogonal: here its bound is {gap:.3g} nats short."):
        return
    angles = torch.linspace(0, 90, 91, dtype=torch.float64)
    gaps = gap_over_rotation(theta, angles.deg2rad())
    page.figure(ROTATION(angles, top, gaps, degrees, page.palette()), key="rotation_curve",
                  alt=figures.rotation_alt(degrees, top, gap))
    ruler = ruler_figures.Terms(two.reconstruction, two.kl, top)
    page.figure(RULER(ruler, page.palette()), key="ruler", alt=ruler_figures.ruler_alt(ruler))
    page.claim("The gap of the best diagonal q is the same for every x.",
                 page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x}))", gap, "nats")
                 + r"= \tfrac12\Big(\sum_i \log \Lambda_{ii} - \log\det\Lambda\Big), \quad "
                 r"\Lambda = I + W^\top W/\sigma^2")


def _moved(change: float) -> str:
    return "nothing" if abs(change) < 1e-9 else "it rises" if change > 0 else "it falls"


def posterior(table: Table, theta: ppca.Params) -> None:
    """z of every row, and how sure the model is of one of them."""
    page.heading("What the model says about z")
    row = controls.draw("row") % len(table.x)
    found = ppca.posterior(table.x, theta)
    projected = ppca.posterior(table.x, theta._replace(sigma2=torch.zeros((), dtype=torch.float64))).mean
    kept = ", ".join(f"{float(share):.0%}" for share in ppca.shrinkage(theta)[:2])
    page.claim("The posterior mean is the projection pulled towards the prior; every row has the same covariance.",
                 r"p(\mathbf{z}|\mathbf{x}) = \mathcal{N}(" + page.term("posterior", r"M^{-1}W^\top(\mathbf{x}-\mu)")
                 + ",\\;" + page.term("posterior", r"\sigma^2 M^{-1}") + r"), \quad M = W^\top W + \sigma^2 I")
    page.figure(LATENT(found, table.labels, row, projected, page.palette()), key="latent",
                  alt=clouds.latent_alt(found, row))
    st.caption(f"Of the projection the mean keeps {kept} along the first two axes.")


def code(name: str, scaled: bool, q: int) -> None:
    """What ran; a person's own table cannot be in a script, so the wines stand in."""
    name = "wine" if name == OWN else name
    spec = ppca.spectrum(_known(name, scaled).x)
    q = min(q, spec.rank - 1)
    x = f"datasets.load({name!r}).x"
    script = f"""
        from dgm import datasets, ppca
        x = {f"ppca.standardise({x})" if scaled else x}
        theta = ppca.fit(x, {q})
        numbers = {{"log p(x)": ppca.log_likelihood(x, theta) / len(x), "noise variance": float(theta.sigma2)}}
    """
    formula = r"\log p(\mathbf{x}|\theta) = \log \int p(\mathbf{x}|\mathbf{z},\theta)\, p(\mathbf{z})\, d\mathbf{z}"
    source_code.show([choose, ppca.diagonal_gap, ppca.posterior], formula=formula + r" \to \max_\theta", script=script,
                     numbers={"log p(x)": float(profile_log_lik(spec, q)), "noise variance": spec.noise(q)})
