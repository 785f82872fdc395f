"""Autoregressive models of binary images (slides "Likelihood as product of conditionals", "Sampling").

    from dgm import autoregressive, vae
    images = vae.split_images(vae.Images("digits"))
    checkpoint = autoregressive.init(autoregressive.Config(hidden=(512,)), images.train)
    checkpoint = autoregressive.advance(checkpoint, images.train, 500)
    autoregressive.log_prob(checkpoint, images.test)        # exact, nats per image
    autoregressive.sample(checkpoint, 16)

By module: `live_training` (a run with its history), `comparison` (several models on the same images), `checkpoints`.
"""

from dgm.autoregressive.checkpoint_file import describe, load, pretrained, pretrained_names, pretrained_path, save
from dgm.autoregressive.drawing_path import Path, path_image
from dgm.autoregressive.inference import conditionals, dependencies, independent, log_prob, log_terms, order_of
from dgm.autoregressive.model import Checkpoint, Config, free_parameters, init, shapes
from dgm.autoregressive.orders import ORDERS, pixel_order
from dgm.autoregressive.sampling import Completions, complete, path, path_of, sample
from dgm.autoregressive.tables import MAX_TABLE, Table, all_images, fit_table, table_of
from dgm.autoregressive.training import advance, reconfigured

__all__ = [
    "MAX_TABLE",
    "ORDERS",
    "Checkpoint",
    "Completions",
    "Config",
    "Path",
    "Table",
    "advance",
    "all_images",
    "complete",
    "conditionals",
    "dependencies",
    "describe",
    "fit_table",
    "free_parameters",
    "independent",
    "init",
    "load",
    "log_prob",
    "log_terms",
    "order_of",
    "path",
    "path_image",
    "path_of",
    "pixel_order",
    "pretrained",
    "pretrained_names",
    "pretrained_path",
    "reconfigured",
    "sample",
    "save",
    "shapes",
    "table_of",
]


def __dir__() -> list[str]:
    return __all__
