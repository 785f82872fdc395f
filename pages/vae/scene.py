"""What the VAE page shows: the chosen images, the visitor's run, and the model that is looked at."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import datasets, jobs, vae
from pages.vae import own_run, shown_model
from ui import controls, dataset_menu


class Scene(NamedTuple):
    """One state of the page's first controls; every part of the page gets it."""

    data: datasets.Dataset
    images: vae.Images          # the name of the data's images, for the functions that load them
    held_out: Tensor            # (N, D) black and white
    labels: Tensor              # (N,) of the held-out images
    shape: tuple[int, int]      # (height, width) of an image
    model: str                  # PRETRAINED or LIVE
    run: jobs.Run
    device: str                 # that the run trains on
    checkpoint: vae.Checkpoint  # of the model, when the script ran

    def newest(self) -> vae.Checkpoint:
        """The model's checkpoint now: a live run moves on between two runs of the script."""
        return own_run.checkpoint(self.model, self.run, self.data.name)

    @property
    def situation(self) -> str:
        """What a prediction about the model depends on."""
        return f"{self.data.name} {shown_model.digest(self.checkpoint)}"


def choose() -> Scene:
    """Draw the row of controls above the pad (data, model, buttons of the run), and return what they choose."""
    device = own_run.device()
    left, middle, right = st.columns((2.7, 2.8, 5.5), vertical_alignment="bottom")
    with left:
        data = dataset_menu.choose()
    run = own_run.ensure(own_run.config(), data, device)
    with middle:
        model = controls.draw("model", options=own_run.models(data.name))
    with right:
        own_run.buttons(run)
    images = vae.Images(data.name, data.seed)
    assert data.labels is not None          # the menu offers labelled images alone
    assert data.image_shape is not None
    return Scene(data, images, vae.split_images(images).test, data.labels[data.split().test], data.image_shape, model,
                 run, device, own_run.checkpoint(model, run, data.name))
