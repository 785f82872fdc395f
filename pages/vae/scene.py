"""What the VAE page shows: the chosen images, the visitor's run, and the model that is looked at."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dgm import datasets, jobs, vae
from pages.vae import own_pictures, own_run, scrubber, shown_model
from pages.vae.state import LIVE
from ui import controls, dataset_menu, live_run


class Scene(NamedTuple):
    """What the controls that all parts share say."""

    data: datasets.Dataset
    images: vae.Images          # the name of the data's images, for the functions that load them
    held_out: Tensor            # (N, D) the test images, black and white
    labels: Tensor              # (N,) of the test images; own_pictures.MINE for a visitor's own
    validation_labels: Tensor   # (M,)
    shape: tuple[int, int]      # (height, width) of an image
    model: str                  # PRETRAINED or LIVE
    run: jobs.Run
    device: str                 # that the run trains on
    checkpoint: vae.Checkpoint  # of the model, when the script ran
    back: vae.Checkpoint | None = None   # of an earlier step of the run, where the visitor went back to one

    def newest(self) -> vae.Checkpoint:
        """The model's checkpoint now: a live run moves on between two runs of the script."""
        return self.back or own_run.checkpoint(self.model, self.run, self.data.name)

    @property
    def labelled(self) -> bool:
        """Whether the images have classes: a visitor's own alone have none."""
        return self.data.name != own_pictures.NAME

    def classes(self, count: int) -> Tensor | None:
        """The labels of the first `count` test images, for a pad; None where they have no classes."""
        return self.labels[:count] if self.labelled else None

    @property
    def training(self) -> bool:
        """Whether the model moves: it is the visitor's run, and the run is active."""
        return self.model == LIVE and live_run.active(self.run)

    @property
    def situation(self) -> str:
        """What a prediction about the model depends on."""
        return f"{self.data.name} {shown_model.digest(self.checkpoint)}"

    def ask(self, draw: Callable[[], None]) -> None:
        """Draw a question about the model where it rests: a moving one would be asked about a step long past."""
        if self.training:
            st.caption("A question about my run is asked here when its training stops.")
        else:
            draw()


def _images(device: str) -> tuple[vae.Images, datasets.Dataset]:
    """Draw the menu of the data sets; the chosen one, or the visitor's own pictures where these are in use."""
    own = own_pictures.current()
    if own is not None:
        controls.shows_own_data(lambda: own_pictures.use(None))
        controls.draw("data", disabled=True, label="Data (not in use: your pictures are)")
        return own.images, own.data
    data = dataset_menu.choose()
    return vae.Images(data.name, data.seed, device), data


class Chosen(NamedTuple):
    """A test image of the scene."""

    number: int
    seed: int       # of the draws from q
    image: Tensor   # (D,)
    name: str       # in words


def numbers(shown: Scene) -> dict[str, Any]:
    """The limits of the number of a test image: a visitor may have brought fewer than the table's default."""
    last = len(shown.held_out) - 1
    return {"high": last, "default": min(controls.default("image"), last)}


def chosen(shown: Scene) -> Chosen:
    """The image that the controls name, drawn or not."""
    number = controls.value("image", **numbers(shown))
    name = f"test image {number}" + (f", {class_name(shown.labels[number])}" if shown.labelled else "")
    return Chosen(number, controls.value("seed"), shown.held_out[number], name)


def class_name(label: Tensor) -> str:
    """The class of an image in words: "a 3", or "yours" for a visitor's own picture."""
    digit = int(label)
    return "yours" if digit == own_pictures.MINE else f"{'an' if digit == 8 else 'a'} {digit}"


def choose(own: bool = True) -> Scene:
    """Draw the row of controls (data, model, buttons of the run), and return what they choose.

    own: whether model and buttons are drawn. A part that shows neither model has no use for them.
    """
    device = own_run.device()
    left, middle, right = st.columns((2.7, 2.8, 5.5), vertical_alignment="bottom")
    with left:
        images, data = _images(device)
    run = own_run.ensure(own_run.config(), images)
    with middle:
        model = (controls.draw if own else controls.value)("model", options=own_run.models(data.name))
    with right:
        if own:
            own_run.buttons(run)
    images = replace(images, device="cpu")    # for what the page computes
    assert data.image_shape is not None
    validation_labels, labels = _labels(data)
    return Scene(data, images, vae.split_images(images).test, labels, validation_labels, data.image_shape, model, run,
                 device, own_run.checkpoint(model, run, data.name))


def _labels(data: datasets.Dataset) -> tuple[Tensor, Tensor]:
    """Those of the validation images and of the test images."""
    own = own_pictures.current()
    if own is not None:
        return own.labels
    assert data.labels is not None          # the menu offers labelled images alone
    _, validation, test = data.split()
    return data.labels[validation], data.labels[test]


def below(own: bool = True) -> Scene:
    """The same controls below the figures of a part, with the run's progress and its settings. own: as for `choose`."""
    shown = choose(own)
    if own:
        _progress(shown)
        shown = gone_back(shown)
    own_run.settings()
    dataset_menu.credit(shown.data)
    return shown


def above() -> tuple[DeltaGenerator, Scene]:
    """A place for the figures of a part, and the scene, whose controls are drawn below that place."""
    place, controls_below = st.container(), st.container()
    with controls_below:
        return place, below()


def _progress(shown: Scene) -> None:
    live_run.auto_refresh(shown.run, lambda: progress(shown), "progress")
    own_run.way_back()


def progress(shown: Scene) -> None:
    """Where the run stands; its newest checkpoint is kept."""
    scrubber.follow(shown.run)
    live_run.progress_bar(shown.run, per_step=shown.run.latest.checkpoint.config.batch, device=shown.device)


def gone_back(shown: Scene) -> Scene:
    """Draw the slider over the kept steps of a run that rests; the scene at the chosen one."""
    scrubber.follow(shown.run)
    if shown.model != LIVE or shown.training:
        return shown
    back = scrubber.draw(shown.run)
    return shown if back is None else shown._replace(checkpoint=back, back=back)
