"""The mixture page's second part: what a mixture says about the plane, at any half-step of a run of EM."""

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch

from dgm import gmm
from pages.gmm import results, script, settings
from pages.gmm.figures import density, plane
from pages.gmm.results import Drawn, EmRun, Setting
from ui import controls, page, source_code
from ui.figures.spec import Figure

CELLS = 60      # of the density's grid, each way
SPELLED = 4     # weights that are written out
Bounds = tuple[np.ndarray, np.ndarray]


def part() -> None:
    """The mixture as pies, as a density from above, as a surface."""
    above, stage = st.container(), st.container()
    chosen = settings.draw(above)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
    with stage:
        at = view(run, results.drawn(chosen.points, chosen.axes, chosen.setting.k))
    claim(run.halves[at].params)
    page.section(lambda: code(chosen.setting, run, at))


def view(run: EmRun, shown: Drawn) -> int:
    """One of three views of the mixture, at the half-step that is chosen below it; the index of the half-step."""
    draw = VIEWS[controls.draw("view")]
    figure = st.container()
    at = round(controls.draw("along") / 100 * (len(run.halves) - 1))
    with figure:
        draw(shown, run.halves[at], _bounds(run, shown))
    st.caption(results.caption(run.halves[at]))
    return at


def _bounds(run: EmRun, shown: Drawn) -> Bounds:
    """The part of the plane that is shown: the same at every half-step."""
    return plane.bounds_of(shown.places, *(plane.marginal(run.halves[i].params, shown.axes) for i in (0, -1)))


def pies(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """Responsibilities as pies; one component can be brought out."""
    place, names = st.container(), ["all", *(f"{j + 1}" for j in range(len(half.params.means)))]
    only = controls.draw("only", options=names, menu=len(names) > 5)
    resp, theta = results.responsibilities(shown.x, half), plane.marginal(half.params, shown.axes)
    rows = slice(0, plane.PIE_LIMIT)
    with place:
        page.figure(
            plane.clusters(shown.places[rows], resp[rows], theta, shown.columns, page.palette(), pies=only == "all",
                           component=None if only == "all" else int(only) - 1, bounds=bounds),
            key="pies", alt=plane.clusters_alt(resp, theta, shown.columns))


def contour(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """The density from above."""
    _density(shown, half, bounds, "contour", lambda u, v, log_p: density.contour(
        shown.places, u, v, log_p, columns=shown.columns, palette=page.palette()))


def surface(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """The density as a surface."""
    _density(shown, half, bounds, "surface", lambda u, v, log_p: density.surface(
        u, v, log_p, columns=shown.columns, palette=page.palette()))


VIEWS: dict[str, Callable[[Drawn, gmm.HalfStep, Bounds], None]] = {
    "pies": pies, "density": contour, "surface": surface}


def _density(shown: Drawn, half: gmm.HalfStep, bounds: Bounds, key: str,
             draw: Callable[[np.ndarray, np.ndarray, np.ndarray], Figure]) -> None:
    u, v, log_density = _grid(half.params, shown.axes, bounds)
    row, column = np.unravel_index(log_density.argmax(), log_density.shape)
    page.figure(draw(u, v, log_density), key=key,
                alt=density.density_alt(len(half.params.means), (float(u[column]), float(v[row]))))


def _grid(params: gmm.Params, axes: results.Axes, bounds: Bounds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u (U,), v (V,) and the log density (V, U), in nats, of the marginal on two columns."""
    (low_u, low_v), (high_u, high_v) = bounds
    u, v = np.linspace(low_u, high_u, CELLS), np.linspace(low_v, high_v, CELLS)
    theta = plane.marginal(params, axes)
    marginal = gmm.Params(params.log_weights, torch.from_numpy(theta.means), torch.from_numpy(theta.covs))
    grid = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2)
    return u, v, gmm.log_prob(grid, marginal).numpy().reshape(CELLS, CELLS)


def claim(params: gmm.Params) -> None:
    """The mixture with its weights."""
    weights = params.log_weights.exp().tolist()
    spelled = r",\,".join(f"{weight:.2f}" for weight in weights[:SPELLED])
    spelled += r",\ldots" if len(weights) > SPELLED else ""
    page.claim(
        "Each point first draws its component z, then its place from that component's Gaussian. Nobody tells us z, so "
        "the density is a sum over it, and a point's responsibilities are what Bayes' theorem says about its z.",
        r"\begin{gathered}" + page.term("evidence", r"p(\mathbf{x}|\theta)") + r"= \sum_k"
        + page.term("prior", r"\pi_k", spelled)
        + page.term("likelihood", r"\mathcal{N}(\mathbf{x}|\mu_k, \Sigma_k)") + r"\\[0.6em]"
        + page.term("posterior", r"p(z = k|\mathbf{x}, \theta)") + r"= \frac{\pi_k\,\mathcal{N}(\mathbf{x}|\mu_k, "
        r"\Sigma_k)}{p(\mathbf{x}|\theta)} \end{gathered}")


def code(setting: Setting, run: EmRun, at: int) -> None:
    """What ran, and a script with the numbers of half-step `at`."""
    half = run.halves[at]
    source_code.show(
        [gmm.log_prob, gmm.e_step, gmm.half_steps],
        formula=r"\log p(\mathbf{x}|\theta) = \log \sum_k \pi_k\, \mathcal{N}(\mathbf{x}|\mu_k, \Sigma_k)",
        script=script.after_em(setting, run.max_steps, f"""
            half = gmm.half_steps(x, trace.steps)[{at}]
            numbers = {{"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())}}
        """),
        numbers={"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())})
