"""What the server does before and beside the first visitor: heavy imports, default data and weights, workers."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what every page needs, then serve; a thread does the rest beside the first visitors."""
    _import_libraries()
    _freeze_gc()
    threading.Thread(target=_prepare_lessons, daemon=True, name="warm-up").start()
    yield


def _import_libraries() -> None:
    # Before the thread starts: scikit-learn imports pandas, and plotly fails with a pandas that is half imported.
    import pandas
    import plotly.graph_objects
    import torch

    from dgm import datasets, vae
    from ui import page
    from ui.figures import theme

    _ = (pandas, torch, plotly.graph_objects, datasets, vae, theme, page)


def _freeze_gc() -> None:
    # Streamlit collects garbage after every run. Frozen objects, those that live as long as the server, are not looked
    # at again: with torch loaded that is 0.1 s a run.
    gc.collect()
    gc.freeze()


def _prepare_lessons() -> None:
    """In the order in which a first visitor needs it: plotly.js, the VAE's weights and images; at last the workers.

    Each step is short or leaves the interpreter's lock to others; the workers are processes of a lower priority.
    """
    from dgm import jobs, vae
    from ui.components import assets

    assets.compressed()
    for name in vae.pretrained_names():
        vae.split_images(vae.Images(name))
        vae.pretrained(name)
    import scipy.special
    import sklearn.datasets

    _ = (scipy.special, sklearn.datasets)
    _freeze_gc()
    jobs.warm("dgm.vae.live_training")
