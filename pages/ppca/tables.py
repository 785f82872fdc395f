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
from pages.ppca.cloud import plotted
from pages.ppca.cloud_controls import in_words
from pages.ppca.figures import curves, point_clouds
from ui import controls, page, question, source_code
from ui.figures import bound_ruler
from ui.figures.written import written
from ui.messages import escaped, show_error
from ui.own_data import points
from ui.take_home.notebook import Own, numbers_as_code

OWN = "my own table"
OWN_TABLE = 'table.parse(open("table.csv").read()).x'    # the visitor's, in the script
FALLBACK = "wine"
CLASSES = {"wine": ("cultivar 1", "cultivar 2", "cultivar 3"), "iris": ("setosa", "versicolor", "virginica")}
MEANWHILE = "The page shows the wines meanwhile."


class Table(NamedTuple):
    """A table of numbers."""

    name: str
    x: Tensor                # (N, D), columns of unit variance where that is chosen
    labels: Tensor | None    # (N,)
    classes: tuple[str, ...] = ()    # names of the labels
    columns: tuple[str, ...] = ()
    raw: Tensor | None = None    # (N, D) of a visitor's own, as it came


class FittedTable(NamedTuple):
    """A table and its maximum-likelihood model."""

    table: Table
    spec: ppca.Spectrum
    theta: ppca.Params


def part() -> None:
    """Real tables."""
    page.introduction(
        "With D columns, W keeps a number q of directions, those of largest variance: the top eigenvectors of the "
        "covariance matrix S. The variance of the others is left to the noise; σ² is the mean of their eigenvalues.",
        r"\log p(\mathbf{X}|\theta) = \sum_i \log \mathcal{N}(\mathbf{x}_i|\mu,\;"
        + page.term("reconstruction", r"W W^\top") + "+" + page.term("likelihood", r"\sigma^2 I") + ")",
        terms=("covariance matrix S", "noise variance", "held-out", "nat"))
    left, right = st.columns([3, 1])
    below = st.container()
    scaled = controls.value("scaled")
    with below:
        own = _own(scaled)
    with right:
        name = controls.draw("table", disabled=own is not None,
                             **({} if own is None else {"label": "Table (not in use: your own is shown)"}))
        controls.draw("scaled")
        dimensions = controls.draw("dims")
    with left:
        table, spec, theta = _fit(own or _known(name, scaled), dimensions)
        q = theta.W.shape[1]
        page.figure(curves.spectrum(spec.values, q, spec.noise(q), page.palette()), key="spectrum",
                    alt=curves.spectrum_alt(spec.values, q, spec.noise(q)))
        st.markdown(_in_words(table, spec, q, scaled))
    with right:
        _note_q(q, dimensions, table, spec)
    with below:
        page.section(lambda: _q_question(table))
        if q >= 2:
            page.section(lambda: _rotation(table, spec, theta))
            page.section(lambda: _posterior(table, theta))
        else:
            st.caption("Choose 2 or more latent dimensions to turn W and to see the posterior of z on a plane.")
        _show_code(table, spec, scaled, q)


def _in_words(table: Table, spec: ppca.Spectrum, q: int, scaled: bool) -> str:
    """The spectrum's shares, and which column the first direction is made of."""
    share = float(spec.values[:q].sum() / spec.values.sum())
    entries = spec.vectors[:, 0].abs()
    column = int(entries.argmax())
    name = escaped(table.columns[column]) if table.columns else f"column {column + 1}"
    text = (f"The first {'direction holds' if q == 1 else f'{q} directions hold'} **{_percent(share)}** of the "
            f"variance; log p(x|θ) = {written(float(profile_log_lik(spec, q)))} nats per row. ")
    if scaled:
        return text + (f"{_variances(table)} The first direction is a vector of length 1; its largest entry "
                       f"is that of {name}, {float(entries[column]):.2f} in size.")
    return text + (f"In the original units, the first direction, a vector of length 1, has the entry "
                   f"{float(entries[column]):.2f} for {name}. Divide its unit by 1,000 and the picture changes, "
                   "because the model has one noise for all columns.")


def _variances(table: Table) -> str:
    """That the columns are scaled; and which of a visitor's own cannot be, as they do not vary."""
    constant = [escaped(name) for name, values in zip(table.columns, table.x.T, strict=bool(table.columns))
                if bool((values == values[0]).all())]
    if not constant:
        return "All columns have variance 1."
    return (f"All columns have variance 1, except {', '.join(constant)}: with the same value in every row "
            f"{'it has' if len(constant) == 1 else 'they have'} variance 0.")


def _percent(share: float) -> str:
    """A share with a decimal; all of it only where it is exactly that."""
    text = f"{share:.1%}"
    return "more than 99.9%" if text == "100.0%" and share < 1 else text


def _note_q(q: int, wanted: int, table: Table, spec: ppca.Spectrum) -> None:
    """Why q is smaller than chosen."""
    if q < min(wanted, table.x.shape[1] - 1):
        st.caption(f"q = {q} here: the rows vary in {spec.rank} direction{'s' * (spec.rank != 1)} only, of "
                   f"{table.x.shape[1]}, and with a larger q no noise is left.")
    elif q < wanted:
        st.caption(f"q = {q} here: {table.x.shape[1]} columns leave noise to estimate up to q = {q}.")


def _known(name: str, scaled: bool) -> Table:
    """A table of the registry."""
    data = datasets.load(name)
    return Table(name, _scaled(data.x, scaled), data.labels, CLASSES[name], data.columns)


def _own(scaled: bool) -> Table | None:
    """A visitor's own table, pasted or uploaded."""
    def check(own: tables.Table) -> None:
        if problem := noiseless(ppca.spectrum(_scaled(own.x, scaled)), 1, "choose other columns"):
            raise DataError(in_words(problem))

    found = points.points("own_table", min_columns=2, min_rows=4, draw=False, labels=True, check=check)
    return None if found is None else Table(OWN, _scaled(found.x, scaled), found.labels,
                                          tuple(map(plotted, found.classes)), tuple(found.columns), found.x)


def _scaled(x: Tensor, scaled: bool) -> Tensor:
    return ppca.standardise(x) if scaled else x


def _fit(table: Table, dimensions: int) -> FittedTable:
    """The table with its model; where it has none, the wines with theirs, and the reason on the page."""
    try:
        spec = ppca.spectrum(table.x)
        return FittedTable(table, spec, ppca.closed_form(spec, min(dimensions, max(1, spec.rank - 1))))
    except ValueError as error:
        show_error(in_words(error), MEANWHILE)
        return _fit(_known(FALLBACK, True), dimensions)


def _about(table: Table) -> str:
    """The table for which a prediction is made."""
    return f"{table.name} {tuple(table.x.shape)} {float(table.x.sum()):.6g} {float((table.x**2).sum()):.6g}"


def _q_question(table: Table) -> None:
    """How many latent dimensions; then the four criteria."""
    train, test = hold_out_third(table.x)
    if len(test) == 0:
        st.caption("With so few rows none can be held out: add rows to compare values of q.")
        return
    try:
        found = results.table_choice(train, test)
    except ValueError as error:
        st.caption(f"No choice of q: {in_words(error)}.")
        return
    page.heading("How many latents explain new rows best?")
    if question.number("q", "Two thirds of the rows are fitted. Which number of latents q explains the other third "
                       "best?",
                       truth=lambda: float(found.best()["held-out"]), why=lambda exact: _comparison(found),
                       low=0.0, high=float(len(found.q) - 1), start=1.0, step=1.0, form="{:.0f}",
                       about=f"q {_about(table)}"):
        page.figure(curves.choice(found, "row", page.palette()), key="choice", alt=curves.choice_alt(found))
        _note_excluded(found)


def _note_excluded(found: Choice) -> None:
    """Why the curves end before D - 1, where the rows have fewer directions than columns."""
    if found.excluded:
        st.caption(f"{found.excluded[:1].upper()}{found.excluded[1:]}.")


def _comparison(found: Choice) -> str:
    others = ", ".join(f"{name} {q}" for name, q in found.best().items() if name != "held-out")
    return (f"The training rows alone would always take the largest q, {int(found.q[-1])}. {_on_held_out(found)} "
            f"The other criteria choose: {others}.")


def _on_held_out(found: Choice) -> str:
    """What the held-out rows say of the largest q."""
    if found.best()["held-out"] == int(found.q[-1]):
        return ("The held-out rows take it too: no direction is an accident of the training rows, and the variances "
                "differ too much for one noise level.")
    return "On held-out rows, directions that were accidents of the training rows lower the likelihood."


def _rotation(table: Table, spec: ppca.Spectrum, theta: ppca.Params) -> None:
    """Rotation of W: log p is constant, the bound of a diagonal q(z) is not; both on the ruler."""
    page.heading("Turn W: log p(x) and the best bound with independent z")
    degrees = controls.draw("angle")
    rotated = rotation.rotate(theta, degrees)
    log_lik, gap = float(profile_log_lik(spec, theta.W.shape[1])), ppca.diagonal_gap(rotated)
    bound = bound_terms(table.x, rotated)
    about = f"rotation {_about(table)} {theta.W.shape[1]} {degrees}"
    if question.revealed("rotation", about):
        rotation.show(theta, degrees, log_lik, gap, key="rotation_curve")
    page.claim("A distribution q(z) with independent coordinates fits the posterior only when W's columns are "
               "orthogonal. The gap of the best such q(z) is the same for every x.",
               r"\begin{gathered}" + page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x}))", gap, "nats")
               + r"\\[0.4em] = \tfrac12\Big(\sum_i \log \Lambda_{ii} - \log\det\Lambda\Big), \\[0.4em] "
               r"\Lambda = I + W^\top W/\sigma^2\end{gathered}")
    if question.choice(
            "rotation", f"W is turned by {degrees} degrees. What happens to log p(x)?",
            ["it falls", "it does not change", "it rises"],
            truth=lambda: _direction(float(ppca.log_prob(table.x, rotated).mean()) - log_lik),
            why=lambda _: "p(x) depends on W only through WW⊤, and WRR⊤W⊤ = WW⊤. The bound depends on W itself: here "
            f"it is {written(gap, '.3g')} nats below log p.", about=about):
        ruler = bound_ruler.Terms(bound.reconstruction, bound.kl, log_lik)
        page.figure(bound_ruler.ruler(ruler, page.palette()), key="ruler", alt=bound_ruler.ruler_alt(ruler))
        st.caption("The axis of nats does not begin at 0: compare the lengths of the bars for KL and gap, not that of "
                   "the reconstruction.")


def _direction(change: float) -> str:
    return "it does not change" if abs(change) < 1e-9 else "it rises" if change > 0 else "it falls"


def _posterior(table: Table, theta: ppca.Params) -> None:
    """The posterior mean of z for every row, and the posterior of one of them."""
    page.heading("The posterior of z for every row")
    count = len(table.x)
    row = controls.draw("row", high=count)
    found = ppca.posterior(table.x, theta)
    projected = ppca.posterior(table.x, theta._replace(sigma2=torch.zeros((), dtype=torch.float64))).mean
    page.figure(point_clouds.latent(found, row - 1, projected, page.palette(), labels=table.labels,
                                    classes=table.classes), key="latent",
                alt=point_clouds.latent_alt(found, row - 1, table.classes))
    shares = ppca.shrinkage(theta)[:2].tolist()
    page.claim(f"The posterior mean is the PCA projection shrunk to {shares[0]:.0%} (z₁) and {shares[1]:.0%} (z₂). "
               "Every row has the same posterior covariance.",
               r"\begin{gathered}p(\mathbf{z}|\mathbf{x}) = \mathcal{N}("
               + page.term("posterior", r"M^{-1}W^\top(\mathbf{x}-\mu)") + ",\\;"
               + page.term("posterior", r"\sigma^2 M^{-1}") + r"), \\[0.4em] "
               r"M = W^\top W + \sigma^2 I\end{gathered}")
    page.glossary_terms(("shrinkage", "M"))


def _show_code(table: Table, spec: ppca.Spectrum, scaled: bool, q: int) -> None:
    """A script with the numbers of this table; a visitor's own is a file for the script, and in the notebook itself."""
    raw = table.raw
    x = f"datasets.load({table.name!r}).x" if raw is None else OWN_TABLE
    own = [] if raw is None else [Own(OWN_TABLE, "rows", lambda: numbers_as_code("rows", raw.tolist()))]
    script = f"""
        from dgm import datasets, ppca
        from dgm.datasets import table
        x = {f"ppca.standardise({x})" if scaled else x}
        theta = ppca.fit(x, {q})
        numbers = {{"log p(x)": ppca.log_likelihood(x, theta) / len(x), "noise variance": float(theta.sigma2)}}
    """
    formula = r"\log p(\mathbf{x}|\theta) = \log \int p(\mathbf{x}|\mathbf{z},\theta)\, p(\mathbf{z})\, d\mathbf{z}"
    source_code.show([choose, ppca.diagonal_gap, ppca.posterior], formula=formula + r" \to \max_\theta", script=script,
                     numbers={"log p(x)": float(profile_log_lik(spec, q)), "noise variance": spec.noise(q)}, own=own)
