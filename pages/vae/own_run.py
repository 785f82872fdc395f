"""The VAE page's live run: its settings, its buttons and progress, and the checkpoint of the chosen model.

A run is never lost by a change of a setting or of the situation: it is set aside, and comes back with its settings.
"""

from dataclasses import fields
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import streamlit as st

from dgm import jobs, runtime, vae
from dgm.vae import live_training
from pages.vae import own_pictures, scrubber
from pages.vae.state import EXPLORE, LIVE, PRETRAINED
from ui import cache, controls, live_run
from ui.figures.written import written
from ui.messages import sentence
from ui.take_home import notebook

PAGE = "vae"
TUNABLE = ("optimizer", "learning_rate", "batch", "beta", "gradient")  # what may change while a run goes on
FIXED = tuple(f.name for f in fields(vae.Config) if f.name not in TUNABLE)
CONTROL = {"latent": "latent", "hidden": "hidden", "seed": "run_seed", "beta": "beta", "gradient": "gradient",
           "optimizer": "optimizer", "learning_rate": "rate", "batch": "batch"}   # field of the Config -> control
PRETRAINED_FOR = {"digits": "digits", "mnist-5k": "mnist-5k", "mnist": "mnist-5k",
                  own_pictures.BESIDE: own_pictures.BASE}     # data set -> checkpoint
NAMES = {"learning_rate": "learning rate", "latent": "latents", "hidden": "hidden units", "beta": "β",
         "gradient": "gradient by"}     # of settings, in words
OWN_WEIGHTS = 'vae.load("vae.safetensors")  # the file that "Weights" downloads'
OWN_PIXELS = 'own_images.from_zip(open("pictures.zip", "rb").read()).x'
STEPS = 20   # of the step button
KEPT = 3     # runs that are set aside


class Change(NamedTuple):
    """A setting that was changed while a run went on."""

    step: int
    text: str


_changes: WeakKeyDictionary[jobs.Run, list[Change]] = WeakKeyDictionary()


def models(data: str) -> list[str]:
    """What can be shown for the data set of this name."""
    return [PRETRAINED, LIVE] if data in PRETRAINED_FOR else [LIVE]


def checkpoint(model: str, run: jobs.Run, data: str) -> vae.Checkpoint:
    """The checkpoint of a model of `models(data)`; of the live one its newest."""
    if model == PRETRAINED and data in PRETRAINED_FOR:
        return vae.pretrained(PRETRAINED_FOR[data])
    training: live_training.Training = live_run.latest(PAGE, run)
    return training.checkpoint


def as_code(model: str, run: jobs.Run, images: vae.Images) -> str:
    """The shown model in the script that a visitor can copy: a new run is made there, a trained one is a file."""
    if model == PRETRAINED and images.name in PRETRAINED_FOR:
        return f'vae.pretrained("{PRETRAINED_FOR[images.name]}")'
    newest: vae.Checkpoint = run.latest.checkpoint
    if newest.step == 0:
        return f"vae.init(vae.{newest.config!r}, vae.split_images({images_as_code(images)}).train)"
    return OWN_WEIGHTS


def images_as_code(images: vae.Images) -> str:
    """The images in the script that a visitor can copy, after the line of `imports`."""
    if isinstance(images, vae.OwnImages):
        beside = f", beside={images.beside!r}" if images.beside else ""
        return f"vae.own_images({OWN_PIXELS}{beside})"
    return f"vae.Images({images.name!r}, {images.seed})"


def own(shown: vae.Checkpoint, images: vae.Images) -> list[notebook.Own]:
    """The weights and the images that these scripts read from files, for their notebooks. shown: the model shown."""
    return [notebook.Own(OWN_WEIGHTS, "trained", lambda: notebook.bytes_as_code("weights", vae.save(shown))
                         + "\ntrained = vae.load(weights)"),
            notebook.Own(OWN_PIXELS, "pixels", lambda: own_pictures.as_code(images))]


def imports(images: vae.Images) -> str:
    """The first line of such a script."""
    own = "; from dgm.datasets import own_images" if isinstance(images, vae.OwnImages) else ""
    return f"from dgm import vae{own}"


def config() -> vae.Config:
    """The configuration that the controls of a run describe."""
    return vae.Config(**{name: controls.value(control) for name, control in CONTROL.items()})


def settings() -> None:
    """Draw the controls of a run."""
    with controls.advanced("Settings of my run") as opened:
        if opened:
            _draw_settings()


def _draw_settings() -> None:
    st.caption("Optimizer, learning rate, batch, β and gradient may change while it trains; the curves mark the step. "
               "The other settings begin a new run; the old one is kept and comes back with its settings.")
    columns = ("latent", "hidden", "run_seed"), ("beta", "gradient", "steps"), ("optimizer", "rate", "batch", "device")
    available = [name for name in runtime.DEVICES if _is_here(name)]
    for place, names in zip(st.columns(3), columns, strict=True):
        with place:
            for name in names:
                limits: dict[str, Any] = {"options": available} if name == "device" else {}
                controls.draw(name, **limits)


def _is_here(name: str) -> bool:
    try:
        runtime.device(name)
    except ValueError:
        return False
    return True


def device() -> str:
    """The chosen device as text; the CPU, with a note here, when it is absent."""
    try:
        return str(runtime.device(controls.value("device")))
    except ValueError as error:
        controls.note(f"{sentence(error)} Training on the CPU meanwhile.")
        return "cpu"


def ensure(config: vae.Config, images: vae.Images) -> jobs.Run:
    """This session's run: it goes on under new TUNABLE settings, any other change sets it aside for another one."""
    before: list[live_training.Training] = []

    def tune(training: live_training.Training) -> live_training.Training:
        before.append(training)
        return training._replace(checkpoint=vae.reconfigured(training.checkpoint, config))

    run = live_run.ensure_run(
        PAGE, (images, *(getattr(config, name) for name in FIXED)), tuple(getattr(config, name) for name in TUNABLE),
        make=lambda: jobs.Run(live_training.advance, _start(config, images), images), tune=tune, keep=KEPT)
    run.total = controls.value("steps")
    _remember_changes(run, before, config)
    return run


@cache.shared()
def _start(config: vae.Config, images: vae.Images) -> live_training.Training:
    """The model at step 0: one for all visitors, most of whom look at the page and never train."""
    return live_training.start(config, images)


def _remember_changes(run: jobs.Run, before: list[live_training.Training], config: vae.Config) -> None:
    if run.latest.step == 0:
        _changes.pop(run, None)
        return
    for training in before:
        old = training.checkpoint.config
        text = ", ".join(f"{_in_words(name, getattr(old, name))} → {_plain(getattr(config, name))}" for name in TUNABLE
                         if getattr(old, name) != getattr(config, name))
        _changes.setdefault(run, []).append(Change(training.step, text))


def changes(run: jobs.Run) -> list[Change]:
    """The settings that were changed while the run went on, in order."""
    return list(_changes.get(run, ()))


def begin_situation() -> None:
    """Set the run aside, in the part about it; where the situation shows a run, the next one starts. A callback."""
    if controls.value("part") == EXPLORE:
        live_run.discard_run(PAGE, keep=KEPT, plays=controls.value("model") == LIVE)


def show() -> None:
    """Make the run the model that the page shows (in a callback)."""
    controls.set_value("model", LIVE)


def buttons(run: jobs.Run) -> None:
    """Buttons; a run that is started becomes the model that the page shows."""
    def newest() -> None:
        scrubber.show_newest(run)
        show()

    live_run.buttons(run, PAGE, steps=STEPS, on_play=newest)


def earlier() -> list[live_training.Training]:
    """The runs that were set aside, the newest first."""
    return [kept.run.latest for kept in live_run.kept_runs(PAGE)]


def way_back() -> None:
    """Where a run was set aside: say so, and offer the way back to it."""
    for kept in live_run.kept_runs(PAGE)[:1]:
        with st.container(horizontal=True, vertical_alignment="center", key="way back"):
            st.caption(f"An earlier run is kept at step {kept.run.progress.step:,} ({_differences(kept)}).{full()}",
                       width="content")
            st.button("Back to that run", key="vae back", on_click=_go_back, args=(kept,), type="tertiary",
                      icon=":material/undo:")


def full() -> str:
    """A sentence where as many runs are set aside as are kept, "" before."""
    count = len(live_run.kept_runs(PAGE))
    most = f" {count} earlier runs are kept, the most that can be: the next one replaces the oldest."
    return most if count >= KEPT else ""


def _settings_of(kept: live_run.Kept) -> dict[str, Any]:
    images, *fixed = kept.made_for
    return {"images": images, "data": images.name, **dict(zip(FIXED, fixed, strict=True)),
            **dict(zip(TUNABLE, kept.tuned_to, strict=True))}


def _differences(kept: live_run.Kept) -> str:
    """How the settings of a kept run differ from those on the page."""
    now = {"data": controls.value("data")} | {name: getattr(config(), name) for name in CONTROL}
    return ", ".join(_in_words(name, value) for name, value in _settings_of(kept).items()
                     if name in now and now[name] != value) or "same settings"


def _in_words(name: str, value: Any) -> str:
    """A setting with its value."""
    return f"{NAMES.get(name, name)} {_plain(value)}"


def _plain(value: Any) -> str:
    return written(value, "g") if isinstance(value, float) else str(value)


def _go_back(kept: live_run.Kept) -> None:
    found = _settings_of(kept)
    own_pictures.use(found["images"])
    if own_pictures.current() is None:
        controls.set_value("data", found["data"])
    for name, control in CONTROL.items():
        controls.set_value(control, found[name])
    show()
