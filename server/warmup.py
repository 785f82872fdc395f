"""Work of the server before and during the first visit: heavy imports, default data and weights, workers."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what every page needs, then serve; a thread does the rest."""
    _import_libraries()
    _freeze_gc()
    threading.Thread(target=_prepare_lessons, daemon=True, name="warm-up").start()
    yield


def _import_libraries() -> None:
    # Before the thread starts: scikit-learn imports pandas, and plotly fails while pandas is partly imported.
    import pandas
    import plotly.graph_objects
    import torch

    from dgm import datasets, vae
    from ui import page
    from ui.figures import theme

    _ = (pandas, torch, plotly.graph_objects, datasets, vae, theme, page)


def _freeze_gc() -> None:
    # Garbage collection skips frozen objects, those that live as long as the server: 0.1 s per collection with torch
    # loaded.
    gc.collect()
    gc.freeze()


def _prepare_lessons() -> None:
    """Load plotly.js, the VAE's weights and images, and start workers, in the order of the first visitor's need.

    Each step is short or releases the interpreter's lock; the workers are processes of a lower priority.
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
