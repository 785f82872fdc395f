"""What the server does before the first visitor: heavy imports, default data and weights, worker processes."""

import gc
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

GRACE = 1.5  # seconds for the first visitor's first page, who comes as soon as the server answers


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what every page needs, then serve; the rest is fetched in the background."""
    _imports()
    _settle()
    threading.Thread(target=_in_background, daemon=True, name="warm-up").start()
    yield


def _imports() -> None:
    # scikit-learn brings pandas in the background, and plotly, drawing meanwhile, trips over a pandas half loaded.
    import pandas
    import plotly.graph_objects
    import torch

    from dgm import datasets, vae
    from ui import page
    from ui.figures import theme

    _ = (pandas, torch, plotly.graph_objects, datasets, vae, theme, page)


def _settle() -> None:
    # Streamlit collects garbage after every run; objects that live as long as the server need not be looked at
    # again: frozen, they cost nothing (0.1 s a run with torch loaded otherwise).
    gc.collect()
    gc.freeze()


def _in_background() -> None:
    from dgm import jobs, vae
    from ui.components import assets

    assets.compressed()
    time.sleep(GRACE)
    jobs.warm("dgm.vae.live_training")
    for name in vae.pretrained_names():
        vae.split_images(vae.Images(name))
        vae.pretrained(name)
    import scipy.special
    import sklearn.datasets

    _ = (scipy.special, sklearn.datasets)
    _settle()
