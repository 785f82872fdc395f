"""The VAE page's one image: its bound, the exact log p(x) above it, and the code that computed both."""

import streamlit as st
import torch
from torch import Tensor

from dgm import vae
from dgm.vae import inspection
from pages.vae import own_run, shown_model
from pages.vae.figures import image_sheet
from pages.vae.scene import Scene
from ui import controls, page, question, source_code
from ui.figures import bound_ruler

FORMULA = (r"\nabla_\phi \mathcal{L} = \nabla_\phi \log p(\mathbf{x}_i | g(\mathbf{x}_i, \epsilon^*, \phi), \theta)"
           r" - \nabla_\phi KL(q(\mathbf{z}_i|\mathbf{x}_i,\phi)\,\|\,p(\mathbf{z}_i)), "
           r"\quad \epsilon^* \sim r(\epsilon)")


def part(scene: Scene) -> None:
    """Choose a held-out image; its bound, how far that is from log p(x), and the script."""
    page.section(lambda: _one_image(scene.newest(), scene))


def _one_image(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    page.heading("One image, its bound, and the truth above it")
    index, seed = _choose(len(scene.held_out))
    image = scene.held_out[index]
    terms = shown_model.terms(checkpoint, image, seed)
    about = f"{scene.data.name} {scene.model} {checkpoint.step} {index}"
    _claim(terms, question.revealed("gap", about))
    picture, ask = st.columns([1, 3])
    with picture:
        _pair(checkpoint, image, f"image {index}, a {int(scene.labels[index])}, and its reconstruction", scene.shape)
    with ask:
        shown = _ask_gap(terms, about)
    if shown:
        _ruler(terms, checkpoint.config.latent)
    _code(own_run.as_code(scene.model, scene.run, scene.images), terms, own_run.images_as_code(scene.images), index,
          seed)


def _choose(count: int) -> tuple[int, int]:
    """The number of an image among `count`, and the seed of the draws from q(z | x)."""
    left, right = st.columns(2)
    with left:
        index = controls.draw("image", high=count - 1)
    with right:
        return index, controls.draw("seed")


def _claim(terms: vae.ImageTerms, revealed: bool) -> None:
    page.claim(
        "The bound is what the decoder explains less what the code costs; what is missing to log p(x) is the gap.",
        page.term("q", r"\mathcal{L}(\phi,\theta)", _estimate(terms.reconstruction - terms.kl, terms.error), "nats")
        + "=" + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)",
                          _estimate(terms.reconstruction, terms.error))
        + "-" + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", terms.kl) + r"\;\le\;"
        + page.term("evidence", r"\log p(\mathbf{x}|\theta)", terms.evidence if revealed else "?"))


def _estimate(value: float, error: float) -> str:
    """A mean of draws in LaTeX, with its standard error."""
    return rf"{value:z.4g} \pm {error:.1g}"


def _pair(checkpoint: vae.Checkpoint, image: Tensor, text: str, shape: tuple[int, int]) -> None:
    pair = torch.cat([image[None], vae.reconstruct(checkpoint, image[None])])
    page.picture(image_sheet.png(pair.numpy(), shape, 2, page.palette()), width=240, alt=f"Held-out {text}.")
    st.caption(text.capitalize())


def _ask_gap(terms: vae.ImageTerms, about: str) -> bool:
    return question.number(
        "gap", r"How many nats does $\mathcal{L}$ stay below $\log p(\mathbf{x})$ for this image?",
        truth=lambda: shown_model.ruler_terms(terms).gap, error=lambda: terms.error,
        why=lambda gap: f"The gap is KL(q, p(z | x)) = {gap:.2f} ± {terms.error:.1g} nats (the standard error of the "
        "draws from q): the encoder answers with one Gaussian along the axes and without trying twice; the exact "
        "posterior is seldom of that shape or in that place.",
        low=0.0, high=10.0, start=1.0, step=0.1, unit="nats", about=about)


def _ruler(terms: vae.ImageTerms, latent: int) -> None:
    ruler = shown_model.ruler_terms(terms)
    page.figure(bound_ruler.ruler(ruler, page.palette()), key="ruler", alt=bound_ruler.ruler_alt(ruler))
    if not terms.exact:
        st.caption(f"With {latent} latents log p(x) is out of reach: the line is the IWAE bound of "
                   f"{inspection.IWAE_DRAWS} draws, a little below it.")


def _code(model: str, terms: vae.ImageTerms, images: str, index: int, seed: int) -> None:
    source_code.show(
        [vae.advance, vae.elbo_terms, vae.kl_to_prior, vae.image_terms], formula=FORMULA,
        script=f"""
            from dgm import vae
            checkpoint = {model}
            x = vae.split_images({images}).test[{index}]
            terms = vae.image_terms(checkpoint, x, seed={seed})
            numbers = {{"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence}}
        """,
        numbers={"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence})
