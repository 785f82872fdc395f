"""The gap of many held-out images, split in two."""

import streamlit as st

from dgm import vae
from dgm.vae import inference_gap
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS
from pages.vae import shown_model
from pages.vae.figures import gaps as figures
from pages.vae.scene import Scene
from ui import cache, controls, page

IMAGES = 40     # whose gap is computed: about a tenth of a second each


def part(scene: Scene) -> None:
    """A switch, because it takes seconds; then the gaps of the first images, the largest first."""
    page.heading("The gap of many images")
    if not controls.draw("many"):
        return
    checkpoint = scene.newest()
    if checkpoint.config.latent > INTEGRABLE_LATENTS or scene.training:
        st.info("The gaps are computed for models of 1 or 2 latents that do not train at the moment.",
                icon=":material/info:")
        return
    found = split(checkpoint, scene.images, IMAGES)
    amortization, approximation = found.amortization, found.approximation
    page.figure(figures.many(amortization.numpy(), approximation.numpy(), page.palette()), key="many gaps",
                alt=figures.many_alt(amortization.numpy(), approximation.numpy()))
    lost, shape = float(amortization.mean()), float(approximation.mean())
    st.markdown(f"Means over the first {IMAGES} held-out images: the amortization gap is **{lost:.2f} nats**, the "
                f"approximation gap **{shape:.2f} nats**. {_larger(lost, shape)}")


def _larger(lost: float, shape: float) -> str:
    if lost > shape:
        return "So most is lost because one pass does not find the best Gaussian, not because q is a Gaussian."
    return "So most is lost because q is a Gaussian with independent coordinates."


@cache.shared(entries=8, spinner="Computing the gaps of the images …", hash_funcs={vae.Checkpoint: shown_model.digest})
def split(checkpoint: vae.Checkpoint, images: vae.Images, count: int) -> inference_gap.Gaps:
    """The gaps of the first `count` held-out images."""
    return inference_gap.gaps(checkpoint, vae.split_images(images).test[:count])
