"""The PCA page's images: eigen-digits, a latent plane under the hand, reconstructions, q, missing pixels."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, ppca
from dgm.datasets.picture import normalise
from dgm.ppca import missing as ppca_missing
from dgm.ppca.preprocessing import dequantise
from dgm.ppca.selection import Choice, choose
from pages.ppca.figures import curves
from pages.ppca.figures import images as ppca_images
from pages.ppca.state import HALF, HOLES, WITH_GAPS
from ui import cache, controls, dataset_menu, page, question, source_code
from ui.components.draw_digit import draw_digit
from ui.components.latent_pad import latent_pad, link

MOST_PAD = 16
SHOWN, COUNTED = 600, 3000     # latent means drawn on the pad, and counted near the hand
PICTURES, REPAIRED = 10, 4
_cached = cache.shared(entries=64)
EIGEN = _cached(ppca_images.eigen_images)
RECONSTRUCTIONS = _cached(ppca_images.reconstructions)
FILLED = _cached(ppca_images.filled)
CHOICE = _cached(curves.choice)


class Images(NamedTuple):
    """A data set of images, split, and the spectrum of its training part."""

    name: str
    train: Tensor
    test: Tensor
    labels: Tensor          # of the test images
    shape: tuple[int, int]
    spec: ppca.Spectrum


@cache.shared(entries=3)
def images(name: str) -> Images:
    """Loaded and decomposed once; what is cached is never changed."""
    found = datasets.load(name)
    split = found.split()
    assert found.labels is not None
    assert found.image_shape is not None
    train, test = found.x[split.train].double(), found.x[split.test].double()
    return Images(name, train, test, found.labels[split.test], found.image_shape, ppca.spectrum(train))


@cache.copied(entries=4)
def choice(name: str) -> Choice:
    """All opinions about q for an image set, its grey levels made continuous."""
    found, levels = images(name), datasets.SOURCES[name].peak
    return choose(dequantise(found.train, levels, 0), dequantise(found.test, levels, 1))


@cache.shared(entries=6)
def with_gaps(name: str, q: int, share: float) -> ppca_missing.Step:
    """EM on 600 training images from which a share of the pixels is missing."""
    return ppca_missing.fit(ppca_missing.erase(images(name).train[:600], share, 1), q, tol=1e-4, max_steps=60)


def part() -> None:
    """Real digits."""
    chosen = dataset_menu.choose("images")
    found = images(chosen.name)
    q = controls.draw("latents")
    theta = ppca.closed_form(found.spec, q)
    dataset_menu.credit(chosen)
    page.claim(
        "Every image is the mean plus eigen-images, each weighted by its latent; what is left is noise.",
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", float(ppca.log_prob(found.test, theta).mean()),
                    "nats, held out") + r"\qquad \mathbf{x} = "
        + page.term("reconstruction", r"W\mathbf{z}", q, "eigen-images") + r"+ \mu + "
        + page.term("likelihood", r"\epsilon", float(theta.sigma2) ** 0.5, "deviation"))
    W = theta.W[:, :16]
    page.figure(EIGEN(W, found.shape, 8, page.palette()), key="eigen",
                  alt=ppca_images.eigen_images_alt(W))
    page.section(lambda: pad(found, theta))
    page.section(lambda: ask_reconstruction(found, q))
    page.section(lambda: ask_q(found))
    page.section(lambda: missing(found, theta))
    code(found, q)


def pad(found: Images, theta: ppca.Params) -> None:
    """Drag z: a linear decoder under the hand."""
    page.heading("Drag z: the picture follows")
    latent = min(theta.W.shape[1], MOST_PAD)
    means = ppca.posterior(found.test[:SHOWN], theta).mean[:, :latent]
    counted = ppca.posterior(found.train[:COUNTED], theta).mean[:, :latent]
    latent_pad("ppca_pad", [(theta.W[:, :latent].float(), theta.mean.float())], image_shape=found.shape, latent=latent,
               means=means.float(), labels=found.labels[:SHOWN], train_means=counted.float(), z=link.linked(latent),
               output="linear", axes=(0, 1) if latent > 1 else None,
               noise_var=float(theta.sigma2), on_change=link.go_to)
    if theta.W.shape[1] > latent:
        st.caption(f"The pad holds the first {latent} latents; the others stay 0.")


def ask_reconstruction(found: Images, q: int) -> None:
    """How much of an image q latents keep."""
    page.heading("Reconstructions against q")
    steps = sorted({1, 2, 5, 20, 40, q})
    shown = found.test[:PICTURES]
    total = float(((found.test - found.spec.mean) ** 2).mean())
    if question.number(
            "kept", f"{q} of {len(found.spec.values)} dimensions are kept. How much of the held-out images' variance "
            "do they explain?",
            truth=lambda: 100 * (1 - ppca.reconstruction_errors(found.test, found.spec, [q])[0][2] / total),
            why=lambda exact: f"On the training images the first {q} eigenvalues hold "
            f"{float(found.spec.values[:q].sum() / found.spec.values.sum()):.1%}; on new ones it is a little less.",
            low=0.0, high=100.0, start=50.0, step=1.0, unit="%"):
        with st.expander("Write a digit of your own", icon=":material/draw:"):
            grey = draw_digit("ppca_own")
        if grey is not None:
            shown = torch.cat([normalise(grey, found.shape).double().reshape(1, -1), shown[:-1]])
        made = ppca.reconstruction_errors(shown, found.spec, steps)
        page.figure(RECONSTRUCTIONS(shown, [(f"q = {n}", pictures) for n, pictures, _ in made],
                                                  found.shape, page.palette()), key="reconstructions",
                      alt=ppca_images.reconstructions_alt([(f"q = {n}", error) for n, _, error in made]))


def ask_q(found: Images) -> None:
    """The likelihood's choice of q."""
    page.heading("How many latents? Ask the likelihood")
    most = min(len(found.train) - 1, found.train.shape[1]) - 1  # with a grain added every direction varies
    if question.number(
            "images_q", "Which q gives held-out images the highest likelihood?",
            truth=lambda: float(choice(found.name).best()["held-out"]),
            why=lambda exact: "Reconstruction improves with every latent; the likelihood also has to believe in the "
            "noise that is left, the same in every pixel. Grey levels are whole numbers, so a grain of one level is "
            "added first: pixels that never vary would send a density to infinity. "
            + curves.choice_alt(choice(found.name)),
            low=0.0, high=float(most), start=10.0, step=1.0, form="{:.0f}"):
        opinions = choice(found.name)
        page.figure(CHOICE(opinions, page.palette()), key="images_choice", alt=curves.choice_alt(opinions))


def missing(found: Images, theta: ppca.Params) -> None:
    """Pixels taken away, filled in with their uncertainty, by a model fitted with or without gaps."""
    page.heading("Missing pixels, filled in")
    left, right = st.columns([1, 2])
    with left:
        holes = controls.draw("holes")
        trained = controls.draw("fitted")
        first = controls.draw("first", high=len(found.test) - REPAIRED, step=REPAIRED)
    picked = found.test[first : first + REPAIRED]
    share = HOLES[holes] or 0.5
    seen = (ppca_missing.erase_lower_half(picked, found.shape) if holes == HALF else
            ppca_missing.erase(picked, share, first))
    q = theta.W.shape[1]
    if trained == WITH_GAPS:
        q = min(q, 10)
        step = with_gaps(found.name, q, share)
        theta = step.params
    filled = ppca_missing.impute(seen, theta)
    errors = ppca_missing.imputation_errors(picked, filled, theta)
    with left:
        _numbers(errors, trained, q)
    with right:
        page.figure(FILLED(picked, seen, filled.mean, filled.sd, found.shape, palette=page.palette()),
                      key="filled", alt=ppca_images.filled_alt(*errors))


def _numbers(errors: ppca_missing.ImputationErrors, trained: str, q: int) -> None:
    st.caption(f"{errors.missing} missing pixels. Error per pixel {errors.model:.3f}; the mean image errs by "
               f"{errors.column_mean:.3f}. The model itself expects {errors.expected:.3f}.")
    if trained == WITH_GAPS:
        st.caption(f"EM on 600 images with the same share missing, q = {q}: every image has a posterior of its own, "
                   "from the pixels that it has.")


def code(found: Images, q: int) -> None:
    """What ran, and a script with the same numbers."""
    script = f"""
        from dgm import datasets, ppca
        data = datasets.load({found.name!r})
        split = data.split()
        theta = ppca.fit(data.x[split.train], {q})
        numbers = {{"noise variance": float(theta.sigma2),
                   "held-out log p(x)": float(ppca.log_prob(data.x[split.test], theta).mean())}}
    """
    theta = ppca.closed_form(found.spec, q)
    source_code.show(
        [ppca.reconstruct, ppca_missing.impute], script=script,
        formula=r"\mathbf{x} = W\mathbf{z} + \mu + \epsilon, \qquad "
        r"\mathbf{z} \sim \mathcal{N}(0, I), \; \epsilon \sim \mathcal{N}(0, \sigma^2 I)",
        numbers={"noise variance": float(theta.sigma2),
                 "held-out log p(x)": float(torch.mean(ppca.log_prob(found.test, theta)))})
