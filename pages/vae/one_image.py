"""The VAE page's one image: its bound, the exact truth above it, and the code that computed both."""

import streamlit as st
import torch

from dgm import datasets, jobs, vae
from pages.vae import shown_model, training
from pages.vae.figures import latent_space as figures
from pages.vae.views import Scene
from ui import controls, page, question, source_code
from ui.figures import bound_ruler as ruler_figures

FORMULA = (r"\nabla_\phi \mathcal{L} = \nabla_\phi \log p(\mathbf{x}_i | g(\mathbf{x}_i, \epsilon^*, \phi), \theta)"
           r" - \nabla_\phi KL(q(\mathbf{z}_i|\mathbf{x}_i,\phi)\,\|\,p(\mathbf{z}_i)), "
           r"\quad \epsilon^* \sim r(\epsilon)")


def one_image(model: str, run: jobs.Run, data: datasets.Dataset, scene: Scene) -> None:
    """Choose a held-out image; what the bound says of it, how far it is from log p(x), and the script."""
    page.heading("One image, its bound, and the truth above it")
    checkpoint = training.shown(model, run, data.name)
    pick, draw = st.columns(2)
    with pick:
        index = controls.draw("image", high=len(scene.held_out) - 1)
    with draw:
        seed = controls.draw("seed")
    terms = shown_model.terms(checkpoint, scene.held_out[index].cpu(), seed)
    about = f"{data.name} {model} {checkpoint.step} {index}"
    _claim(terms, question.revealed("gap", about))
    _gap(checkpoint, terms, scene, index, about)
    _code(training.as_code(model, run, data), terms, f"vae.Images({data.name!r}, {data.seed})", index, seed)


def _claim(terms: vae.ImageTerms, revealed: bool) -> None:
    page.claim(
        "The bound is what the decoder explains less what the code costs; what is missing to log p(x) is the gap.",
        page.term("q", r"\mathcal{L}(\phi,\theta)", terms.reconstruction - terms.kl, "nats") + "="
        + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)", terms.reconstruction)
        + "-" + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", terms.kl) + r"\;\le\;"
        + page.term("evidence", r"\log p(\mathbf{x}|\theta)", terms.evidence if revealed else "?"))


def _gap(checkpoint: vae.Checkpoint, terms: vae.ImageTerms, scene: Scene, index: int, about: str) -> None:
    ruler = ruler_figures.Terms(terms.reconstruction, terms.kl, terms.evidence, terms.error)
    picture, ask = st.columns([1, 3])
    with picture:
        _pair(checkpoint, scene, index)
    with ask:
        shown = question.number(
            "gap", r"How many nats does $\mathcal{L}$ stay below $\log p(\mathbf{x})$ for this image?",
            truth=lambda: ruler.gap,
            why=lambda exact: f"The gap is KL(q, p(z | x)) = {exact:.2f} nats: the encoder answers with one Gaussian "
            "along the axes and without trying twice; the exact posterior is seldom of that shape or in that place.",
            low=0.0, high=10.0, start=1.0, step=0.1, unit="nats", about=about)
    if shown:
        page.figure(ruler_figures.ruler(ruler, page.palette()), key="ruler", alt=ruler_figures.ruler_alt(ruler))
        if not terms.exact:
            st.caption(f"With {checkpoint.config.latent} latents log p(x) is out of reach: the line is the IWAE bound "
                       "of 500 draws, a little below it.")


def _pair(checkpoint: vae.Checkpoint, scene: Scene, index: int) -> None:
    image = scene.held_out[index][None]
    pair = torch.cat([image, vae.reconstruct(checkpoint, image)])
    said = f"mage {index}, a {int(scene.labels[index])}, and its reconstruction"
    page.picture(figures.sheet(pair.numpy(), scene.shape, 2, page.palette()), width=240, alt=f"Held-out i{said}.")
    st.caption(f"I{said}")


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
