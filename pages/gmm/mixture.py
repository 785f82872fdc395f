"""The mixture page's first part: a generator that draws z, then x; and what a mixture says about the plane."""

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch

from dgm import gmm
from pages.gmm import generator, results, script, settings
from pages.gmm.figures import density, plane
from pages.gmm.figures.plane import Bounds
from pages.gmm.results import Drawn, EmRun, Setting
from pages.gmm.state import DENSITY, DRAWN, JOINT, PIES, SURFACE
from ui import controls, page, source_code
from ui.figures.written import shares

CELLS = 60      # of the density's grid, each way
AWAY = 2.4      # of the eye from the surface: the names of its two columns are whole on a phone too
LAYERS = 4      # components with a panel of their own
SPELLED = 4     # weights that are written out

TEXTS = {
    DRAWN: "A mixture draws the component z with probabilities π, then x from Gaussian number z. We observe x alone: z "
    "is a latent variable, and p(x) is a sum over z. The part **EM** fits it and shows why log p(x) never falls.",
    PIES: "Each point is a pie of its responsibilities: the probability of each component, given x. Ellipses: 1 and 2 "
    "standard deviations. They hold 39% and 86% of a component.",
    DENSITY: "The colours show log p(x) of the whole mixture. Each level is 1 nat below the one inside it, a factor "
    "2.7 in density.",
    JOINT: "One panel for each z shows p(x, z), with the mass π. Added up over z they are p(x), the last panel.",
    SURFACE: "The height of the surface is the density p(x). The volume below it is 1.",
}


def part() -> None:
    """The mixture as a generator, as pies, as a density, as layers, as a surface."""
    opening, stage, below = st.container(), st.container(), st.container()
    chosen = settings.draw(below)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
    with opening:
        introduction(controls.value("view"), run.last.params)
    with stage:
        picture = st.container()
        name = controls.draw("view")
        ask = st.container()
    with picture:
        shown = results.drawn(chosen.points, chosen.axes, chosen.setting.k)
        at = len(run.halves) - 1
        if name == DRAWN:
            generator.show(run, shown, chosen.setting, ask)
        else:
            at = view(name, run, shown)
    page.section(lambda: code(chosen.setting, run, at))


def introduction(name: str, params: gmm.Params) -> None:
    """What the view shows, and the slide's mixture with the weights."""
    weights = params.log_weights.exp().tolist()
    spelled = r",\,".join(shares(weights)[:SPELLED])
    spelled += r",\ldots" if len(weights) > SPELLED else ""
    bayes = r"p(z = k|\mathbf{x}, \theta) = \frac{\pi_k\,\mathcal{N}(\mathbf{x}|\mu_k, \Sigma_k)}{p(\mathbf{x}|\theta)}"
    slide = (r"\begin{gathered} p(z) = \text{Categorical}(z|\pi) \\ p(\mathbf{x}|z, \theta) = "
             r"\mathcal{N}(\mathbf{x}|\mu_z, \Sigma_z) \\[0.3em]" + page.term("evidence", r"p(\mathbf{x}|\theta)")
             + rf"= \sum_k \underbrace{{\pi_k}}_{{{spelled}}} \mathcal{{N}}(\mathbf{{x}}|\mu_k, \Sigma_k)"
             + (r"\\[0.5em]" + bayes if name == PIES else "") + r"\end{gathered}")
    page.introduction(TEXTS[name], slide, ("mixture", "latent variable", "responsibilities"))


def view(name: str, run: EmRun, shown: Drawn) -> int:
    """A view of the mixture at the half-step that is chosen below it; the index of the half-step."""
    figure = st.container()
    at = round(controls.draw("along") / 100 * (len(run.halves) - 1))
    with figure:
        VIEWS[name](shown, run.halves[at], _bounds(run, shown))
    st.caption(f"{results.caption(run.halves[at])}.")
    return at


def _bounds(run: EmRun, shown: Drawn) -> Bounds:
    """The part of the plane that is shown: the same at every half-step."""
    return plane.bounds_of(shown.places, *(plane.marginal(run.halves[i].params, shown.axes) for i in (0, -1)))


def pies(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """Responsibilities as pies; one component can be highlighted."""
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
    u, v, log_p = _grid(half.params, shown.axes, bounds)
    page.figure(density.contour(shown.places, u, v, log_p, columns=shown.columns, palette=page.palette()),
                key="contour", alt=_alt(half, u, v, log_p))


def surface(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """The density as a surface, seen across the line through the two heaviest components."""
    u, v, log_p = _grid(half.params, shown.axes, bounds)
    page.figure(density.surface(u, v, log_p, columns=shown.columns, palette=page.palette(),
                                eye=_eye(half.params, shown.axes, bounds)), key="surface", alt=_alt(half, u, v, log_p))


def layers(shown: Drawn, half: gmm.HalfStep, bounds: Bounds) -> None:
    """p(x, z) for each z, and p(x)."""
    params, weights = half.params, half.params.log_weights.exp().numpy()
    largest = np.sort(np.argsort(-weights)[:LAYERS])
    parts = [_grid(gmm.Params(torch.zeros(1, dtype=torch.float64), params.means[[j]], params.covs[[j]]), shown.axes,
                   bounds) for j in largest]
    u, v, total = _grid(params, shown.axes, bounds)
    values = np.stack([*(weights[j] * np.exp(part[2]) for j, part in zip(largest, parts, strict=True)), np.exp(total)])
    page.figure(density.joint(u, v, values, names=[int(j) + 1 for j in largest], columns=shown.columns,
                              palette=page.palette()), key="joint", alt=density.joint_alt(weights[largest]))
    if len(largest) < len(weights):
        st.caption(f"The {LAYERS} components with the largest weights are shown; the sum has all {len(weights)}.")


VIEWS: dict[str, Callable[[Drawn, gmm.HalfStep, Bounds], None]] = {
    PIES: pies, DENSITY: contour, JOINT: layers, SURFACE: surface}


def _alt(half: gmm.HalfStep, u: np.ndarray, v: np.ndarray, log_density: np.ndarray) -> str:
    row, column = np.unravel_index(log_density.argmax(), log_density.shape)
    return density.density_alt(len(half.params.means), (float(u[column]), float(v[row])))


def _eye(params: gmm.Params, axes: results.Axes, bounds: Bounds) -> tuple[float, float]:
    """The direction across the line through the means of the two heaviest components, on axes of equal length."""
    if len(params.means) < 2:
        return 0.7 * AWAY, -0.7 * AWAY
    one, other = params.log_weights.topk(2).indices.tolist()
    line = (params.means[one] - params.means[other])[list(axes)].numpy() / (bounds[1] - bounds[0])
    along = line / max(float(np.hypot(*line)), 1e-12)
    return AWAY * float(along[1]), -AWAY * float(along[0])


def _grid(params: gmm.Params, axes: results.Axes, bounds: Bounds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u (U,), v (V,) and the log density (V, U), in nats, of the marginal on two columns."""
    (low_u, low_v), (high_u, high_v) = bounds
    u, v = np.linspace(low_u, high_u, CELLS), np.linspace(low_v, high_v, CELLS)
    theta = plane.marginal(params, axes)
    marginal = gmm.Params(params.log_weights, torch.from_numpy(theta.means), torch.from_numpy(theta.covs))
    grid = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2)
    return u, v, gmm.log_prob(grid, marginal).numpy().reshape(CELLS, CELLS)


def code(setting: Setting, run: EmRun, at: int) -> None:
    """What ran, and a script with the numbers of half-step `at`."""
    half = run.halves[at]
    source_code.show(
        [gmm.sample, gmm.log_prob, gmm.e_step],
        formula=r"p(\mathbf{x}|z, \theta) = \mathcal{N}(\mathbf{x}|\mu_z, \Sigma_z), \quad p(z) = "
        r"\text{Categorical}(z|\pi)",
        script=script.after_em(setting, run, f"""
            half = gmm.half_steps(x, trace.steps)[{at}]
            numbers = {{"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())}}
        """),
        numbers={"log p(x)": half.log_lik, "weight of component 1": float(half.params.log_weights[0].exp())},
        own=script.own(run))
