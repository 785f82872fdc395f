"""One VAE trained by each gradient, live: the two bounds, and the signal in one gradient of the encoder."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dgm import jobs
from dgm.vae import gradient_noise
from dgm.vae.gradient_noise import Comparison, Record
from pages.gradients import results
from pages.gradients.figures import vae as figures
from pages.gradients.results import CONFIG, IMAGES, VAE_STEPS
from pages.gradients.state import LAYERS
from ui import controls, live_run, page, question

PAGE = "gradients"
PRESS = 25       # steps of one press
TOLERANCE = 1    # nats
EQUAL = f"the same, within {TOLERANCE} nat"
AS_CODE = (f"start = gradient_noise.start(vae.Config(hidden={CONFIG.hidden}, latent={CONFIG.latent}), images, "
           f"every={VAE_STEPS}) with\n"
           f'        # images = vae.Images("{IMAGES.name}"); '
           f"gradient_noise.advance(start, images, {VAE_STEPS}).records[-1].bounds")


def draw() -> None:
    """Both runs, the question which ends higher, and their figures while they train."""
    page.heading("One VAE, trained by each gradient")
    st.markdown(f"Two copies of one VAE (variational autoencoder; 8 × 8 digits, {CONFIG.latent} latents, "
                f"{CONFIG.hidden} hidden units) start from the same weights and see the same images and noise. One "
                "is trained with the log-derivative, one with reparametrization. The bound says in nats how well each "
                "explains images it never saw; beside it, how much signal one mini-batch gradient of the encoder "
                "carries.")
    run = live_run.ensure_run(PAGE, IMAGES, None, make=_new_run, tune=lambda comparison: comparison)
    run.total = VAE_STEPS
    if not _ask_bound():
        return
    with st.container(border=True):
        live_run.buttons(run, PAGE, steps=PRESS)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=1, what="steps"), "VAE progress")
    layer = LAYERS.index(controls.draw("layer"))
    live_run.auto_refresh(run, lambda: _show_records(run.latest, layer), "VAE figures")


def _new_run() -> jobs.Run:
    return jobs.Run(gradient_noise.advance, gradient_noise.start(CONFIG, IMAGES), IMAGES)


def _ask_bound() -> bool:
    def why(_: str) -> str:
        log_derivative, reparametrization = results.final_bounds()
        return (f"{reparametrization:.1f} nats with reparametrization, {log_derivative:.1f} with "
                "the log-derivative. Both gradients have the same mean, but below a signal-to-noise ratio "
                "of 1 a step goes mostly where the noise points: train both and watch.")

    return question.choice("bound", f"After {VAE_STEPS} steps, which has the higher bound on held-out images?",
                           [*gradient_noise.NAMES, EQUAL], truth=lambda: winner(*results.final_bounds()), why=why)


def winner(log_derivative: float, reparametrization: float) -> str:
    """Whose bound, in nats, is higher, as an answer."""
    if abs(log_derivative - reparametrization) < TOLERANCE:
        return EQUAL
    return gradient_noise.NAMES[int(reparametrization > log_derivative)]


def _show_records(latest: Comparison, layer: int) -> None:
    """Bounds and ratios of the records so far."""
    records = latest.records
    if not records:
        st.caption("Press Train: the two bounds and the two ratios appear here.")
        return
    steps = np.array([record.step for record in records])
    bounds = _by_estimator(records, lambda record, i: record.bounds[i])
    ratios = _by_estimator(records, lambda record, i: float(record.signal.ratio[i, layer]))
    left, right = st.columns(2)
    with left:
        page.figure(figures.bounds(bounds, steps, page.palette()), key="bounds", alt=figures.bounds_alt(bounds, steps))
    with right:
        page.figure(figures.signal(ratios, steps, LAYERS[layer], page.palette()), key="signal",
                    alt=figures.signal_alt(ratios, steps, LAYERS[layer]))
    st.caption("Signal-to-noise ratio: the length of the mean gradient divided by the standard deviation of one "
               "mini-batch's.")


def _by_estimator(records: tuple[Record, ...], number: Callable[[Record, int], float]) -> dict[str, np.ndarray]:
    """A number of each record as a curve, for each trained VAE."""
    return {name: np.array([number(record, i) for record in records]) for i, name in enumerate(gradient_noise.NAMES)}
