"""The VAE page's first screen: the buttons of the run, the pad with its picture, and the run's curves, side by side."""

import streamlit as st

from dgm.vae.live_training import Record, Training
from pages.vae import explorer, own_run, scene, shown_model
from pages.vae.figures import training_curves
from pages.vae.scene import Scene
from pages.vae.state import LIVE
from ui import dataset_menu, live_run, page

HEIGHT = 268     # CSS pixels of the curves
PAD = 290        # of the pad's map


def part() -> Scene:
    """Draw the first screen and return what it shows."""
    with st.container(key="cockpit"):
        shown = scene.choose()
        pad, curves = st.columns((63, 37))
        with pad:
            live_run.auto_refresh(shown.run, lambda: explorer.pad(shown.newest(), shown, PAD), "explorer")
        with curves:
            live_run.auto_refresh(shown.run, lambda: _run(shown), "curves")
    own_run.way_back()
    own_run.settings()
    dataset_menu.credit(shown.data)
    return shown


def _run(shown: Scene) -> None:
    """Where the run stands, and the curves of the model that is shown."""
    training: Training = shown.run.latest
    live_run.progress_bar(shown.run, per_step=training.checkpoint.config.batch, device=shown.device)
    records, behind = curves_of(shown, training)
    if not records:
        st.caption("Press Train: the curves of bound and KL appear here while the pad moves.")
        return
    changes = own_run.changes(shown.run) if shown.model == LIVE else []
    st.markdown(_newest(records[-1]))     # a caption's opacity would take the colours' contrast
    page.figure(training_curves.curves(records, page.palette(), height=HEIGHT, behind=behind, changes=changes),
                key="curves", alt=training_curves.curves_alt(records))
    st.caption("Nats per image. Solid: training images; dotted: held-out images."
               + (" Grey: an earlier run or the pretrained model." if behind else ""))


def curves_of(shown: Scene, training: Training) -> tuple[list[Record], list[Record]]:
    """The records of the model that is shown, and those of another model to compare it with, up to the same step."""
    pretrained = shown_model.pretrained_records(shown.data.name)
    if shown.model != LIVE:
        return pretrained, []
    others = next((list(run.records) for run in own_run.earlier() if run.records), pretrained)
    last = training.step
    return list(training.records), [record for record in others if record.step <= last]


def _newest(record: Record) -> str:
    """The bound of the newest record as its two terms."""
    recon, kl = record.held_out_recon, record.held_out_kl
    return (f"{page.swatch('q', 'bound')} {_nats(recon - kl)} = {page.swatch('reconstruction', 'reconstruction')} "
            f"{_nats(recon)} − {page.swatch('kl', 'KL')} {_nats(kl)}")


def _nats(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")



