"""Part "Digits": eigen-images, a latent plane to drag on, reconstructions, the choice of q, missing pixels."""

from functools import cache

import streamlit as st
import torch

from dgm import ppca
from dgm.datasets.picture import normalise
from dgm.ppca import missing
from dgm.ppca.selection import Choice
from dgm.vae.latent_space import code_spacing
from pages.ppca import results
from pages.ppca.figures import curves, image_sheets
from pages.ppca.results import Images
from pages.ppca.state import HALF, HOLES, WITH_GAPS
from ui import controls, dataset_menu, page, question, source_code
from ui.components.draw_digit import draw_digit
from ui.components.latent_pad import latent_pad, link

MEANS = 600          # posterior means that the pad shows
COUNTED = 3000       # posterior means of training images, of which the pad counts those near z
EIGEN_IMAGES = 16    # at most
PICTURES = 10        # with their reconstructions
FILLED = 4           # images with missing pixels
GAP_LATENTS = 10     # at most, of a model that is fitted to images with gaps


def part() -> None:
    """Real digits."""
    chosen = dataset_menu.choose("images")
    images = results.images(chosen.name)
    q = controls.draw("latents")
    theta = ppca.closed_form(images.spec, q)
    log_lik = float(ppca.log_prob(images.test, theta).mean())
    dataset_menu.credit(chosen)
    _claim(theta, log_lik)
    W = theta.W[:, :EIGEN_IMAGES]
    page.figure(image_sheets.eigen_images(W, images.shape, palette=page.palette()), key="eigen",
                alt=image_sheets.eigen_images_alt(W))
    page.section(lambda: _pad(images, theta))
    page.section(lambda: _reconstruction_question(images, q))
    page.section(lambda: _q_question(images))
    page.section(lambda: _missing_pixels(images, theta))
    _show_code(images.name, theta, log_lik)


def _claim(theta: ppca.Params, log_lik: float) -> None:
    page.claim(
        "Every image is the mean plus eigen-images, each weighted by its latent; what is left is noise.",
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", log_lik, "nats, held out") + r"\qquad \mathbf{x} = "
        + page.term("reconstruction", r"W\mathbf{z}", theta.W.shape[1], "eigen-images") + r"+ \mu + "
        + page.term("likelihood", r"\epsilon", float(theta.sigma2) ** 0.5, "deviation"))


def _pad(images: Images, theta: ppca.Params) -> None:
    """The latent plane: the browser decodes the z that is dragged."""
    page.heading("Drag z: the picture follows")
    q = theta.W.shape[1]
    means = ppca.posterior(images.test[:MEANS], theta).mean
    counted = ppca.posterior(images.train[:COUNTED], theta).mean
    near = float(f"{code_spacing(counted):.2g}")
    latent_pad("ppca_pad", [(theta.W.float(), theta.mean.float())], image_shape=images.shape, latent=q,
               means=means.float(), labels=images.labels[:MEANS], train_means=counted.float(), near=near,
               z=link.linked(q), output="linear", axes=(0, 1) if q > 1 else None, noise_var=float(theta.sigma2),
               on_change=link.go_to)
    st.caption(f"Near: within {near:g}. So near 99 of 100 training images have another one's posterior mean.")


def _reconstruction_question(images: Images, q: int) -> None:
    """How much of the images' variance q latents explain; then reconstructions with several q."""
    page.heading("Reconstructions against q")
    test, spec = images.test, images.spec
    total = float(((test - spec.mean) ** 2).mean())
    if question.number(
            "explained", f"{q} of {len(spec.values)} dimensions are kept. How much of the held-out images' variance "
            "do they explain?",
            truth=lambda: 100 * (1 - ppca.reconstruction_errors(test, spec, [q])[0][2] / total),
            why=lambda exact: f"On the training images the first {q} eigenvalues hold "
            f"{float(spec.values[:q].sum() / spec.values.sum()):.1%}; on new ones it is a little less.",
            low=0.0, high=100.0, start=50.0, step=1.0, unit="%"):
        _show_reconstructions(images, sorted({1, 2, 5, 20, 40, q}))


def _show_reconstructions(images: Images, qs: list[int]) -> None:
    """Held-out images, the first of them a visitor's own if there is one, and their reconstructions."""
    shown = images.test[:PICTURES]
    with st.expander("Write a digit of your own", icon=":material/draw:"):
        grey = draw_digit("ppca_own")
    if grey is not None:
        shown = torch.cat([normalise(grey, images.shape).double().reshape(1, -1), shown[:-1]])
    rows = [(f"q = {q}", pictures, error) for q, pictures, error in
            ppca.reconstruction_errors(shown, images.spec, qs)]
    page.figure(image_sheets.reconstructions(shown, [(name, pictures) for name, pictures, _ in rows], images.shape,
                                             page.palette()), key="reconstructions",
                alt=image_sheets.reconstructions_alt([(name, error) for name, _, error in rows]))


def _q_question(images: Images) -> None:
    """Which q the likelihood prefers; then the four criteria."""
    page.heading("How many latents? Ask the likelihood")
    rows, pixels = images.train.shape
    most = min(rows - 1, pixels) - 1     # the grey levels are made continuous, so that every direction varies

    @cache
    def found() -> Choice:
        return results.image_choice(images.name, images)

    if question.number(
            "images_q", "Which q gives held-out images the highest likelihood?",
            truth=lambda: float(found().best()["held-out"]),
            why=lambda exact: "Reconstruction improves with every latent; the likelihood also has to believe in the "
            "noise that is left, the same in every pixel. Grey levels are whole numbers, so a grain of one level is "
            "added first: pixels that never vary would send a density to infinity. "
            + curves.choice_alt(found()),
            low=0.0, high=float(most), start=10.0, step=1.0, form="{:.0f}"):
        page.figure(curves.choice(found(), page.palette()), key="images_choice", alt=curves.choice_alt(found()))


def _missing_pixels(images: Images, theta: ppca.Params) -> None:
    """Pixels taken away and filled in with their uncertainty, by a model fitted to images with or without gaps."""
    page.heading("Missing pixels, filled in")
    left, right = st.columns([1, 2])
    with left:
        holes = controls.draw("holes")
        with_gaps = controls.draw("fitted") == WITH_GAPS
        first = controls.draw("first", high=len(images.test) - FILLED, step=FILLED)
    picked = images.test[first : first + FILLED]
    share = HOLES[holes]
    seen = (missing.erase_lower_half(picked, images.shape) if holes == HALF else missing.erase(picked, share, first))
    if with_gaps:
        theta = results.fit_with_gaps(images.name, min(theta.W.shape[1], GAP_LATENTS), share, images)
    filled = missing.impute(seen, theta)
    errors = missing.imputation_errors(picked, filled, theta)
    with left:
        st.caption(f"{errors.missing} missing pixels. Error per pixel {errors.model:.3f}; the mean image errs by "
                   f"{errors.column_mean:.3f}. The model itself expects {errors.expected:.3f}.")
        if with_gaps:
            st.caption(f"EM on {results.GAP_IMAGES} images with the same share missing, q = {theta.W.shape[1]}: every "
                       "image has a posterior of its own, from the pixels that it has.")
    with right:
        page.figure(image_sheets.filled(picked, seen, filled.mean, filled.sd, images.shape, palette=page.palette()),
                    key="filled", alt=image_sheets.filled_alt(*errors))


def _show_code(name: str, theta: ppca.Params, log_lik: float) -> None:
    script = f"""
        from dgm import datasets, ppca
        data = datasets.load({name!r})
        split = data.split()
        theta = ppca.fit(data.x[split.train], {theta.W.shape[1]})
        numbers = {{"noise variance": float(theta.sigma2),
                   "held-out log p(x)": float(ppca.log_prob(data.x[split.test], theta).mean())}}
    """
    source_code.show(
        [ppca.reconstruct, missing.impute], script=script,
        formula=r"\mathbf{x} = W\mathbf{z} + \mu + \epsilon, \qquad "
        r"\mathbf{z} \sim \mathcal{N}(0, I), \; \epsilon \sim \mathcal{N}(0, \sigma^2 I)",
        numbers={"noise variance": float(theta.sigma2), "held-out log p(x)": log_lik})
