"""What a VAE knows, seen six ways: manifold, reconstructions, interpolation, scatter, samples, your own digit."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import vae
from pages.vae import own_digit, shown_model
from pages.vae.figures import latent_space as figures
from pages.vae.state import PAIRS, SAMPLE
from ui import controls, page, question

SIDE = 15


class Scene(NamedTuple):
    """The images that a view shows a model on."""

    images: vae.Images
    labels: Tensor           # (N,) of the held-out images
    shape: tuple[int, int]

    @property
    def held_out(self) -> Tensor:
        """(N, D) black and white."""
        return vae.split_images(self.images).test


def _sheet(images: Tensor, scene: Scene, columns: int, alt: str, width: int = 900) -> None:
    png = figures.sheet(images.float().cpu().numpy(), scene.shape, columns, page.palette())
    page.picture(png, alt=alt, width=width)


def _manifold(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    st.caption(f"{SIDE} × {SIDE} decoder means at the prior's quantiles of z₁ and z₂: every picture stands for the "
               "same share of samples." + (" The other latents are 0." if checkpoint.config.latent > 2 else ""))
    _sheet(vae.manifold(checkpoint, SIDE).images.flatten(0, 1), scene, SIDE,
           f"{SIDE} by {SIDE} decoded images over the latent plane.", 640)


def _reconstructions(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    first = controls.draw("first", high=len(scene.held_out) - PAIRS)
    x = scene.held_out[first : first + PAIRS]
    st.caption("Above: held-out images. Below: through the encoder's mean and the decoder.")
    _sheet(torch.cat([x, vae.reconstruct(checkpoint, x)]), scene, PAIRS,
           f"Held-out images {first} to {first + PAIRS - 1} and their reconstructions.")


def _interpolation(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    last = len(scene.held_out) - 1
    one, two = st.columns(2)
    with one:
        start = controls.draw("from", high=last)
    with two:
        end = controls.draw("to", high=last)
    pair = scene.held_out[[start, end]]
    _, steps = vae.interpolate(checkpoint, pair[0], pair[1], PAIRS)
    st.caption(f"From a {int(scene.labels[start])} to a {int(scene.labels[end])}, along the straight line between "
               "their latent means; the images themselves stand at the ends.")
    _sheet(torch.cat([pair[:1], steps.to(pair), pair[1:]]), scene, PAIRS + 2,
           f"{PAIRS} decoded images between held-out images {start} and {end}.")


def _scatter(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    means = shown_model.latent_means(checkpoint, scene.images, "test", len(scene.held_out))
    if checkpoint.config.latent == 1:
        st.caption("With one latent the pad above shows all there is.")
        return
    names = [str(i + 1) for i in range(checkpoint.config.latent)]
    one, two = st.columns(2)
    with one:
        across = int(controls.draw("across", options=names)) - 1
    with two:
        up = int(controls.draw("up", options=names)) - 1
    page.figure(figures.scatter(means, scene.labels.numpy(), page.palette(), dims=(across, up)), key="scatter",
                  alt=f"Latent means of {len(means)} held-out images on latents {across + 1} and {up + 1}, by digit.")


def _samples(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    seed = controls.draw("sample_seed")
    pixels = controls.draw("sample_pixels") == SAMPLE
    st.caption("z ~ N(0, I), decoded: " + ("a draw of pixels each." if pixels else "the decoder's mean each."))
    _sheet(vae.sample(checkpoint, 60, seed, pixels), scene, 12, "60 samples of the model.")


def _own(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    own_digit.view(checkpoint, scene.images, scene.shape)


VIEWS: dict[str, Callable[[vae.Checkpoint, Scene], None]] = {
    "manifold": _manifold,
    "reconstructions": _reconstructions,
    "interpolation": _interpolation,
    "latent scatter": _scatter,
    "samples": _samples,
    "your own digit": _own,
}


def views(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    """One of the six, as chosen."""
    VIEWS[controls.draw("view")](checkpoint, scene)


def ask_dearest(checkpoint: vae.Checkpoint, scene: Scene, situation: str) -> None:
    """Predict which digit's codes cost most."""
    costs = lru_cache(lambda: vae.kl_by_class(checkpoint, scene.held_out, scene.labels))  # when it is asked for
    digits = sorted({int(label) for label in scene.labels})
    if question.choice("dearest", "Which digit costs most nats of KL, on average over the held-out images?",
                       [str(digit) for digit in digits],
                       truth=lambda: str(vae.highest_kl_class(checkpoint, scene.held_out, scene.labels)),
                       why=lambda digit: f"A code far from the prior, or a sharp one, is dear: each {digit} pays "
                       f"{costs()[int(digit)]:.2f} nats.", about=situation):
        st.caption("Nats of KL by digit: " + ", ".join(f"{digit}: {kl:.2f}" for digit, kl in costs().items()))
