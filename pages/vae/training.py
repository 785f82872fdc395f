"""The VAE page's training: the curves of the bound and its terms, and the history of the latent space."""

import streamlit as st

from dgm import jobs
from dgm.vae.live_training import MEASURED, Record, Training
from pages.vae.figures import latent_space, training_curves
from pages.vae.scene import Scene
from ui import live_run, page
from ui.components.live_figure.playback import playback

SECONDS = 1.2   # between two refreshes of the curves


def part(scene: Scene) -> None:
    """The curves while the run moves, and the history of its latent space when it rests."""
    page.heading("Training: the bound and its two terms")
    live_run.auto_refresh(scene.run, lambda: _curves(scene.run.latest), "curves", every=SECONDS)
    _latent_history(scene.run, scene)


def _curves(training: Training) -> None:
    """The bound and its two terms over the steps, and the final algorithm with the numbers of its newest record."""
    if not training.records:
        st.caption("Press Train: the curves of ELBO, reconstruction and KL appear here, nats per image.")
        return
    beta = training.checkpoint.config.beta
    st.latex(_newest(training.records[-1], beta))
    st.caption(_about_newest(beta))
    page.figure(training_curves.curves(training.records, page.palette()), key="curves",
                alt=training_curves.curves_alt(training.records))


def _about_newest(beta: float) -> str:
    """What the formula's numbers are, and which of them the curves show."""
    measured = f"Means over the first {MEASURED} held-out images, with one ε* for each."
    if beta == 1:
        return measured
    return measured + (r" Training climbs $\mathcal{L}_\beta$, whose KL is weighted by β; the curves show the ELBO "
                       r"$\mathcal{L} = \mathcal{L}_1$, the bound on $\log p(\mathbf{x})$.")


def _newest(record: Record, beta: float) -> str:
    bound = r"\mathcal{L}" if beta == 1 else r"\mathcal{L}_\beta"
    return (rf"\text{{step }}{record.step}:\quad"
            + page.term("q", bound, record.held_out_recon - beta * record.held_out_kl, "nats") + "="
            + page.term("reconstruction", r"\log p(\mathbf{x}|g(\mathbf{x},\epsilon^*,\phi),\theta)",
                        record.held_out_recon)
            + ("-" if beta == 1 else rf"-{beta:g}\cdot")
            + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", record.held_out_kl))


def _latent_history(run: jobs.Run, scene: Scene) -> None:
    """The run's latent space from its first step on, played and scrubbed in the browser."""
    training: Training = run.latest
    if live_run.active(run) or len(training.snapshots) < 2 or training.checkpoint.config.latent < 2:
        return
    with st.expander("Watch the latent space organise itself again", icon=":material/movie:"):
        assert scene.data.labels is not None    # as `scene.choose`
        labels = scene.data.labels[scene.data.split().validation][: len(training.snapshots[0].means)]
        playback(latent_space.latent_history(training.snapshots, labels.numpy(), page.palette()),
                 key=f"latent history {training.step}", alts=latent_space.latent_history_alt(training.snapshots))
