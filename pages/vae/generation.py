"""The VAE page's last part: what decoding draws from the prior gives, and how the codes of the data differ from it."""

import math

import streamlit as st
from torch import Tensor

from dgm import vae
from dgm.vae.latents import aggregate
from pages.vae import own_run, scene, shown_model, views
from pages.vae.figures import clouds, image_sheet
from pages.vae.scene import Scene
from ui import controls, live_run, page, question, source_code
from ui.figures.written import latex, written

TERMS = ("prior", "aggregate posterior", "decoder", "KL to the prior", "mutual information", "nat")
INTRODUCTION = (
    "To generate, draw $\\mathbf{z}$ from the prior and decode it. The decoder was trained on codes drawn from "
    "$q(\\mathbf{z}|\\mathbf{x})$ of the images. Their mixture is the **aggregate posterior**. The KL pulls it towards "
    "the prior. Where it is thin, the decoder has seen few codes.")
FORMULA = (r"\frac1n \sum_i KL(q(\mathbf{z}|\mathbf{x}_i)\,\|\,p(\mathbf{z})) = I_q(i; \mathbf{z}) + "
           r"KL(q(\mathbf{z})\,\|\,p(\mathbf{z}))")
DRAWS = 400         # codes of a cloud
DECODED = 24        # of them, as pictures
COLUMNS = 8
SECONDS = 2.0       # between two refreshes while the model trains


def part() -> None:
    """Prior and aggregate posterior as clouds, draws of both decoded, the parts of the KL, and the views."""
    top, shown = scene.above()
    with top:
        live_run.auto_refresh(shown.run, lambda: _clouds(shown.newest(), shown), "clouds", every=SECONDS)
        page.heading("What was learned")
        views.part(shown)
        _code(shown)


def _clouds(checkpoint: vae.Checkpoint, shown: Scene) -> None:
    parts = shown_model.surgery(checkpoint, shown.images)
    page.introduction(f"{INTRODUCTION} {_off_data(checkpoint, shown)}",
                      _formula(parts, question.revealed("mutual", shown.situation)), TERMS)
    seed = controls.value("sample_seed")
    draws = shown_model.code_draws(checkpoint, shown.images, DRAWS, seed)
    densities = shown_model.densities(checkpoint, shown.images) if checkpoint.config.latent == 2 else None
    prior, codes = st.columns(2)
    with prior:
        _cloud(checkpoint, shown, draws.prior, None if densities is None else densities.prior, "prior", densities)
    with codes:
        _cloud(checkpoint, shown, draws.aggregate, None if densities is None else densities.aggregate, "q", densities)
    with st.container(key="hall first seed"):
        controls.draw("sample_seed")
    shown.ask(lambda: _ask_mutual(shown))


def _off_data(checkpoint: vae.Checkpoint, shown: Scene) -> str:
    """How much of the prior is decoded without an image near, at the step that the clouds show, once that was asked."""
    if not question.revealed("off_data", shown.situation):
        return "The question of the part “Explore” asks how many draws from the prior lie where no image has its code."
    count = shown_model.PRIOR_DRAWS
    off = round(count * shown_model.prior_mass_off_data(checkpoint, shown.images).value)
    near = shown_model.near(checkpoint, shown.images)
    return (f"At step {checkpoint.step:,}, {off:,} of {count:,} draws from the prior have no training image's mean "
            f"near. Near is a distance of at most {written(near, 'g')}.")


def _cloud(checkpoint: vae.Checkpoint, shown: Scene, z: Tensor, density: Tensor | None, meaning: str,
           grid: aggregate.Densities | None) -> None:
    """One cloud with its density, and some of its codes decoded."""
    name = "prior p(z)" if meaning == "prior" else "aggregate posterior q(z)"
    st.markdown(f"**{name[0].upper()}{name[1:]}**")
    if checkpoint.config.latent > 1:
        shape = None if grid is None or density is None else (grid.z1.numpy(), grid.z2.numpy(), density.numpy())
        page.figure(clouds.cloud(z.numpy(), shape, meaning, page.palette()), key=f"cloud {meaning}",
                    alt=clouds.cloud_alt(z.numpy(), name))
        if beyond := clouds.outside(z.numpy()):
            st.caption(f"{beyond} of {len(z)} codes are off the axes.")
    images = vae.decode(checkpoint, z[:DECODED]).float()
    page.picture(image_sheet.png(images.numpy(), shown.shape, COLUMNS, page.palette()), width=440,
                 alt=f"{DECODED} codes of the {name}, decoded.")


def _formula(parts: vae.ElboSurgery, revealed: bool) -> str:
    error = rf" \pm {latex(parts.error, 1)}"
    mutual, marginal = (f"{part:.3g}{error}" if revealed else "?" for part in (parts.mutual, parts.marginal))
    return (r"\begin{aligned}" + page.term("kl", r"\tfrac1n {\textstyle\sum_i} KL(q(\mathbf{z}|\mathbf{x}_i)\,\|\,p)",
                                           parts.kl, "nats") + r"&= "
            + page.term("evidence", r"I_q(i; \mathbf{z})", mutual)
            + r"\\[0.4em] &\;+ " + page.term("q", r"KL(q(\mathbf{z})\,\|\,p(\mathbf{z}))", marginal)
            + r"\end{aligned}")


def _ask_mutual(shown: Scene) -> None:
    parts, count = shown_model.surgery(shown.checkpoint, shown.images), len(shown.held_out)
    question.number(
        "mutual", f"The mean KL of the test images is {parts.kl:.3g} nats. One part of it is the mutual "
        "information $I_q(i; \\mathbf{z})$: what a code says about which image it came from. How large is it?",
        truth=lambda: parts.mutual, error=lambda: parts.error,
        why=lambda _: "The rest is KL(q(z) || p(z)): how far the mixture of all codes is "
        f"from the prior. I can be at most log n = {math.log(count):.3g} nats, for n = {count:,} test images.",
        low=0.0, high=float(math.ceil(max(parts.kl, 1.0))), step=0.1, unit="nats", about=shown.situation)


def _code(shown: Scene) -> None:
    parts = shown_model.surgery(shown.checkpoint, shown.images)
    source_code.show(
        [vae.decode, vae.elbo_surgery, aggregate.draws], formula=FORMULA,
        heading="The parts of the KL (Hoffman and Johnson 2016)",
        script=f"""
            {own_run.imports(shown.images)}
            checkpoint = {own_run.as_code(shown.model, shown.run, shown.images)}
            parts = vae.elbo_surgery(checkpoint, vae.split_images({own_run.images_as_code(shown.images)}).test)
            numbers = {{"mean KL": parts.kl, "mutual information": parts.mutual, "KL(q(z), p(z))": parts.marginal}}
        """,
        numbers={"mean KL": parts.kl, "mutual information": parts.mutual, "KL(q(z), p(z))": parts.marginal},
        own=own_run.own(shown.checkpoint, shown.images))
