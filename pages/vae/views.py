"""What a VAE has learned, in five views: manifold, scatter of the codes, samples, reconstructions, interpolation."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from dgm import vae
from pages.vae import shown_model
from pages.vae.figures import image_sheet, latent_space
from pages.vae.own_pictures import MINE
from pages.vae.scene import Scene, class_name
from pages.vae.state import PAIRS, SAMPLE, VIEWS
from ui import controls, live_run, page, question

SIDE = 15           # images of the manifold in a row
SAMPLES = 60
SECONDS = 2.0       # between two refreshes of the view


def part(scene: Scene) -> None:
    """The chosen view, which follows a moving run, and a question about the cost of the codes."""
    live_run.auto_refresh(scene.run, lambda: _view(scene), "view", every=SECONDS)
    if scene.labelled:
        page.section(lambda: scene.ask(lambda: _ask_highest_kl(scene)))


def _view(scene: Scene) -> None:
    draw = dict(zip(VIEWS, (_manifold, _scatter, _samples, _reconstructions, _interpolation),
                    strict=True))
    draw[controls.draw("view")](scene.newest(), scene)


def _sheet(images: Tensor, scene: Scene, columns: int, alt: str, width: int = 900) -> None:
    png = image_sheet.png(images.float().cpu().numpy(), scene.shape, columns, page.palette())
    page.picture(png, alt=alt, width=width)


def _manifold(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    st.caption(f"{SIDE} × {SIDE} decoder means at the prior's quantiles of z₁ and z₂: every picture stands for the "
               "same share of samples." + (" The other latents are 0." if checkpoint.config.latent > 2 else ""))
    _sheet(vae.manifold(checkpoint, SIDE).images.flatten(0, 1), scene, SIDE,
           f"{SIDE} by {SIDE} decoded images over the latent plane.", 640)


def _reconstructions(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    first = controls.draw("first", high=max(len(scene.held_out) - PAIRS, 0))
    x = scene.held_out[first : first + PAIRS]     # fewer where a visitor brought few pictures
    st.caption("Above: test images. Below: through the encoder's mean and the decoder.")
    _sheet(torch.cat([x, vae.reconstruct(checkpoint, x)]), scene, len(x),
           f"Test images {first} to {first + len(x) - 1} and their reconstructions.", 90 * len(x))


def _interpolation(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    start, end = _two_controls("from", "to", high=len(scene.held_out) - 1)
    pair = scene.held_out[[start, end]]
    _, steps = vae.interpolate(checkpoint, pair[0], pair[1], PAIRS)
    first, last = (f" ({class_name(scene.labels[row])})" if scene.labelled else "" for row in (start, end))
    st.caption(f"From image {start}{first} to image {end}{last}, along the straight line between their latent means. "
               "The images themselves stand at the ends.")
    _sheet(torch.cat([pair[:1], steps.to(pair), pair[1:]]), scene, PAIRS + 2,
           f"{PAIRS} decoded images between test images {start} and {end}.")


def _two_controls(left: str, right: str, **limits: Any) -> tuple[int, int]:
    """Draw two controls side by side that have whole numbers as values."""
    places = st.columns(2)
    with places[0]:
        first = int(controls.draw(left, **limits))
    with places[1]:
        return first, int(controls.draw(right, **limits))


def _scatter(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    latent = checkpoint.config.latent
    if latent == 1:
        st.caption("With one latent the pad of the first part shows all codes.")
        return
    across, up = _two_controls("across", "up", options=[str(i + 1) for i in range(latent)])
    means = shown_model.held_out_means(checkpoint, scene.images)
    page.figure(latent_space.scatter(means, scene.labels.numpy(), page.palette(), dims=(across - 1, up - 1)),
                key="scatter",
                alt=latent_space.scatter_alt(means, scene.labels.numpy(), dims=(across - 1, up - 1)))


def _samples(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    seed = controls.value("sample_seed")
    pixels = controls.draw("sample_pixels") == SAMPLE
    st.caption("z ~ N(0, I), decoded: " + ("a draw of pixels each." if pixels else "the decoder's mean each."))
    _sheet(vae.sample(checkpoint, SAMPLES, seed, pixels), scene, 12, f"{SAMPLES} samples of the model.")


def _ask_highest_kl(scene: Scene) -> None:
    """Predict which digit's codes have the highest KL to the prior."""
    x, labels = scene.held_out[scene.labels != MINE], scene.labels[scene.labels != MINE]

    def kl() -> dict[int, float]:
        return shown_model.kl_by_class(scene.checkpoint, x, labels)

    digits = sorted({int(label) for label in labels})
    if question.choice(
            "highest_kl",
            "Which digit has the largest KL to the prior, on average over the test images?",
            [str(digit) for digit in digits],
            truth=lambda: str(vae.highest_kl_class(scene.checkpoint, x, labels)),
            why=lambda digit: "The KL is large when the encoder's mean is far from 0 or its deviation is small; for "
            f"{digit}s it is {kl()[int(digit)]:.2f} nats on average.", about=scene.situation):
        st.caption("Mean KL by digit, nats: " + ", ".join(f"{digit}: {value:.2f}" for digit, value in kl().items()))
