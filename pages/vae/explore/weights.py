"""The VAE page's files: weights and curve to download, and weights that a run starts with."""

from typing import NamedTuple

import streamlit as st

from dgm import datasets, jobs, vae
from dgm.errors import CheckpointError
from dgm.vae.live_training import Training
from pages.vae import own_run, scrubber
from pages.vae.explore import training_picture
from pages.vae.scene import Scene
from pages.vae.shown_model import curve_csv
from pages.vae.state import MOST_LATENTS
from ui import page
from ui.kept_work import work
from ui.messages import show_error
from ui.own_data.upload import most_megabytes, upload
from ui.take_home import naming

MOST_WEIGHTS = 1_000_000    # of a run; the settings of the page make up to 816,000


class _Outcome(NamedTuple):
    """What became of an uploaded file."""

    run: jobs.Run     # that it was meant for
    error: str        # why the run does not start with it, "" when it does


def part(scene: Scene) -> None:
    """Download the weights of the shown model and the run's curve, or upload weights."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button("Weights of the model shown (safetensors)", lambda: vae.save(scene.checkpoint),
                           "vae.safetensors", on_click="ignore", icon=":material/download:")
        st.download_button("Curve of my run (csv)", lambda: curve_csv(scene.run.latest.records), "curve.csv",
                           on_click="ignore", icon=":material/download:")
        _animation(scene)
    st.caption("The link holds the settings, not the weights. A reload of this tab keeps the run; it is "
               f"deleted {work.KEEP_SECONDS / 60:.0f} minutes after you leave. Download the weights to go on with them "
               "later.")
    with st.expander("Upload weights", icon=":material/upload:"):
        st.caption(f"Up to {most_megabytes()} MB and {MOST_WEIGHTS:,} weights.")
        outcome = upload("A file that was downloaded here (.safetensors)", "weights",
                         lambda content: _start_with(content, scene.run, scene.data))
        if outcome is not None and outcome.run is scene.run:    # another run does not start with the file
            _show(outcome.error)


def _animation(scene: Scene) -> None:
    """The run's training as an animated picture, once two of its checkpoints are kept."""
    kept, palette = scrubber.kept(scene.run), page.palette()
    title = " · ".join((*naming.place()[:1], "images over the latent plane"))
    if len(kept) > 1:
        st.download_button("My training as an animated picture (PNG)",
                           lambda: training_picture.animated(kept, scene.shape, palette, title), "training.png",
                           "image/png", on_click="ignore", icon=":material/download:")


def _show(error: str) -> None:
    if error:
        show_error(error)
    else:
        st.success("My run now starts with these weights, and the page shows them.", icon=":material/check_circle:")


def _start_with(content: bytes, run: jobs.Run, data: datasets.Dataset) -> _Outcome:
    """Let the run start with the weights in a file's content, where they fit the data."""
    try:
        checkpoint = vae.load(content)
    except CheckpointError as error:
        return _Outcome(run, f"Nothing was changed: {error}")
    size = sum(weights.numel() for weights in checkpoint.params.values())
    if size > MOST_WEIGHTS:
        return _Outcome(run, f"Nothing was changed: the model has {size:,} weights and a run here takes at most "
                        f"{MOST_WEIGHTS:,}; upload a smaller one")
    pixels = len(checkpoint.params["decoder.out.bias"])
    if pixels != data.x.shape[1]:
        return _Outcome(run, f"Nothing was changed: the model draws {pixels} pixels and {data.name} has "
                        f"{data.x.shape[1]}; choose the data it was trained on first")
    if checkpoint.config.latent > MOST_LATENTS:
        return _Outcome(run, f"Nothing was changed: the model has {checkpoint.config.latent} latents and this page "
                        f"shows up to {MOST_LATENTS}; train one with fewer")
    run.reset(Training(checkpoint))
    own_run.show()
    return _Outcome(run, "")
