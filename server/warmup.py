"""Work of the server before and during the first visit: heavy imports, default data and weights, workers."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server import memory
from ui.components import assets
from ui.kept_work import keeper

# The first visitor may come as soon as the server is ready. Without this delay the preparation of the lessons competes
# with the first page for the interpreter: 2.2 s instead of 1.4 s until it is shown (medians of five starts on two busy
# cores).
FIRST_PAGE_SECONDS = 1.5


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what every page needs, then serve; threads do the rest, most of it after the first page."""
    memory.limit_arenas()
    _import_libraries()
    _freeze_gc()
    keeper.start()
    memory.start()
    threading.Thread(target=_prepare_first_page, daemon=True).start()
    timer = threading.Timer(FIRST_PAGE_SECONDS, _prepare_lessons)
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


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


def _prepare_first_page() -> None:
    """While the first visitor's browser loads Streamlit: the topics of the pictures at home, and plotly.js."""
    from dgm import autoregressive, bayes, elbo, gmm, gradients, ppca

    _ = (autoregressive, bayes, elbo, gmm, gradients, ppca)
    assets.compressed()


def _prepare_lessons() -> None:
    """Load the VAE's weights and images and libraries, and start the workers, in the order of a visitor's need."""
    from dgm import jobs, vae

    for name in vae.pretrained_names():
        vae.split_images(vae.Images(name))
        vae.pretrained(name)
    import scipy.optimize
    import scipy.signal
    import sklearn.datasets

    _ = (scipy.optimize, scipy.signal, sklearn.datasets)
    _freeze_gc()
    jobs.warm("dgm.vae.live_training")
