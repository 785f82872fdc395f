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
from pages.ppca.state import HALF, HOLES, HOW_MANY, LATENT_PLANE, MISSING, RECONSTRUCTIONS, WITH_GAPS
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
    page.introduction(
        "Each image is the mean image plus eigen-images, each weighted by its latent; the rest is noise. As a "
        "probability model it can also say how probable an image is and fill in missing pixels.",
        r"\mathbf{x} = " + page.term("reconstruction", r"W\mathbf{z} + \mu") + "+"
        + page.term("likelihood", r"\epsilon") + r",\quad " + page.term("prior", r"\mathbf{z}\sim\mathcal{N}(0, I)"),
        terms=("eigen-image", "held-out", "density in nats"))
    place, below = st.container(), st.container()
    with below, st.container(border=True, key="hall first digits"):
        left, right = st.columns([1, 1])
        with left:
            chosen = dataset_menu.choose("images")
        with right:
            q = controls.draw("latents")
        dataset_menu.credit(chosen)
    images = results.images(chosen.name)
    theta = ppca.closed_form(images.spec, q)
    log_lik = float(ppca.log_prob(images.test, theta).mean())
    with place:
        with st.container(key="hall first view"):
            view = controls.draw("look")
        page.section(lambda: {LATENT_PLANE: _pad, RECONSTRUCTIONS: _reconstructions, MISSING: _missing_pixels,
                              HOW_MANY: _q_question}[view](images, theta))
    with below:
        _claim(theta, log_lik)
        W = theta.W[:, :EIGEN_IMAGES]
        page.figure(image_sheets.eigen_images(W, images.shape, palette=page.palette()), key="eigen",
                    alt=image_sheets.eigen_images_alt(W))
        some = f"The first {EIGEN_IMAGES} of {q} are shown. " if q > EIGEN_IMAGES else ""
        st.markdown(f"{some}Eigen-images in order of their length. {page.swatch('reconstruction', 'Blue')} pixels get "
                    f"more ink as the latent grows, {page.swatch('gap', 'orange')} pixels less.")
        _show_code(images.name, theta, log_lik)


def _claim(theta: ppca.Params, log_lik: float) -> None:
    page.claim(
        "The log density can be positive: pixels are real numbers here, and a density may exceed 1. The VAE page gives "
        "log probabilities of binary pixels, which are never positive; do not compare the two.",
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", log_lik, "nats, mean of held-out images")
        + r",\qquad \mathbf{x} = "
        + page.term("reconstruction", r"W\mathbf{z}", theta.W.shape[1], "eigen-images") + r"+ \mu + "
        + page.term("likelihood", r"\epsilon", float(theta.sigma2) ** 0.5, "deviation, each pixel"))


def _pad(images: Images, theta: ppca.Params) -> None:
    """The latent plane: the browser decodes the z that is dragged."""
    q = theta.W.shape[1]
    means = ppca.posterior(images.test[:MEANS], theta).mean
    counted = ppca.posterior(images.train[:COUNTED], theta).mean
    near = float(f"{code_spacing(counted):.2g}")
    latent_pad("ppca_pad", [(theta.W.float(), theta.mean.float())], image_shape=images.shape, latent=q,
               means=means.float(), labels=images.labels[:MEANS], train_means=counted.float(), near=near,
               z=link.linked(q), output="linear", axes=(0, 1) if q > 1 else None, noise_var=float(theta.sigma2),
               on_change=link.go_to, height=350)
    st.caption(f"Drag z, or move it with the arrow keys: the decoded picture follows. A latent mean is near when "
               f"it is at most {near:g} from the point{_over_all(q)}. 99 of 100 training images have another mean "
               "that near.")


def _over_all(q: int) -> str:
    """Why marks that lie beside the point in the plane may be far from it."""
    return "" if q <= 2 else (f", over all {q} latents. The plane shows two of them, so marks beside the point may be "
                              "far from it")


def _reconstructions(images: Images, theta: ppca.Params) -> None:
    """Reconstructions with several q; how much of the images' variance one more set of latents explains."""
    q, spec, test = theta.W.shape[1], images.spec, images.test
    _show_reconstructions(images, sorted({1, 2, 5, 20, 40, q}))
    total = float(((test - spec.mean) ** 2).mean())
    doubled = min(2 * q, spec.rank - 1)     # some pixels may be blank in every training image
    if doubled <= q:
        st.caption(f"The training images vary in {spec.rank} directions, so q cannot be doubled.")
        return

    def explained(count: int) -> float:
        return 100 * (1 - ppca.reconstruction_errors(test, spec, [count])[0][2] / total)

    question.number(
        "explained", f"{q} of {len(spec.values)} dimensions explain {explained(q):.3g}% of the held-out images' "
        f"variance. Now {doubled} are kept. How much do they explain?",
        truth=lambda: explained(doubled),
        why=lambda exact: f"On the training images the first {doubled} eigenvalues hold "
        f"{float(spec.values[:doubled].sum() / spec.values.sum()):.2%}. The eigenvalues fall, so later dimensions add "
        "less.",
        low=0.0, high=100.0, start=50.0, step=0.5, unit="%", about=f"explained {images.name} {q}")


def _show_reconstructions(images: Images, qs: list[int]) -> None:
    """Held-out images, the first of them a visitor's own if there is one, and their reconstructions."""
    shown = images.test[:PICTURES]
    place = st.container()
    with st.expander("Write a digit of your own", icon=":material/draw:"):
        grey = draw_digit("ppca_own")
    if grey is not None:
        shown = torch.cat([normalise(grey, images.shape).double().reshape(1, -1), shown[:-1]])
    rows = [(f"q = {q}", pictures, error) for q, pictures, error in
            ppca.reconstruction_errors(shown, images.spec, qs)]
    with place:
        page.figure(image_sheets.reconstructions(shown, [(name, pictures) for name, pictures, _ in rows], images.shape,
                                                 page.palette()), key="reconstructions",
                    alt=image_sheets.reconstructions_alt([(name, error) for name, _, error in rows]))


def _q_question(images: Images, theta: ppca.Params) -> None:
    """The training spectrum; which q the held-out likelihood prefers; then the four criteria."""
    q = theta.W.shape[1]
    rows, pixels = images.train.shape
    most = min(rows - 1, pixels) - 1     # the grey levels are made continuous, so that every direction varies
    page.figure(curves.spectrum(images.spec.values, q, images.spec.noise(q), page.palette()), key="image_spectrum",
                alt=curves.spectrum_alt(images.spec.values, q, images.spec.noise(q)))

    @cache
    def found() -> Choice:
        return results.image_choice(images.name, images)

    if question.number(
            "images_q", "These are the eigenvalues of the training images. Which number of latents q gives held-out "
            "images the highest likelihood?",
            truth=lambda: float(found().best()["held-out"]),
            why=lambda exact: "Reconstruction improves with every latent. The likelihood also asks whether the rest "
            "looks like noise, the same in every pixel. Uniform noise of one grey level is added to the pixels; "
            "otherwise constant pixels make the density infinite. " + curves.choice_alt(found()),
            low=0.0, high=float(most), start=10.0, step=1.0, form="{:.0f}", about=f"images_q {images.name}"):
        page.figure(curves.choice(found(), "image", page.palette()), key="images_choice",
                    alt=curves.choice_alt(found()))


def _missing_pixels(images: Images, theta: ppca.Params) -> None:
    """Pixels taken away and filled in with their uncertainty, by a model fitted to images with or without gaps."""
    right, left = st.columns([2, 1])
    with left:
        holes = controls.draw("holes")
        with_gaps = controls.draw("fitted") == WITH_GAPS
        first = controls.draw("first", high=len(images.test) - FILLED + 1, step=FILLED) - 1
    picked = images.test[first : first + FILLED]
    share = HOLES[holes]
    seen = (missing.erase_lower_half(picked, images.shape) if holes == HALF else missing.erase(picked, share, first))
    if with_gaps:
        theta = results.fit_with_gaps(images.name, min(theta.W.shape[1], GAP_LATENTS), share, images)
    filled = missing.impute(seen, theta)
    errors = missing.imputation_errors(picked, filled, theta)
    with left:
        st.caption(f"{errors.missing} missing pixels, grey in the column *seen*. Root mean squared error per pixel: "
                   f"{errors.model:.3f}; with the mean image instead: {errors.column_mean:.3f}. If the images came "
                   f"from the model, it would be about {errors.expected:.3f}. PCA alone cannot do this: it needs every "
                   "pixel.")
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
