"""The gap of many test images, split in two, and why the importance weighted bound stays below log p(x)."""

import streamlit as st

from dgm import vae
from dgm.vae import inference_gap
from dgm.vae.evidence import importance
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS
from pages.vae import shown_model
from pages.vae.figures import gaps as figures
from pages.vae.scene import Scene
from ui import cache, controls, page

IMAGES = 40     # at most, whose gap is computed: about a tenth of a second each
DRAWS = 500     # of the importance weighted bound
SHARE = 0.9     # of the posterior's mass


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
    known = found.error.isfinite()
    if not bool(known.any()):
        st.info("log p(x) is not known for these images: their posteriors are too narrow or too far out to be "
                "integrated.", icon=":material/info:")
        return
    amortization, approximation = found.amortization[known], found.approximation[known]
    page.figure(figures.many(amortization.numpy(), approximation.numpy(), page.palette()), key="many gaps",
                alt=figures.many_alt(amortization.numpy(), approximation.numpy()))
    lost, shape = float(amortization.mean()), float(approximation.mean())
    left_out = int((~known).sum())
    st.markdown(f"Means over the first {len(known)} test images{_without(left_out)}: the amortization gap is "
                f"**{lost:.2f} nats**, the approximation gap **{shape:.2f} nats**. {_larger(lost, shape)}")
    _importance(checkpoint, scene, len(known), len(amortization))


def _without(left_out: int) -> str:
    return f", without {left_out} whose log p(x) is not known" if left_out else ""


def _importance(checkpoint: vae.Checkpoint, scene: Scene, count: int, known: int) -> None:
    """Why the importance weighted bound of many draws from q stays below log p(x) too.

    count: of the images. known: of how many of them log p(x) is known.
    """
    below, missed = missing(checkpoint, scene.images, count)
    st.markdown(f"The importance weighted bound of {DRAWS} draws from $q$ stays {max(below, 0):.2f} nats below "
                f"$\\log p(\\mathbf{{x}})$ on average. For {missed} of the {known} images, fewer than one of the "
                f"{DRAWS} draws is expected where {SHARE:.0%} of the exact posterior lies."
                + (" Draws that never land there cannot be weighted up." if missed else ""))


def _larger(lost: float, shape: float) -> str:
    if lost > shape:
        return "So most is lost because one pass does not find the best Gaussian, not because q is a Gaussian."
    return "So most is lost because q is a Gaussian with independent coordinates."


@cache.copied(spinner="Computing the bounds of the images …",
              hash_funcs={vae.Checkpoint: shown_model.digest})
def missing(checkpoint: vae.Checkpoint, images: vae.Images, count: int) -> tuple[float, int]:
    """How far the importance weighted bound is below log p(x) on average, nats, and for how many images q misses it."""
    x = vae.split_images(images).test[:count]
    found, reach = importance.weights(checkpoint, x, DRAWS), importance.reach(checkpoint, x, DRAWS, SHARE)
    known = reach.error.isfinite()
    return float((reach.log_p - found.bound)[known].mean()), int((reach.draws[known] < 1).sum())


@cache.shared(spinner="Computing the gaps of the images …", hash_funcs={vae.Checkpoint: shown_model.digest})
def split(checkpoint: vae.Checkpoint, images: vae.Images, count: int) -> inference_gap.Gaps:
    """The gaps of the first `count` test images."""
    return inference_gap.gaps(checkpoint, vae.split_images(images).test[:count])
