"""The VAE page's centrepiece: the latent pad with the model that is shown, and the challenge to find an image."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import vae
from pages.vae import shown_model
from pages.vae.scene import Scene
from pages.vae.state import SAMPLE
from ui import controls, dataset_menu, live_run, page, question
from ui.components.latent_pad import latent_pad, link

PAD = "pad"
CLOSE = 3.0  # nats from the best known reconstruction: the challenge is met


class _Picture(NamedTuple):
    """What the pad decodes, and the image to find."""

    seed: int | None       # of a draw of pixels; None: the decoder's mean
    target: Tensor | None  # (D,)


def part(scene: Scene) -> None:
    """The pad, which follows a moving run, and a question about the space between the images."""
    page.heading("Drag z: the picture follows")
    live_run.auto_refresh(scene.run, lambda: _pad(scene.newest(), scene), "explorer")
    dataset_menu.credit(scene.data)
    page.section(lambda: _ask_mass_off_data(scene))


def _pad(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    """The pad, and the task to find a held-out image with it."""
    latent = checkpoint.config.latent
    seed, target = _picture(scene)
    best = None if target is None else shown_model.best_log_likelihood(checkpoint, target)
    means = shown_model.pad_means(checkpoint, scene.images)
    z = latent_pad(
        PAD, shown_model.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent, means=means.held_out,
        labels=scene.labels[:len(means.held_out)], train_means=means.train,
        near=shown_model.near(checkpoint, scene.images), z=link.linked(latent), seed=seed, target=target, best=best,
        on_change=link.go_to)
    st.caption(f"Near: within {shown_model.near(checkpoint, scene.images):g}. So near 99 of 100 training images have "
               "another one's latent mean, or a draw from q(z | x) its own.")
    if target is not None and best is not None:
        _challenge(vae.log_likelihood_at(checkpoint, target, z), best)


def _picture(scene: Scene) -> _Picture:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sample = controls.draw("pixels") == SAMPLE
        seed = controls.draw("pixel_seed") if sample else None
        challenge = controls.draw("challenge")
        index = controls.draw("target", high=len(scene.held_out) - 1) if challenge else 0
    return _Picture(seed, scene.held_out[index] if challenge else None)


def _challenge(reached: float, best: float) -> None:
    page.challenge(f"Move z until the decoder explains the target within {CLOSE:g} nats of the best known "
                   f"log p(x | z) = {best:.1f}.", reached >= best - CLOSE, f"{reached:.1f} nats where you let go")


def _ask_mass_off_data(scene: Scene) -> None:
    """Predict how much of the prior lies where no training image has its code."""
    def off_data() -> shown_model.Estimate:
        return shown_model.prior_mass_off_data(scene.checkpoint, scene.images)

    if question.number(
            "off_data", r"Draw $\mathbf{z} \sim \mathcal{N}(0, I)$ many times. How many percent of the draws land "
            "where **no** training image has its latent mean within "
            f"{shown_model.near(scene.checkpoint, scene.images):g}?",
            truth=lambda: 100 * off_data().value, error=lambda: 100 * off_data().error,
            why=lambda exact: "The codes of the training images fill the prior, so that a draw from it nearly always "
            "has neighbours: the KL term asked for just that. With sixteen latents it is quite different."
            if exact < 5 else
            "The decoder draws something there all the same: a clear picture is no evidence that data live at z.",
            low=0.0, high=100.0, start=50.0, step=1.0, unit="%", about=scene.situation):
        st.caption("On the pad, the count of training means near the point says the same of one place.")
