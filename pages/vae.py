"""Lesson: the variational autoencoder, its latent space under the hand, its training live."""

import streamlit as st
import torch

from dgm import vae, vae_run, vae_views
from dgm.figures import ruler as ruler_figures
from dgm.figures import vae as figures
from dgm.ui import controls, data, lesson, live_run, question, shown_model, vae_explorer, vae_sheets, vae_training

PRESETS = {
    "A trained space": {},
    "8 × 8 digits": {"data": "digits"},
    "A picture from nowhere": {"z": "4.5,4.5"},
    "Sixteen latents": {"latent": 16, "model": "my run"},
    "Too much KL: latents switch off": {"beta": 12.0, "model": "my run"},
    "Log-derivative: it hardly learns": {"gradient": "log-derivative", "model": "my run"},
    "Too large a step: it breaks": {"optimizer": "SGD", "rate": 10.0, "model": "my run"},
}

NOTES = {
    "A picture from nowhere": "The point sits where no training image has its code, and a digit is drawn all the same.",
    "Sixteen latents": "Press Train: reconstructions get sharp, while one plane shows only two of sixteen directions.",
    "Too much KL: latents switch off": "Press Train: with β = 12 a code is too dear, q(z | x) becomes the "
    "prior, and all images decode to one blur.",
    "Log-derivative: it hardly learns": "Press Train, then choose reparametrization in the settings: only the estimate "
    "of the gradient differs.",
    "Too large a step: it breaks": "Press Train: the loss leaves the finite numbers; the run stops and keeps its last "
    "good step.",
}

lesson.opening("vae")
lesson.presets(PRESETS, notes=NOTES, then=lambda: live_run.forget(vae_training.PAGE))

choose_data, choose_model = st.columns(2)
with choose_data:
    chosen = data.choose("images", default="mnist-5k")
with choose_model:
    model = controls.choice("Model", "model", vae_training.models(chosen.name),
                            help="The pretrained one, or the one that you train here.")
config = vae_training.settings()
run = vae_training.run(config, chosen)
vae_training.conduct(run)
scene = vae_sheets.Scene(vae_run.Images(chosen.name, chosen.seed), chosen.labels[chosen.split().test],
                         chosen.image_shape)
checkpoint = vae_training.shown(model, run, chosen.name)

situation = f"{chosen.name} {model} {checkpoint.step}"

lesson.heading("Drag z: the picture follows")
vae_explorer.settings()
live_run.watch(run, lambda: vae_explorer.explorer(vae_training.shown(model, run, chosen.name), scene), "explorer")
data.credit(chosen)
if question.number(
        "nowhere", r"Draw $\mathbf{z} \sim \mathcal{N}(0, I)$ many times. How many percent of the draws land where "
        "**no** training image has its latent mean within 0.5?",
        truth=lambda: 100 * shown_model.share_from_nowhere(checkpoint, scene.images, 0),
        why=lambda exact: "The codes of the training images fill the prior, so that a draw from it nearly always has "
        "neighbours: the KL term asked for just that. With sixteen latents it is quite different." if exact < 5 else
        "The decoder draws something there all the same: a clear picture is no evidence that data live at z.",
        low=0.0, high=100.0, start=50.0, step=1.0, unit="%", about=situation):
    st.caption("On the pad, the count of training means near the point says the same of one place.")

lesson.heading("Training: the bound and its two terms")
vae_training.curves(run)
vae_training.film(run, chosen)
vae_training.files(run, chosen, checkpoint)

lesson.heading("One image, its bound, and the truth above it")
pick, draw = st.columns(2)
with pick:
    index = controls.number("Held-out image", "image", 0, len(scene.held_out) - 1, 3, step=1)
with draw:
    seed = controls.seed("Seed of the draws")
terms = shown_model.terms(checkpoint, scene.held_out[index].cpu(), seed)
about = f"{situation} {index}"
evidence = terms.evidence if question.revealed("gap", about) else "?"
ruler = ruler_figures.Terms(terms.reconstruction, terms.kl, terms.evidence, terms.error)
lesson.claim(
    "The bound is what the decoder explains less what the code costs; what is missing to log p(x) is the gap.",
    lesson.term("q", r"\mathcal{L}(\phi,\theta)", ruler.bound, "nats") + "="
    + lesson.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)", terms.reconstruction) + "-"
    + lesson.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", terms.kl) + r"\;\le\;"
    + lesson.term("evidence", r"\log p(\mathbf{x}|\theta)", evidence))
picture, ask = st.columns([1, 3])
with picture:
    image = scene.held_out[index][None]
    pair = torch.cat([image, vae_views.reconstructions(checkpoint, image)])
    lesson.picture(figures.sheet(pair.numpy(), scene.shape, 2, lesson.palette()), width=240,
                   alt=f"Held-out image {index}, a {int(scene.labels[index])}, and its reconstruction.")
    st.caption(f"Image {index}, a {int(scene.labels[index])}, and its reconstruction")
with ask:
    shown = question.number(
        "gap", r"How many nats does $\mathcal{L}$ stay below $\log p(\mathbf{x})$ for this image?",
        truth=lambda: ruler.gap,
        why=lambda exact: f"The gap is KL(q, p(z | x)) = {exact:.2f} nats: the encoder answers with one Gaussian along "
        "the axes and without trying twice; the exact posterior is seldom of that shape or in that place.",
        low=0.0, high=10.0, start=1.0, step=0.1, unit="nats", about=about)
if shown:
    lesson.figure(ruler_figures.ruler(ruler, lesson.palette()), key="ruler", alt=ruler_figures.ruler_alt(ruler))
    if not terms.exact:
        st.caption(f"With {checkpoint.config.latent} latents log p(x) is out of reach: the line is the IWAE bound of "
                   "500 draws, a little below it.")

lesson.heading("What the model knows")
view = controls.choice("Show", "view", list(vae_sheets.VIEWS), many=False)
live_run.watch(run, lambda: vae_sheets.VIEWS[view](vae_training.shown(model, run, chosen.name), scene), "view")
costs = vae_views.kl_by_class(checkpoint, scene.held_out, scene.labels)
if question.choice("dearest", "Which digit costs most nats of KL, on average over the held-out images?",
                   [str(digit) for digit in costs],
                   truth=lambda: str(vae_views.dearest(checkpoint, scene.held_out, scene.labels)),
                   why=lambda digit: f"A code far from the prior, or a sharp one, is dear: each {digit} pays "
                   f"{costs[int(digit)]:.2f} nats.", about=situation):
    st.caption("Nats of KL by digit: " + ", ".join(f"{digit}: {kl:.2f}" for digit, kl in costs.items()))

lesson.code(
    [vae.advance, vae.elbo_terms, vae.kl_to_prior, vae_views.terms],
    formula=r"\nabla_\phi \mathcal{L} = \nabla_\phi \log p(\mathbf{x}_i | g(\mathbf{x}_i, \epsilon^*, \phi), \theta)"
    r" - \nabla_\phi KL(q(\mathbf{z}_i|\mathbf{x}_i,\phi)\,\|\,p(\mathbf{z}_i)), \quad \epsilon^* \sim r(\epsilon)",
    script=f"""
        from dgm import vae, vae_run, vae_views
        checkpoint = {vae_training.as_code(model, run, chosen)}
        x = vae_run.parts(vae_run.Images({chosen.name!r}, {chosen.seed})).test[{index}]
        terms = vae_views.terms(checkpoint, x, seed={seed})
        numbers = {{"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence}}
    """,
    numbers={"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence})
lesson.closing("vae")
