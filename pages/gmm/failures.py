"""The mixture page's last part: failures of EM, each a link to the state that shows it."""

from typing import NamedTuple
from urllib.parse import urlencode

import streamlit as st

from dgm import datasets, gmm
from pages.gmm.state import FAILURES
from ui import cache, source_code

# What to see in each of FAILURES; the fields of `losses` are in braces.
TEXTS = {
    "Singular component": "One of twelve components keeps a single point, the eruption of 5.1 minutes with a wait of "
    "96. Its variance shrinks to zero, so its density there grows without bound: exact EM stops with a named error. "
    "The covariance floor is the remedy.",
    "Bad start": "EM ends on the hill where it began: two components share one cluster, one carries two. It is "
    "{start:.2f} nats per point below what other seeds find. Restarts are the remedy.",
    "Label switching": "The same mixture as with seed 0, to all digits, with the names 1 and 2 exchanged: the "
    "likelihood cannot tell K! namings apart. Compare densities, never component numbers.",
    "Too many components": "log p(x) of the fitted points is higher than with K = 2, and points that EM never saw pay "
    "for it: predict, then see the curve over K.",
    "Wrong covariance": "Three slanted clusters and only round components: {shape:.2f} nats per point are lost that "
    "full covariances have, and BIC asks for more components than there are clusters.",
    "No mixture of Gaussians": "Two half circles: the density is fair, the components are not the clusters. A good "
    "likelihood is no proof that z means something.",
}


class Losses(NamedTuple):
    """What two failures cost on the three clusters, nats per point."""

    start: float    # the bad seed
    shape: float    # round components


@cache.copied(entries=1)
def losses() -> Losses:
    """The two losses against the best of five starts with full covariances."""
    x = datasets.load("three-clusters").x
    best = gmm.fit(x, 3, restarts=5).log_lik
    return Losses(best - gmm.fit(x, 3, seed=5).log_lik, best - gmm.fit(x, 3, "spherical").log_lik)


def part() -> None:
    """Every failure with what to see, and the link that shows it."""
    st.markdown("A museum of failures. Each name is a link to the state of this page that shows it.")
    lost = losses()
    for name, state in FAILURES.items():
        st.markdown(f"**[{name}](?{urlencode(state)})** {TEXTS[name].format(**lost._asdict())}")
    code(lost)


def code(lost: Losses) -> None:
    """What two of the failures cost."""
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
