"""The gradient lab's duel: one VAE trained by each gradient, live, with the signal in the encoder's gradient."""

import numpy as np
import streamlit as st

from dgm import jobs, vae
from dgm.vae import gradient_noise
from pages.gradients.figures import runs as figures
from pages.gradients.state import LAYERS
from ui import cache, controls, live_run, page, question

IMAGES = vae.Images("digits")
CONFIG = vae.Config(hidden=64, latent=2)
STEPS = 600
PAGE = "gradients"
ADVANCE = gradient_noise.advance
AS_CODE = f"""start = gradient_noise.start(vae.Config(hidden=64, latent=2), images, every={STEPS}) with
        # images = vae.Images("digits"); gradient_noise.advance(start, images, {STEPS}).records[-1].bounds"""


def duel() -> None:
    """Both runs, the question which ends higher, and their figures while they train."""
    page.heading("One VAE, trained by each gradient")
    st.markdown("Two copies of one VAE (variational autoencoder; 8 × 8 digits, 2 latents, 64 hidden units) start from "
                "the same weights and see the same images and noise. One is trained with the log-derivative, one with "
                "reparametrization. The bound says in nats how well each explains images it never saw; beside it, how "
                "much signal one mini-batch gradient of the encoder carries.")
    run = live_run.ensure_run(PAGE, IMAGES, None, make=_fresh, tune=lambda training: training)
    run.total = STEPS
    if not question.choice("duel", f"After {STEPS} steps, which has the higher bound on held-out images?",
                           ["log-derivative", "reparametrization", "the same, within 1 nat"],
                           truth=lambda: winner(*bounds()),
                           why=lambda _: f"{bounds()[1]:.1f} nats with reparametrization, {bounds()[0]:.1f} with "
                           "the log-derivative. Both gradients have the same mean, but below a signal-to-noise ratio "
                           "of 1 a step goes mostly where the noise points: train both and watch."):
        return
    with st.container(border=True):
        live_run.buttons(run, PAGE, steps=25)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=1, what="steps"), "duel meter")
    layer = controls.draw("layer")
    live_run.auto_refresh(run, lambda: _figures(run.latest, LAYERS.index(layer)), "duel figures")


def _fresh() -> jobs.Run:
    return jobs.Run(gradient_noise.advance, gradient_noise.start(CONFIG, IMAGES), IMAGES)


@cache.copied(entries=1, spinner="Training both")
def bounds() -> tuple[float, ...]:
    """The two bounds after STEPS steps: the same runs as the live ones, measured at the end only."""
    start = gradient_noise.start(CONFIG, IMAGES, every=STEPS)
    return gradient_noise.advance(start, IMAGES, STEPS).records[-1].bounds


def winner(log_derivative: float, reparametrization: float) -> str:
    """Whose bound is higher, as an answer."""
    if abs(log_derivative - reparametrization) < 1:
        return "the same, within 1 nat"
    return gradient_noise.NAMES[int(reparametrization > log_derivative)]


def _figures(latest: gradient_noise.Comparison, layer: int) -> None:
    """Bounds and ratios of the records so far."""
    if not latest.records:
        st.caption("Press Train: the two bounds and the two ratios appear here.")
        return
    steps = np.array([record.step for record in latest.records])
    found = {name: np.array([record.bounds[i] for record in latest.records])
             for i, name in enumerate(gradient_noise.NAMES)}
    ratios = {name: np.stack([record.signal.ratio[i].numpy() for record in latest.records], 1)
              for i, name in enumerate(gradient_noise.NAMES)}
    left, right = st.columns(2)
    with left:
        page.figure(figures.bounds(found, steps, page.palette()), key="bounds",
                      alt=figures.bounds_alt(found, steps))
    with right:
        page.figure(figures.signal(ratios, steps, LAYERS, layer, page.palette()), key="signal",
                      alt=figures.signal_alt(ratios, steps, LAYERS, layer))
    st.caption("Signal-to-noise ratio: the length of the mean gradient divided by the standard deviation of one "
               "mini-batch's.")
