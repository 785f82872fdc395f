"""The VAE page's live training: controls, run, curves, and the model that the page shows."""

from dataclasses import fields

import streamlit as st
import torch

from dgm import datasets, jobs, runtime, vae
from dgm.errors import CheckpointError
from dgm.vae import live_training
from pages.vae.figures import latent_space as figures
from pages.vae.shown_model import curve_csv
from pages.vae.state import LIVE, PRETRAINED
from ui import controls, live_run, page
from ui.components.live_figure.playback import playback
from ui.messages import sentence, show_error

PAGE = "vae"
TUNABLE = ("optimizer", "learning_rate", "batch", "beta", "gradient")  # what may change while a run goes on
PRETRAINED_FOR = {"digits": "digits", "mnist-5k": "mnist-5k", "mnist": "mnist-5k"}  # data set -> checkpoint
STEPS = 20  # of the step button
_REFUSAL = "_vae_refusal"


def models(data: str) -> list[str]:
    """What can be shown for a data set."""
    return [PRETRAINED, LIVE] if data in PRETRAINED_FOR else [LIVE]


def shown(model: str, run: jobs.Run, data: str) -> vae.Checkpoint:
    """The checkpoint of the chosen model, for a live run its newest."""
    if model == PRETRAINED and data in PRETRAINED_FOR:
        return vae.pretrained(PRETRAINED_FOR[data])
    training: live_training.Training = live_run.latest(PAGE, run)
    return training.checkpoint


def as_code(model: str, run: jobs.Run, data: datasets.Dataset) -> str:
    """The shown model in the script that a person can copy: a fresh run is made anew, a trained one is a file."""
    if model == PRETRAINED and data.name in PRETRAINED_FOR:
        return f'vae.pretrained("{PRETRAINED_FOR[data.name]}")'
    fresh: vae.Checkpoint = run.latest.checkpoint
    if fresh.step == 0:
        images = f"vae.Images({data.name!r}, {data.seed})"
        return f"vae.init(vae.{fresh.config!r}, vae.split_images({images}).train)"
    return 'vae.load("vae.safetensors")  # the file that "Weights" downloads'


def settings() -> vae.Config:
    """The controls of a run, as its configuration."""
    with controls.advanced("Settings of my run") as opened:
        if opened:
            _draw_settings()
    return vae.Config(latent=controls.value("latent"), hidden=controls.value("hidden"), beta=controls.value("beta"),
                      gradient=controls.value("gradient"), optimizer=controls.value("optimizer"),
                      learning_rate=controls.value("rate"), batch=controls.value("batch"),
                      seed=controls.value("run_seed"))


def _draw_settings() -> None:
    st.caption("Optimizer, learning rate, batch, β and gradient may change while it trains; the others begin a new "
               "run.")
    columns = ("latent", "hidden", "run_seed"), ("beta", "gradient", "steps"), ("optimizer", "rate", "batch", "device")
    for place, names in zip(st.columns(3), columns, strict=True):
        with place:
            for name in names:
                controls.draw(name)


def run(config: vae.Config, data: datasets.Dataset) -> jobs.Run:
    """This session's run: it goes on under new TUNABLE settings, any other change begins a new one."""
    images = vae.Images(data.name, data.seed, _device())
    made_for = (images, *(getattr(config, f.name) for f in fields(config) if f.name not in TUNABLE))
    live = live_run.ensure_run(
        PAGE, made_for, tuple(getattr(config, name) for name in TUNABLE),
        make=lambda: jobs.Run(live_training.advance, live_training.start(config, images), images),
        tune=lambda training: training._replace(checkpoint=vae.reconfigured(training.checkpoint, config)))
    live.total = controls.value("steps")
    return live


def _device() -> str:
    try:
        return str(runtime.device(controls.value("device")))
    except ValueError as error:
        controls.note(f"{sentence(error)} Training on the CPU meanwhile.")
        return "cpu"


def _show_run() -> None:
    controls.set_value("model", LIVE)


def conduct(run: jobs.Run) -> None:
    """Buttons, progress, and the newest numbers of the final algorithm; training moves the page's model to the run."""
    with st.container(border=True, key="conduct"):
        live_run.buttons(run, PAGE, steps=STEPS, on_play=_show_run)
        batch = run.latest.checkpoint.config.batch
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=batch, device=_device()), "meter")


def curves(run: jobs.Run) -> None:
    """The bound and its two terms over the steps, and the final algorithm with the numbers of its newest record."""

    def draw() -> None:
        training: live_training.Training = run.latest
        if not training.records:
            st.caption("Press Train: the curves of ELBO, reconstruction and KL appear here, nats per image.")
            return
        record = training.records[-1]
        beta = training.checkpoint.config.beta
        st.latex(rf"\text{{step }}{record.step}:\quad"
                 + page.term("q", r"\mathcal{L}", record.held_out_recon - beta * record.held_out_kl, "nats") + "="
                 + page.term("reconstruction", r"\log p(\mathbf{x}|g(\mathbf{x},\epsilon^*,\phi),\theta)",
                               record.held_out_recon)
                 + ("-" if beta == 1 else rf"-{beta:g}\cdot")
                 + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", record.held_out_kl))
        page.figure(figures.curves(training.records, page.palette()), key="curves",
                      alt=figures.curves_alt(training.records))

    live_run.auto_refresh(run, draw, "curves", every=1.2)


def film(run: jobs.Run, data: datasets.Dataset) -> None:
    """The run's latent space once more, from its first step on, played and scrubbed in the browser."""
    training: live_training.Training = run.latest
    if live_run.active(run) or len(training.snapshots) < 2 or training.checkpoint.config.latent < 2:
        return
    with st.expander("Watch the latent space organise itself again", icon=":material/movie:"):
        labels_of = data.labels if data.labels is not None else torch.zeros(len(data.x), dtype=torch.long)
        labels = labels_of[data.split().validation][: len(training.snapshots[0].means)]
        playback(figures.film(training.snapshots, labels.numpy(), page.palette()), key=f"film {training.step}",
                 alts=figures.film_alt(training.snapshots))


def files(run: jobs.Run, data: datasets.Dataset, checkpoint: vae.Checkpoint) -> None:
    """Weights of the shown model and the run's curve to take home, and weights to bring back."""
    training: live_training.Training = run.latest
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button("Weights of the model shown (safetensors)", lambda: vae.save(checkpoint), "vae.safetensors",
                           on_click="ignore", icon=":material/download:")
        st.download_button("Curve of my run (csv)", lambda: curve_csv(training.records), "curve.csv",
                           on_click="ignore", icon=":material/download:", disabled=not training.records)
    with st.expander("Bring weights back", icon=":material/upload:"):
        st.file_uploader("A file that was downloaded here (.safetensors)", key="weights", on_change=_bring,
                         args=(run, data))
        refusal = st.session_state.get(_REFUSAL)
        if refusal:
            show_error(refusal)
        elif refusal is not None:
            st.success("The weights are the start of my run now, and the page shows them.",
                       icon=":material/check_circle:")


def _bring(run: jobs.Run, data: datasets.Dataset) -> None:
    """A file was chosen (or taken away): make it the run's start, or keep the sentence that says why not."""
    brought = st.session_state.get("weights")
    st.session_state[_REFUSAL] = None if brought is None else _take(run, brought.getvalue(), data)
    if st.session_state[_REFUSAL] == "":
        _show_run()


def _take(run: jobs.Run, content: bytes, data: datasets.Dataset) -> str:
    """Begin the run with the weights in `content`; "" or why that cannot be."""
    try:
        checkpoint = vae.load(content)
    except CheckpointError as error:
        return f"Nothing was changed: {error}"
    pixels = len(checkpoint.params["decoder.out.bias"])
    if pixels != data.x.shape[1]:
        return (f"Nothing was changed: the model draws {pixels} pixels and {data.name} has {data.x.shape[1]}; "
                "choose the data it was trained on first")
    run.reset(live_training.Training(checkpoint))
    return ""
