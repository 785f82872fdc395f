"""The VAE page's first part: the buttons of the run, the pad with its picture, and the run's curves, side by side."""

import streamlit as st

from dgm import vae
from dgm.vae import live_training
from dgm.vae.live_training import Record, Training
from pages.vae import own_pictures, own_run, scene, shown_model
from pages.vae.explore import lesson, pad, training, weights
from pages.vae.figures import training_curves
from pages.vae.scene import Scene
from pages.vae.state import LIVE
from ui import dataset_menu, live_run, pacing, page, source_code, style
from ui.figures.written import difference

HEIGHT = 166     # CSS pixels of the curves: Train, pad and curves are seen together on 720
SPACE = "\N{NO-BREAK SPACE}"
PAD = 240        # of the pad's map
WHAT = ("The **encoder** gives each image a distribution of codes, with its mean at a dot. Drag the large point: the "
        "**decoder** turns it into an image. Training raises the **bound**: images must come back from their codes, "
        "and the KL keeps these near the prior.")
PRETRAINED, AVERAGED_SHORT = "Pretrained", ", weights averaged"     # in the lecture hall captions are not shown
AVERAGED = (" The curves are of the run; the pretrained model averages the weights of its steps, so its numbers are "
            "not the curves' ends.")
FORMULA = (r"\mathcal{L}(\phi, \theta) = \mathbb{E}_{q(\mathbf{z}|\mathbf{x}, \phi)} \log p(\mathbf{x}|\mathbf{z}, "
           r"\theta) - KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))")


def part() -> None:
    """The first screen; below it what is trained, by which algorithm, and the files of the run."""
    hall = style.presenting()
    if hall:
        lesson.words()      # in the first line, as on every other page
    shown = _first_screen()
    pad.ask(shown)
    pacing.after_paint(
        *(() if hall else (lesson.introduction,)),
        lambda: lesson.algorithm(shown),
        lambda: training.part(shown),
        lambda: weights.part(shown),
        lambda: own_pictures.part(shown.checkpoint, shown.data),
        lambda: _code(shown))


def _first_screen() -> Scene:
    screen = st.container(key="cockpit")
    with screen:
        shown = scene.choose()
        st.caption(WHAT)
    with st.container():    # what comes and goes is one element: the sections below stay as open as they are
        shown = scene.gone_back(shown)
    with screen:
        left, right = st.columns((63, 37))
        with left:
            live_run.auto_refresh(shown.run, lambda: pad.pad(shown.newest(), shown, PAD), "explorer")
        with right:
            live_run.auto_refresh(shown.run, lambda: _run(shown), "curves")
    with st.container():
        own_run.way_back()
    own_run.settings()
    dataset_menu.credit(shown.data)
    return shown


def _run(shown: Scene) -> None:
    """Where the run stands, and the curves of the model that is shown."""
    training: Training = shown.run.latest
    scene.progress(shown)
    records, behind = curves_of(shown, training)
    if not records:
        st.caption("Press Train: the curves of bound and KL appear here while the pad moves.")
        return
    changes = own_run.changes(shown.run) if shown.model == LIVE else []
    at = training.records[-1] if shown.training else shown_model.measured(shown.newest(), shown.images)
    # a caption's opacity would take the colours' contrast
    st.markdown(_bound("My run" if shown.model == LIVE else
                       PRETRAINED + AVERAGED_SHORT * style.presenting(), at))
    page.figure(training_curves.curves(records, page.palette(), height=HEIGHT, behind=behind, changes=changes,
                                       at=None if shown.back is None else at.step), key="curves",
                alt=training_curves.curves_alt(records, at))
    st.caption("Nats per image. Numbers and dotted: validation images, not trained on. Solid: training images."
               + ("" if shown.model == LIVE else AVERAGED)
               + (f" Grey: {'the run before' if _others() else 'the pretrained model'}." if behind else ""))


def curves_of(shown: Scene, training: Training) -> tuple[list[Record], list[Record]]:
    """The records of the model that is shown, and those of another model to compare it with, up to the same step."""
    beside = shown.data.name == own_pictures.BESIDE     # whose first validation images, which are measured, are BASE's
    pretrained = shown_model.pretrained_records(own_pictures.BASE if beside else shown.data.name)
    if shown.model != LIVE:
        return pretrained, []
    behind = [record for record in _others() or pretrained if record.step <= training.step]
    return list(training.records), behind if len(behind) > 1 else []     # one point is no curve


def _others() -> list[Record]:
    """The records of the newest run that was set aside, which is drawn behind this one; none: []."""
    return next((list(run.records) for run in own_run.earlier() if run.records), [])


def _bound(whose: str, record: Record) -> str:
    """The bound on validation images, in two lines: the sum of its terms as they are written. whose: in words."""
    recon, kl = record.held_out_recon, record.held_out_kl
    return (f":small[{whose}, step {record.step:,}:] "
            f"{page.swatch('q', 'bound')} {training_curves.nats(difference(recon, kl, 2))}  \n"
            f"= {page.swatch('reconstruction', 'reconstruction')} {training_curves.nats(recon)}"
            f"{SPACE}−{SPACE}{page.swatch('kl', 'KL')}{SPACE}{training_curves.nats(kl)}")


def _code(shown: Scene) -> None:
    record = shown_model.measured(shown.checkpoint, shown.images)
    source_code.show(
        [vae.advance, vae.elbo_terms, vae.kl_to_prior], formula=FORMULA,
        script=f"""
            {own_run.imports(shown.images)}
            from dgm.vae import live_training
            checkpoint = {own_run.as_code(shown.model, shown.run, shown.images)}
            images = vae.split_images({own_run.images_as_code(shown.images)})
            record = live_training.measure(checkpoint, images)   # of at most {live_training.MEASURED} validation images
            numbers = {{"reconstruction": record.held_out_recon, "KL": record.held_out_kl}}
        """,
        numbers={"reconstruction": record.held_out_recon, "KL": record.held_out_kl},
        own=own_run.own(shown.checkpoint, shown.images))
