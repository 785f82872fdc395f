"""The mixture page's situations, and its last part: a museum of failures, each a link to the part that shows it."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from dgm import datasets, gmm
from pages.gmm import em, results
from ui import cache, source_code

END = {"from": em.FILM[1]}


class Exhibit(NamedTuple):
    """One failure: its name, the controls that show it, and what to see there (with `losses` in braces)."""

    name: str
    state: Mapping[str, Any]
    lesson: str


MUSEUM = (
    Exhibit("Singular component", {"k": 12, "cov": "diag", "seed": 11, "floor": results.EXACT} | END,
            "Many eruptions have the very same waiting time. A component that narrows onto them has a density without "
            "bound: exact EM runs away and stops with a named error. The covariance floor is the remedy."),
    Exhibit("Bad start", {"data": "three-clusters", "k": 3, "seed": 5} | END,
            "EM ends on the hill where it began: two components share one cluster, one carries two. It is "
            "{start:.2f} nats per point below what other seeds find. Restarts are the remedy."),
    Exhibit("Label switching", {"seed": 1} | END,
            "The same mixture as with seed 0, to all digits, with the names 1 and 2 exchanged: the likelihood cannot "
            "tell K! namings apart. Compare densities, never component numbers."),
    Exhibit("Too many components", {"part": "How many?", "k": 9},
            "log p(x) of the fitted points is higher than with K = 2, and points that EM never saw pay for it: "
            "predict, then see the curve over K."),
    Exhibit("Wrong covariance", {"part": "The mixture", "data": "three-clusters", "k": 3, "cov": "spherical"},
            "Three slanted clusters and only round components: {shape:.2f} nats per point are lost that full "
            "covariances have, and BIC asks for more components than there are clusters."),
    Exhibit("No mixture of Gaussians", {"part": "The mixture", "view": "density", "data": "moons", "k": 2},
            "Two half circles: the density is fair, the components are not the clusters. A good likelihood is no proof "
            "that z means something."),
)

PRESETS: dict[str, Mapping[str, Any]] = {
    "Old Faithful": {},
    "Known truth": {"data": "three-clusters", "k": 3, "known": True},
    "Overlap": {"data": "overlapping", "k": 2, "known": True},
    "Iris": {"data": "iris", "k": 3, "seed": 1},
    "Points of your own": {"own": "1_1_1.5_2_2_1.2_1.2_1.7_1.8_1.9_2.2_2.1_7_7.5_7.6_8_6.9_8.4_8_7.2_7.4_7.1_8.2_8.3"},
    "Challenge": {"k": 3},
    **{exhibit.name: exhibit.state for exhibit in MUSEUM[:2]},
}
# A situation may set controls of a part that is not on the page while its button is pressed.
DEFAULTS = {"part": "EM", "data": "faithful", "k": 2, "start": gmm.STARTS[0], "seed": 0, "cov": "full",
            "floor": results.FLOORED, "restarts": 1, "from": em.FILM[0], "known": False, "view": "pies",
            "along": 100, "only": "all"}


class Losses(NamedTuple):
    """What two failures cost on the three clusters, nats per point."""

    start: float    # the bad seed
    shape: float    # round components


@cache.copied(entries=1)
def losses() -> Losses:
    """Against the best of five starts with full covariances."""
    x = datasets.load("three-clusters").x
    best = gmm.fit(x, 3, restarts=5).log_lik
    return Losses(best - gmm.fit(x, 3, seed=5).log_lik, best - gmm.fit(x, 3, "spherical").log_lik)


def part() -> None:
    """Every failure with what to see, and the link that shows it."""
    st.markdown("A museum of failures. Each name is a link to the state of this page that shows it.")
    for exhibit in MUSEUM:
        text = exhibit.lesson.format(**losses()._asdict())
        st.markdown(f"**[{exhibit.name}](?{urlencode(exhibit.state)})** {text}")
    code()


def code() -> None:
    """What two of the failures cost."""
    lost = losses()
    source_code.show(
        [gmm.fit, gmm.trace], formula=r"\Sigma_k \to 0 \;\text{on a point}\;\Rightarrow\; \log p(\mathbf{X}|\theta) "
        r"\to \infty, \qquad p(\mathbf{X}|\theta) = p(\mathbf{X}|\theta_{\text{renamed}})",
        script="""
            from dgm import datasets, gmm
            x = datasets.load("three-clusters").x
            best = gmm.fit(x, 3, restarts=5).log_lik
            numbers = {"lost by a bad start": best - gmm.fit(x, 3, seed=5).log_lik,
                       "lost by round components": best - gmm.fit(x, 3, "spherical").log_lik}
        """, numbers={"lost by a bad start": lost.start, "lost by round components": lost.shape})
