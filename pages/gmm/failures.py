"""The mixture page's last part: what can go wrong with EM, each as a picture and a button that opens its state."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import datasets, gmm
from pages.gmm import results
from pages.gmm.figures import plane, thumbnails
from pages.gmm.state import FAILURES, FLOORS
from ui import cache, controls, page, source_code
from ui.figures.theme import DARK, LIGHT

# One sentence each; the fields of `losses` are in braces.
TEXTS = {
    "Singular component": "One component shrinks onto the eruption of 5.1 minutes with a wait of 96; a covariance "
    "floor prevents it.",
    "Bad start": "EM ends in a local maximum, {start:.2f} nats per point below the best; restarts help.",
    "Label switching": "Renaming the components does not change the likelihood, so another seed may exchange 1 and 2.",
    "Too many components": "Eight components fit the given points better and new points worse.",
    "Wrong covariance": "Round components lose {shape:.2f} nats per point that full covariances have on slanted "
    "clusters.",
    "Not Gaussian": "Two half circles are no Gaussians: a fair density does not make the components clusters.",
}
COLUMNS = 3


class Losses(NamedTuple):
    """What two failures cost on the three clusters, nats per point."""

    start: float    # the bad seed
    shape: float    # round components


@cache.copied()
def losses() -> Losses:
    """The two losses against the best of five starts with full covariances."""
    x = datasets.load("three-clusters").x
    best = gmm.fit(x, 3, restarts=5).log_lik
    return Losses(best - gmm.fit(x, 3, seed=5).log_lik, best - gmm.fit(x, 3, "spherical").log_lik)


@cache.copied()
def fitted() -> dict[str, tuple[Tensor, gmm.Params]]:
    """name -> points and the last mixture of its run, as the button opens it."""
    found = {}
    for name, state in FAILURES.items():
        x = datasets.load(state.get("data", "faithful")).x
        floor = FLOORS.get(str(state.get("floor")), gmm.FLOOR)
        start = gmm.init(x, state.get("k", 2), state.get("seed", 0))
        found[name] = (x, gmm.trace(x, start, state.get("cov", "full"), floor, tol=results.TOL,
                                    max_steps=results.MOST_STEPS).steps[-1].params)
    return found


def part() -> None:
    """Every failure as a picture with one sentence, and the button that opens it."""
    page.introduction(
        "EM finds a local maximum of log p(x), not always a useful one. Six runs that went wrong: a button opens each "
        "of them in its part of this page. Ellipses: 2 standard deviations.",
        r"\Sigma_k \to 0 \;\text{at a point}\;\Rightarrow\; p(\mathbf{X}|\theta) \to \infty",
        ("covariance floor", "covariance types", "BIC"))
    lost, shown = losses(), fitted()
    with st.container(key=controls.PRESET_ROW):      # a button in it is one step of the browser's history
        for first in range(0, len(FAILURES), COLUMNS):
            _row(list(FAILURES)[first:first + COLUMNS], shown, lost)
            st.space("small")      # the container of buttons has no gap between its rows
    code(lost)


def _row(names: list[str], shown: dict[str, tuple[Tensor, gmm.Params]], lost: Losses) -> None:
    for place, name in zip(st.columns(COLUMNS), names, strict=True):
        with place:
            _failure(name, *shown[name], TEXTS[name].format(**lost._asdict()))


def _failure(name: str, x: Tensor, params: gmm.Params, text: str) -> None:
    across, up = results.registry_points(FAILURES[name].get("data", "faithful")).columns
    theta = plane.marginal(params)
    page.figure(thumbnails.clusters(x.numpy(), gmm.e_step(x, params).resp.numpy(), theta,
                                    (across, up), DARK if page.palette().dark else LIGHT), key=f"picture {name}",
                alt=f"{text} {len(x)} points and the {len(theta.weights)} ellipses of the run.")
    st.button(name, key=f"failure {name}", on_click=controls.reset, args=(FAILURES[name],),
              icon=":material/arrow_forward:")
    st.markdown(text)     # no caption: the lecture hall shows it too


def code(lost: Losses) -> None:
    """What two of the failures cost."""
    source_code.show(
        [gmm.fit, gmm.trace], heading="The formula", formula=r"\Sigma_k \to 0 \;\text{at a point}\;\Rightarrow\; "
        r"\log p(\mathbf{X}|\theta) \to \infty, \qquad p(\mathbf{X}|\theta) = p(\mathbf{X}|\theta_{\text{renamed}})",
        script="""
            from dgm import datasets, gmm
            x = datasets.load("three-clusters").x
            best = gmm.fit(x, 3, restarts=5).log_lik
            numbers = {"lost by a bad start": best - gmm.fit(x, 3, seed=5).log_lik,
                       "lost by round components": best - gmm.fit(x, 3, "spherical").log_lik}
        """, numbers={"lost by a bad start": lost.start, "lost by round components": lost.shape})
