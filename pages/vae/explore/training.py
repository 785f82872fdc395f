"""The VAE page's training: the numbers of the newest step, and the history of the latent space."""

import streamlit as st

from dgm import jobs
from dgm.vae.live_training import MEASURED, Record, Training
from pages.vae.figures import latent_space
from pages.vae.scene import Scene
from pages.vae.shown_model import measured, nats
from ui import live_run, page
from ui.components.live_figure.playback import playback
from ui.figures.written import difference

SECONDS = 1.2   # between two refreshes of the numbers


def part(scene: Scene) -> None:
    """The numbers while the run moves, and the history of its latent space when it rests."""
    with st.container():    # one element, as in `cockpit`
        live_run.auto_refresh(scene.run, lambda: _numbers(scene), "numbers", every=SECONDS)
        _latent_history(scene.run, scene)


def _numbers(scene: Scene) -> None:
    """The bound and its two terms at the run's newest record, or at the step that the page shows."""
    training: Training = scene.run.latest
    if not training.records:
        return
    beta = training.checkpoint.config.beta
    moving = live_run.active(scene.run)
    st.latex(_at(training.records[-1] if moving else measured(scene.back or training.checkpoint, scene.images), beta))
    st.caption(_about(beta, "the newest measured" if moving else "the shown",
                      min(MEASURED, len(scene.validation_labels))))


def _about(beta: float, which: str, count: int) -> str:
    """What the formula's numbers are, and which of them the curves show. which: step. count: of the images."""
    means = f"Means over the first {count} validation images, with one ε* for each, at {which} step."
    if beta == 1:
        return means
    return means + (r" Training maximises $\mathcal{L}_\beta$, whose KL is weighted by β; the curves show the bound "
                    r"$\mathcal{L} = \mathcal{L}_1$ on $\log p(\mathbf{x})$.")


def _at(record: Record, beta: float) -> str:
    bound = r"\mathcal{L}" if beta == 1 else r"\mathcal{L}_\beta"
    return (rf"\text{{step }}{record.step}:\quad"
            + page.term("q", bound, nats(bound_of(record, beta)), "nats") + "="
            + page.term("reconstruction", r"\log p(\mathbf{x}|g(\mathbf{x},\epsilon^*,\phi),\theta)",
                        nats(record.held_out_recon))
            + ("-" if beta == 1 else rf"-{beta:g}\cdot")
            + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", nats(record.held_out_kl)))


def bound_of(record: Record, beta: float) -> float:
    """The bound with a weighted KL, of both terms as they are written, nats."""
    return difference(record.held_out_recon, beta * round(record.held_out_kl, 2), 2)


def _latent_history(run: jobs.Run, scene: Scene) -> None:
    """The run's latent space from its first step on, played and scrubbed in the browser."""
    training: Training = run.latest
    if live_run.active(run) or len(training.snapshots) < 2 or training.checkpoint.config.latent < 2:
        return
    with st.expander("Play back how the codes moved", icon=":material/play_circle:"):
        labels = scene.validation_labels[: len(training.snapshots[0].means)]
        shown = training.snapshots, labels.numpy()
        playback(latent_space.latent_history(*shown, page.palette()), key=f"latent history {training.step}",
                 alts=latent_space.latent_history_alt(*shown))
