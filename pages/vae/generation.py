"""The VAE page's last part: what decoding draws from the prior gives, and how the codes of the data differ from it."""

import streamlit as st

from dgm import vae
from pages.vae import own_run, scene, shown_model, views
from pages.vae.scene import Scene
from ui import page, source_code

TERMS = ("prior", "aggregate posterior", "decoder", "KL to the prior", "nat")


def part() -> None:
    """The views of what was learned."""
    top, below = st.container(), st.container()
    with below:
        shown = scene.below()
    with top:
        page.introduction(
            "To generate, draw $\\mathbf{z}$ from the prior and decode it. The decoder was trained on codes drawn from "
            "$q(\\mathbf{z}|\\mathbf{x})$ of the images. Their mixture, the **aggregate posterior**, should be the "
            "prior, but is not.",
            r"\mathbf{z}^* \sim " + page.term("prior", r"p(\mathbf{z})") + r",\quad \mathbf{x}^* \sim "
            + page.term("likelihood", r"p(\mathbf{x}|\mathbf{z}^*, \theta)"), TERMS)
        views.part(shown)
    _code(shown)


def _code(shown: Scene) -> None:
    parts = shown_model.surgery(shown.checkpoint, shown.images)
    source_code.show(
        [vae.sample, vae.elbo_surgery], formula=r"\mathbf{z}^* \sim p(\mathbf{z}), \quad \mathbf{x}^* \sim "
        r"p(\mathbf{x}|\mathbf{z}^*, \theta)",
        script=f"""
            from dgm import vae
            checkpoint = {own_run.as_code(shown.model, shown.run, shown.images)}
            parts = vae.elbo_surgery(checkpoint, vae.split_images({own_run.images_as_code(shown.images)}).test)
            numbers = {{"mean KL": parts.kl, "mutual information": parts.mutual, "KL(q(z), p(z))": parts.marginal}}
        """,
        numbers={"mean KL": parts.kl, "mutual information": parts.mutual, "KL(q(z), p(z))": parts.marginal})
