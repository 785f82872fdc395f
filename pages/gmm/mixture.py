"""The mixture page's second part: what a mixture says about the plane, anywhere along the climb."""

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch

from dgm import gmm
from pages.gmm import results, script, settings
from pages.gmm.figures import density
from pages.gmm.figures import plane as figures
from pages.gmm.settings import Chosen
from ui import controls, page, source_code
from ui.figures.spec import Figure

CELLS = 60      # of the density's grid, each way
NAMED = 4       # weights that are written out


def part() -> None:
    """The mixture as pies, as a density from above, as a landscape."""
    chosen = settings.settings()
    with chosen.stage:
        at = view(chosen)
    claim(chosen, at)
    page.section(lambda: code(chosen, at))


def view(chosen: Chosen) -> int:
    """One of three views of the mixture, at the half-step that is chosen below it and returned."""
    name = controls.draw("view")
    place = st.container()
    share = controls.draw("along")
    halves = results.path(chosen.setting)
    at = round(share / 100 * (len(halves) - 1))
    with place:
        VIEWS[name](chosen, halves[at])
    st.caption(results.caption(halves[at]))
    return at


def pies(chosen: Chosen, half: gmm.HalfStep) -> None:
    """Responsibilities as pies; one component can be brought out."""
    place, names = st.container(), ["all", *(f"{j + 1}" for j in range(chosen.setting.k))]
    only = controls.draw("only", options=names, menu=len(names) > 5)
    resp = results.responsibilities(results.of(chosen.setting).x[chosen.rows], half)
    at, rows = figures.theta(half.params, chosen.axes), slice(0, figures.PIE_LIMIT)
    with place:
        page.figure(
            figures.clusters(chosen.x[rows], resp[rows], at, chosen.columns, page.palette(), pies=only == "all",
                             chosen=None if only == "all" else int(only) - 1, bounds=_window(chosen)),
            key="pies", alt=figures.clusters_alt(resp, at, chosen.columns))


def _window(chosen: Chosen) -> tuple[np.ndarray, np.ndarray]:
    """The part of the plane that is shown: the same at every half-step."""
    return figures.bounds_of(chosen.x, *(figures.theta(half.params, chosen.axes)
                                         for half in (results.path(chosen.setting)[i] for i in (0, -1))))


def _grid(chosen: Chosen, half: gmm.HalfStep) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes and log density of the mixture's marginal on the two columns."""
    (low_u, low_v), (high_u, high_v) = _window(chosen)
    u, v = np.linspace(low_u, high_u, CELLS), np.linspace(low_v, high_v, CELLS)
    at = figures.theta(half.params, chosen.axes)
    marginal = gmm.Params(half.params.log_weights, torch.from_numpy(at.means), torch.from_numpy(at.covs))
    grid = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2)
    return u, v, gmm.log_prob(grid, marginal).numpy().reshape(CELLS, CELLS)


def _density(chosen: Chosen, half: gmm.HalfStep, key: str,
             draw: Callable[[np.ndarray, np.ndarray, np.ndarray], Figure]) -> None:
    u, v, log_density = _grid(chosen, half)
    row, column = np.unravel_index(log_density.argmax(), log_density.shape)
    page.figure(draw(u, v, log_density), key=key,
                  alt=density.density_alt(chosen.setting.k, (float(u[column]), float(v[row]))))


def contour(chosen: Chosen, half: gmm.HalfStep) -> None:
    """The density from above."""
    _density(chosen, half, "contour", lambda u, v, log_p: density.contour(
        chosen.x, u, v, log_p, columns=chosen.columns, palette=page.palette()))


def surface(chosen: Chosen, half: gmm.HalfStep) -> None:
    """The density as a landscape."""
    _density(chosen, half, "surface", lambda u, v, log_p: density.surface(
        u, v, log_p, columns=chosen.columns, palette=page.palette()))


VIEWS: dict[str, Callable[[Chosen, gmm.HalfStep], None]] = {"pies": pies, "density": contour, "surface": surface}


def claim(chosen: Chosen, at: int) -> None:
    """The mixture with the weights of this moment."""
    weights = results.path(chosen.setting)[at].params.log_weights.exp().tolist()
    spelled = r",\,".join(f"{weight:.2f}" for weight in weights[:NAMED]) + (r",\ldots" if len(weights) > NAMED else "")
    page.claim(
        "Each point first draws its component z, then its place from that component's Gaussian. Nobody tells us z, so "
        "the density is a sum over it, and a point's responsibilities are what Bayes' theorem says about its z.",
        r"\begin{gathered}" + page.term("evidence", r"p(\mathbf{x}|\theta)") + r"= \sum_k"
        + page.term("prior", r"\pi_k", spelled)
        + page.term("likelihood", r"\mathcal{N}(\mathbf{x}|\mu_k, \Sigma_k)") + r"\\[0.6em]"
        + page.term("posterior", r"p(z = k|\mathbf{x}, \theta)") + r"= \frac{\pi_k\,\mathcal{N}(\mathbf{x}|\mu_k, "
        r"\Sigma_k)}{p(\mathbf{x}|\theta)} \end{gathered}")


def code(chosen: Chosen, at: int) -> None:
    """What ran, and a script with the numbers of this half-step."""
    half = results.path(chosen.setting)[at]
    source_code.show(
        [gmm.log_prob, gmm.e_step, gmm.half_steps],
        formula=r"\log p(\mathbf{x}|\theta) = \log \sum_k \pi_k\, \mathcal{N}(\mathbf{x}|\mu_k, \Sigma_k)",
        script=script.after_climb(chosen.setting, f"""
            half = gmm.half_steps(x, climb.steps)[{at}]
            numbers = {{"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())}}
        """),
        numbers={"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())})
