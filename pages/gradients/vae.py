"""Part "The VAE": one VAE trained by each estimator: the signal in one gradient of the encoder, and the two bounds."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dgm import jobs
from dgm.vae import gradient_noise
from dgm.vae.gradient_noise import Record
from pages.gradients import results
from pages.gradients.figures import vae as figures
from pages.gradients.results import CONFIG, IMAGES, VAE_STEPS
from pages.gradients.state import LAYERS
from ui import controls, live_run, page, question, source_code
from ui.figures.written import written

PAGE = "gradients"
PRESS = 25       # steps of one press
TOLERANCE = 1    # nats
BOUND_RUN = f"{VAE_STEPS} steps"    # what the prediction of the bounds is about
EQUAL = f"the same, within {TOLERANCE} nat"
FORMULA = (r"\begin{gathered}n\,\nabla_\phi \log p(x_i | g(x_i, \epsilon^*, \phi), \theta) \\ "
           r"- \nabla_\phi KL(q(z_i|x_i,\phi)\,\|\,p(z_i)) \\ i \sim U[1, n], \quad \epsilon^* \sim r(\epsilon)"
           r"\end{gathered}")
MEANING_OF_LAYERS = ("In the layer's name, hidden leads from the image to the hidden units, and out from there to "
                     "the mean "
                     "and variance of q(z|x).")


def part() -> None:
    """Two copies of one VAE, each trained by one estimator."""
    page.introduction(
        f"Two copies of one VAE (8 × 8 digits, {CONFIG.latent} latents) start from the same weights and see the same "
        "images and noise. One is trained with the log-derivative, one with reparametrization. f(z) is now the "
        "decoder's log p(x|z).", FORMULA, ("encoder", "decoder", "bound", "held-out", "nat", "mini-batch"))
    run = live_run.ensure_run(PAGE, IMAGES, None, make=_new_run, tune=lambda comparison: comparison)
    run.total = VAE_STEPS
    with st.container(key="VAE view"):
        live_run.auto_refresh(run, lambda: _show_records(run.latest.records), "VAE figures")
    with st.container(border=True):
        live_run.buttons(run, PAGE, steps=PRESS)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=1, what="steps"), "VAE progress")
    controls.draw("layer")
    st.caption(MEANING_OF_LAYERS)
    _ask_bound()
    _code()


def _new_run() -> jobs.Run:
    return jobs.Run(gradient_noise.advance, gradient_noise.start(CONFIG, IMAGES), IMAGES)


def _show_records(own: tuple[Record, ...]) -> None:
    """Ratios and bounds of the visitor's run; before it begins, those of the run that the page brings with it."""
    curves = results.Curves.of(own) if len(own) > 1 else results.reference_curves()
    layer = LAYERS.index(controls.value("layer"))
    ratios = _by_estimator(lambda i: curves.ratios[:, i, layer])
    bounds = _by_estimator(lambda i: curves.bounds[:, i])
    left, right = st.columns(2)
    with left:
        page.figure(figures.signal(ratios, curves.steps, LAYERS[layer], page.palette()), key="signal",
                    alt=figures.signal_alt(ratios, curves.steps, LAYERS[layer]))
    with right:
        if len(own) > 1 or question.revealed("bound", BOUND_RUN):
            page.figure(figures.bounds(bounds, curves.steps, page.palette()), key="bounds",
                        alt=figures.bounds_alt(bounds, curves.steps))
        else:
            page.figure(figures.covered_bounds(curves.steps, page.palette()), key="covered bounds",
                        alt=f"Empty axes for the bounds over {int(curves.steps[-1])} steps: the question below asks "
                        "for them.")
    whose = "Your run." if len(own) > 1 else f"A finished run of {VAE_STEPS} steps; press Train to compute it anew."
    st.caption(f"{whose} Signal-to-noise ratio: the length of the mean gradient divided by the standard deviation "
               "of one mini-batch's. Below 1 a step goes mostly where the noise points.")


def _by_estimator(curve: Callable[[int], np.ndarray]) -> dict[str, np.ndarray]:
    return {name: curve(i) for i, name in enumerate(gradient_noise.NAMES)}


def _ask_bound() -> None:
    def why(_: str) -> str:
        log_derivative, path = (written(bound, ".1f") for bound in results.reference_curves().bounds[-1])
        return (f"{path} nats with reparametrization, {log_derivative} with the log-derivative. "
                "Both gradients have the same mean, but the log-derivative's signal is smaller than its noise.")

    question.choice("bound", f"After {VAE_STEPS} steps, which has the higher bound on held-out images?",
                    [*gradient_noise.NAMES, EQUAL], why=why,
                    truth=lambda: winner(*results.reference_curves().bounds[-1]), about=BOUND_RUN)


def winner(log_derivative: float, reparametrization: float) -> str:
    """Whose bound, in nats, is higher, as an answer."""
    if abs(log_derivative - reparametrization) < TOLERANCE:
        return EQUAL
    return gradient_noise.NAMES[int(reparametrization > log_derivative)]


def _code() -> None:
    bounds = results.reference_curves().bounds[-1]
    lines = f"""
        from dgm import vae
        from dgm.vae import gradient_noise
        images = vae.Images("{IMAGES.name}")
        config = vae.Config(hidden={CONFIG.hidden}, latent={CONFIG.latent})
        start = gradient_noise.start(config, images, every={VAE_STEPS})
        bounds = gradient_noise.advance(start, images, {VAE_STEPS}).records[-1].bounds
        numbers = {{f"bound, {{name}}": float(bound) for name, bound in zip(gradient_noise.NAMES, bounds)}}
    """
    source_code.show([gradient_noise.gradients, gradient_noise.measure, gradient_noise.advance], formula=FORMULA,
                     script=lines, numbers={f"bound, {name}": float(bound)
                                            for name, bound in zip(gradient_noise.NAMES, bounds, strict=True)})
