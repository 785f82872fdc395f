"""The VAE page's centrepiece: the latent pad with the model that is shown, its z in the link, and the challenge."""

import streamlit as st
from torch import Tensor

from dgm import vae, vae_views
from dgm.ui import controls, lesson, shown_model
from dgm.ui.latent_pad import latent_pad
from dgm.ui.vae_sheets import Scene

HELD_OUT, TRAINING = 600, 4000  # points drawn on the pad, points counted near the hand
CLOSE = 3.0  # nats from the best known reconstruction: the challenge is met


def settings() -> None:
    """What the pad shows: decoder mean or pixels, and whether there is a target."""
    with st.container(horizontal=True):
        controls.choice("Picture", "pixels", ["decoder mean", "a sample of pixels"])
        controls.switch("Challenge: find a held-out image", "challenge")


def explorer(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    """The pad, and the task to find a held-out image by hand."""
    latent = checkpoint.config.latent
    target = _target(scene)
    best = shown_model.best_latent(checkpoint, target)[1] if target is not None else None
    z = latent_pad(
        "pad", vae_views.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent,
        means=shown_model.latent_means(checkpoint, scene.images, "test", HELD_OUT), labels=scene.labels[:HELD_OUT],
        train_means=shown_model.latent_means(checkpoint, scene.images, "train", TRAINING), near=vae_views.NEAR,
        z=_linked(latent), sample=st.session_state.get("pixels") == "a sample of pixels", target=target, best=best,
        seed=int(st.session_state.get("seed", 0)), on_change=_keep)
    if target is not None and best is not None:
        _challenge(checkpoint, target, z, best)


def _linked(latent: int) -> tuple[float, ...]:
    """z as the link says; anything that is no point of this latent space is ignored with a note."""
    controls.belongs("z")
    origin = (0.0,) * latent
    raw = st.query_params.get("z")
    if not raw:
        return origin
    z = shown_model.parse_z(raw, latent)
    if z is None:
        controls.note(f"The link's z is not a point of this {latent}-D latent space; the point starts at the origin.")
        del st.query_params["z"]
        return origin
    return z


def _keep(z: tuple[float, ...]) -> None:
    """The hand let go: z is part of the link from now on."""
    if any(z):
        st.query_params["z"] = ",".join(f"{v:g}" for v in z)
    else:
        st.query_params.pop("z", None)


def _target(scene: Scene) -> Tensor | None:
    if not st.session_state.get("challenge"):
        return None
    test = scene.held_out
    return test[min(int(st.session_state.get("image", 3)), len(test) - 1)].cpu()


def _challenge(checkpoint: vae.Checkpoint, target: Tensor, z: tuple[float, ...], best: float) -> None:
    reached = vae_views.explained(checkpoint, target, z)
    lesson.challenge(f"Move z until the decoder explains the target within {CLOSE:g} nats of the best known "
                     f"log p(x | z) = {best:.1f}.", reached >= best - CLOSE, f"{reached:.1f} nats where you let go")
