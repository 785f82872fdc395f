"""The latent pad with the model that is shown, and a question about the space between the images."""

import streamlit as st

from dgm import vae
from pages.vae import shown_model
from pages.vae.explore import path
from pages.vae.scene import Scene
from pages.vae.state import SAMPLE
from ui import controls, page, question
from ui.components.latent_pad import latent_pad, link

PAD = "pad"


def pad(checkpoint: vae.Checkpoint, scene: Scene, height: int) -> None:
    """The pad, and what its picture shows. height: of the map."""
    place = st.container()
    plane = checkpoint.config.latent == 2
    seed, record = _below(plane)
    latent, near = checkpoint.config.latent, shown_model.near(checkpoint, scene.images)
    means = shown_model.pad_means(checkpoint, scene.images)
    with place:
        latent_pad(
            PAD, shown_model.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent, means=means.held_out,
            labels=scene.labels[:len(means.held_out)] if scene.labelled else None, train_means=means.train, near=near,
            z=link.linked(latent), seed=seed, height=height, on_change=link.go_to, record=record,
            path=controls.value("path") if plane else (), on_path=path.remember)
    st.caption(f"Near means within {near:g}: 99 of 100 training images have another one's latent mean, or a draw from "
               "their own q(z | x), as near as that.")
    if plane:
        path.show(checkpoint, scene.shape, record)


def _below(plane: bool) -> tuple[int | None, bool]:
    """The seed of a draw of pixels, None for the decoder's mean; and whether the next drag is recorded."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sample = controls.draw("pixels") == SAMPLE
        seed = int(controls.draw("pixel_seed")) if sample else None
        return seed, bool(plane and controls.draw("record"))


def ask(scene: Scene) -> None:
    """A question about the space between the images."""
    page.section(lambda: _ask_mass_off_data(scene))


def _ask_mass_off_data(scene: Scene) -> None:
    """Predict how much of the prior lies where no training image has its code."""
    def off_data() -> shown_model.Estimate:
        return shown_model.prior_mass_off_data(scene.checkpoint, scene.images)

    question.number(
        "off_data", r"Now draw $\mathbf{z} \sim \mathcal{N}(0, I)$ many times. Of 100 draws, how many land "
        "where **no** training image has its latent mean within "
        f"{shown_model.near(scene.checkpoint, scene.images):g}?",
        truth=lambda: 100 * off_data().value, error=lambda: 100 * off_data().error,
        why=lambda exact: "The codes of the training images fill the prior, because the KL term pulls every q(z | x) "
        "towards it. So nearly every draw from the prior has neighbours."
        if exact < 5 else
        "The decoder draws something there as well. A clear picture does not show that images have their codes near z.",
        low=0.01, high=100.0, start=10.0, unit="of 100", ratio=True, about=scene.situation)
