"""What the server does before and beside the first visitor: heavy imports, default data and weights, workers."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ui.components import assets

# The first visitor comes as soon as the server answers. Prepared at once, the lessons take the interpreter from that
# first page: 2.2 s until it is seen instead of 1.4 (medians of five starts on two busy cores).
FIRST_PAGE_SECONDS = 1.5


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what every page needs, then serve; a thread does the rest after the first visitor's first page."""
    _import_libraries()
    _freeze_gc()
    threading.Thread(target=assets.compressed, daemon=True).start()   # plotly.js, which the first figure needs
    later = threading.Timer(FIRST_PAGE_SECONDS, _prepare_lessons)
    later.daemon = True
    later.start()
    yield
    later.cancel()


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
    """In the order in which a visitor may need it: the VAE's weights and images, libraries, worker processes."""
    from dgm import jobs, vae

    for name in vae.pretrained_names():
        vae.split_images(vae.Images(name))
        vae.pretrained(name)
    import scipy.special
    import sklearn.datasets

    _ = (scipy.special, sklearn.datasets)
    _freeze_gc()
    jobs.warm("dgm.vae.live_training")
