"""What the VAE page shows: the chosen images, the visitor's run, and the model that is looked at."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import datasets, jobs, vae
from pages.vae import own_run
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
        return f"{self.data.name} {self.model} {self.checkpoint.step}"


def choose() -> Scene:
    """Draw the controls of the data, the model and the run, and return what they choose."""
    data, model = _data_and_model()
    config, device = own_run.settings(), own_run.device()
    run = own_run.ensure(config, data, device)
    images = vae.Images(data.name, data.seed)
    assert data.labels is not None          # the menu offers labelled images alone
    assert data.image_shape is not None
    return Scene(data, images, vae.split_images(images).test, data.labels[data.split().test], data.image_shape, model,
                 run, device, own_run.checkpoint(model, run, data.name))


def _data_and_model() -> tuple[datasets.Dataset, str]:
    left, right = st.columns(2)
    with left:
        data = dataset_menu.choose()
    with right:
        return data, controls.draw("model", options=own_run.models(data.name))
