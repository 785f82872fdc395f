"""The VAE page's centrepiece: the latent pad with the model that is shown, its z in the link, and the challenge."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import vae
from pages.vae import shown_model
from pages.vae.state import SAMPLE
from pages.vae.views import Scene
from ui import controls, page, question
from ui.components.latent_pad import latent_pad, link

PAD = "pad"
HELD_OUT, TRAINING = 600, 4000  # points drawn on the pad, points counted near z
CLOSE = 3.0  # nats from the best known reconstruction: the challenge is met


class _Look(NamedTuple):
    """What the pad shows."""

    seed: int | None    # of a draw of pixels; None: the decoder's mean
    target: Tensor | None  # the held-out image to find


def _settings(scene: Scene) -> _Look:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sample = controls.draw("pixels") == SAMPLE
        seed = controls.draw("pixel_seed") if sample else None
        challenge = controls.draw("challenge")
        wanted = controls.draw("target", high=len(scene.held_out) - 1) if challenge else 0
    return _Look(seed, scene.held_out[wanted].cpu() if challenge else None)


def explorer(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    """The pad, and the task to find a held-out image by hand."""
    latent = checkpoint.config.latent
    seed, target = _settings(scene)
    best = shown_model.best_latent(checkpoint, target)[1] if target is not None else None
    z = latent_pad(
        PAD, shown_model.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent,
        means=shown_model.latent_means(checkpoint, scene.images, "test", HELD_OUT), labels=scene.labels[:HELD_OUT],
        train_means=shown_model.latent_means(checkpoint, scene.images, "train", TRAINING), near=vae.NEAR,
        z=link.linked(latent), seed=seed, target=target, best=best, on_change=link.go_to)
    if target is not None and best is not None:
        _challenge(checkpoint, target, z, best)


def _challenge(checkpoint: vae.Checkpoint, target: Tensor, z: tuple[float, ...], best: float) -> None:
    reached = vae.log_likelihood_at(checkpoint, target, z)
    page.challenge(f"Move z until the decoder explains the target within {CLOSE:g} nats of the best known "
                     f"log p(x | z) = {best:.1f}.", reached >= best - CLOSE, f"{reached:.1f} nats where you let go")


def ask_nowhere(checkpoint: vae.Checkpoint, scene: Scene, situation: str) -> None:
    """Predict how often the prior draws where no image has its code."""
    if question.number(
            "nowhere", r"Draw $\mathbf{z} \sim \mathcal{N}(0, I)$ many times. How many percent of the draws land where "
            f"**no** training image has its latent mean within {vae.NEAR:g}?",
            truth=lambda: 100 * shown_model.prior_mass_off_data(checkpoint, scene.images, 0),
            why=lambda exact: "The codes of the training images fill the prior, so that a draw from it nearly always "
            "has neighbours: the KL term asked for just that. With sixteen latents it is quite different."
            if exact < 5 else
            "The decoder draws something there all the same: a clear picture is no evidence that data live at z.",
            low=0.0, high=100.0, start=50.0, step=1.0, unit="%", about=situation):
        st.caption("On the pad, the count of training means near the point says the same of one place.")
