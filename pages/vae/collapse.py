"""The VAE page's part on collapse: latents switch off as beta grows, exactly in the linear VAE, and in trained ones."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import streamlit as st

from dgm import jobs, vae
from dgm.ppca import linear_vae
from dgm.vae.latents import collapse
from pages.vae import own_run, scene, shown_model, sweep_fold
from pages.vae.figures import collapse as figures
from pages.vae.scene import Scene
from pages.vae.shown_model import Linear
from pages.vae.state import LIVE
from pages.vae.sweep_fold import Plan, Point, Sweep
from ui import controls, live_run, page, question, source_code

PAGE = "vae sweep"
BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0)
STEPS = 1500            # of the training of each model
PLACES = 160            # of the curves
SECONDS = 1.0           # between two refreshes of the sweep
REFERENCE = Path(__file__).with_name("reference_sweep.json")    # made by `python -m tools.vae_references`
INTRODUCTION = (
    "With a weight $\\beta$ on the KL, each nat of code has a price. A latent that explains too little falls back to "
    "the prior: its KL is 0 and it is **collapsed**; the others are **active**. In the linear VAE, $\\lambda_j$ "
    "being the data's variance along axis $j$, the end of training is known exactly.")
COUNTED = ("A latent of a trained network counts as active where its mean varies by more than "
           f"{collapse.ACTIVE_VARIANCE:g}.")
TERMS = ("β", "KL to the prior", "active latent", "latent variable", "noise variance", "bound", "nat")
FORMULA = (r"KL_j = \begin{cases}\tfrac12 \log \dfrac{\lambda_j}{\beta\sigma^2} & \lambda_j > \beta\sigma^2\\[0.6em] "
           r"0 & \text{otherwise}\end{cases}")


def part() -> None:
    """KL of each latent over beta: exact for the linear VAE, measured for trained models; a question; the script."""
    place, below = st.container(), st.container()
    with below:
        settings = st.container()
        shown = scene.below()
    with settings:
        left, right = st.columns(2)
        with left:
            latent = int(controls.draw("sweep_latent"))
        with right:
            beta = float(controls.draw("weight"))
    linear = shown_model.linear(shown.images, latent)
    with place:
        page.introduction(INTRODUCTION, FORMULA, TERMS)
        exact, trained = st.columns(2)
        with exact:
            _exact(linear, latent, beta)
        with trained:
            _trained(shown, latent)
    _ask(linear, latent, beta, shown)
    _shown_units(shown)
    _code(linear, latent, beta, shown)


def _active(linear: Linear, latent: int, beta: float) -> int:
    """How many latents of the linear VAE have a KL at the end of training."""
    return int((linear_vae.optimum(linear.spec, latent, linear.sigma2, beta).kl > 0).sum())


def _exact(linear: Linear, latent: int, beta: float) -> None:
    betas = np.geomspace(*figures.RANGE, PLACES)
    path = linear_vae.collapse(linear.spec, latent, [linear.sigma2] * PLACES, betas.tolist())
    active = _active(linear, latent, beta)
    page.figure(figures.latents(betas, path.kl.numpy(), beta, page.palette()), key="exact collapse",
                alt=figures.latents_alt("linear VAE, exact", beta, active, latent))
    st.markdown(f"**Linear VAE, exact.** At β = {beta:g}, {active} of {latent} latents are active.")


# Trained models ------------------------------------------------------------------------------------------------------


def _trained(shown: Scene, latent: int) -> None:
    plan = _plan(shown, latent)
    run = live_run.ensure_run(PAGE, plan, None, make=lambda: jobs.Run(sweep_fold.advance, Sweep(), plan,
                                                                      total=len(BETAS)), tune=lambda found: found)
    live_run.auto_refresh(run, lambda: _sweep(run, plan), "sweep", every=SECONDS)

    def play() -> None:
        live_run.start(run, run.play)

    with st.container(horizontal=True):
        if live_run.active(run):
            st.button("Stop", key="sweep stop", on_click=run.stop, icon=":material/pause:")
        else:
            full, done = live_run.no_room(run), run.progress.state == "done"
            st.button("Train one model for each β", key="sweep play", on_click=play, icon=":material/play_arrow:",
                      disabled=done or bool(full), help="All models are trained." if done else None)
            if full:
                st.caption(full)


def _plan(shown: Scene, latent: int) -> Plan:
    config = own_run.config()
    return Plan(vae.Config(latent=latent, hidden=config.hidden, seed=config.seed, batch=config.batch), shown.images,
                BETAS, STEPS)


def _sweep(run: jobs.Run, plan: Plan) -> None:
    points = run.latest.points or reference(plan)
    if not points:
        st.caption(f"Not trained yet for these settings: {len(plan.betas)} models of {plan.steps:,} steps each.")
        return
    page.figure(figures.trained([each.beta for each in points], [each.kl for each in points], page.palette(),
                                beta=controls.value("weight")), key="trained collapse",
                alt=figures.trained_alt([each.beta for each in points], [each.active for each in points]))
    state = f", {run.progress.step} of {len(plan.betas)} models" if live_run.active(run) else ""
    st.markdown(f"**This network, trained{state}.** Active of {plan.config.latent} latents: {_counts(points)}. "
                f"{COUNTED}")


def _counts(points: Sequence[Point]) -> str:
    """How many latents are active at which weights: those in a row that have one count are named together."""
    groups = [(active, ", ".join(f"{each.beta:g}" for each in found))
              for active, found in groupby(points, key=lambda each: each.active)]
    return "; ".join(f"{active} at β = {betas}" for active, betas in groups)


@cache
def _reference() -> dict[str, list[list[object]]]:
    found: dict[str, list[list[object]]] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return found


def reference_key(plan: Plan) -> str:
    """Identifies a finished sweep."""
    return f"{plan.images.name} {plan.config!r} {plan.steps}"


def reference(plan: Plan) -> tuple[Point, ...]:
    """The points of a finished sweep with these settings; none where the page brings none."""
    rows = _reference().get(reference_key(plan), [])
    return tuple(Point(beta, recon, tuple(kl), active)   # type: ignore[arg-type]
                 for beta, recon, kl, active in rows)


# The question, the model shown, the script ---------------------------------------------------------------------------


def _ask(linear: Linear, latent: int, beta: float, shown: Scene) -> None:
    question.number(
        "active", f"Now β is doubled to {2 * beta:g}. How many of the {latent} latents of the linear VAE stay active?",
        truth=lambda: float(_active(linear, latent, 2 * beta)),
        why=lambda _: "A latent stays active while its variance in the data exceeds β σ², and β σ² has doubled.",
        low=0.0, high=float(latent), start=float(latent // 2), step=1.0, form="{:.0f}",
        about=f"{shown.images.name} {latent} {beta}")


def _shown_units(shown: Scene) -> None:
    units = collapse.units(shown.checkpoint, shown.held_out)
    rows = "\n".join(f"| {j + 1} | {kl:.3f} | {variance:.3f} | {'yes' if active else 'no'} |" for j, (
        kl, variance, active) in enumerate(zip(units.kl.tolist(), units.variance.tolist(), units.active.tolist(),
                                               strict=True)))
    page.heading("The latents of the model in the other parts")
    model = "my run" if shown.model == LIVE else "the pretrained model"
    st.markdown(f"This is {model} at step {shown.checkpoint.step:,}, chosen under “Model”; the figures above do not "
                f"show it. The numbers are of the {len(shown.held_out):,} test images.\n\n"
                f"| latent | KL, nats | variance of the mean | active |\n|---|---:|---:|---|\n{rows}")


def _code(linear: Linear, latent: int, beta: float, shown: Scene) -> None:
    best = linear_vae.optimum(linear.spec, latent, linear.sigma2, beta)
    source_code.show(
        [linear_vae.optimum, collapse.units], formula=FORMULA, heading="The linear VAE's exact end",
        script=f"""
            {own_run.imports(shown.images)}
            from dgm import ppca
            from dgm.ppca import linear_vae
            spec = ppca.spectrum(vae.split_images({own_run.images_as_code(shown.images)}).train)
            sigma2 = spec.noise({latent})
            kl = linear_vae.optimum(spec, {latent}, sigma2, {beta!r}).kl
            numbers = {{"KL": float(kl.sum()), "active": int((kl > 0).sum())}}
        """,
        numbers={"KL": float(best.kl.sum()),
                 "active": _active(linear, latent, beta)},
        own=own_run.own(shown.checkpoint, shown.images))
