"""A valid call of every public callable of dgm.autoregressive and of its modules."""

import torch

from dgm import autoregressive, vae
from dgm.autoregressive import live_training
from tests.dgm.attack.discovery import Call, not_called

X = (torch.rand(6, 4, generator=torch.Generator().manual_seed(1)) < 0.5).float()
TABLES = (torch.tensor([0.5]), torch.tensor([0.25, 0.75]))


def calls() -> dict[str, Call]:
    config = autoregressive.Config(hidden=(5,), batch=4, dropout=0.5, weight_decay=0.5, dtype="float64")
    run = autoregressive.advance(autoregressive.init(config, X), X, 2)
    table = autoregressive.Table((1, 0), TABLES)
    drawn = autoregressive.path(run, 0)
    saved = autoregressive.save(run)
    found = {
        "Config": Call(autoregressive.Config, {
            "hidden": (4, 2), "order": "random", "order_seed": 0, "optimizer": "Adam", "learning_rate": 0.5, "batch": 8,
            "weight_decay": 0.5, "dropout": 0.5, "average": 0.5, "seed": 0, "dtype": "float32"}),
        "Table": Call(autoregressive.Table, {"order": (1, 0), "conditionals": TABLES}),
        "Table.joint": Call(table.joint, {}),
        "Table.log_prob": Call(table.log_prob, {"x": X[:, :2]}),
        "Table.path": Call(table.path, {"x": X[0, :2]}),
        "Table.sample": Call(table.sample, {"count": 3, "seed": 0}),
        "Table.with_conditional": Call(table.with_conditional, {"place": 1, "index": 1, "p": 0.5}),
        "advance": Call(autoregressive.advance, {"checkpoint": run, "x": X, "steps": 2}, steps=("steps",)),
        "all_images": Call(autoregressive.all_images, {"pixels": 3}),
        "complete": Call(autoregressive.complete, {"checkpoint": run, "x": X[0], "known": torch.tensor([0, 1, 0, 0]),
                                                   "count": 2, "seed": 0, "drawn": 8}),
        "conditionals": Call(autoregressive.conditionals, {"checkpoint": run, "x": X}),
        "dependencies": Call(autoregressive.dependencies, {"checkpoint": run}),
        "describe": Call(autoregressive.describe, {"source": saved}),
        "fit_table": Call(autoregressive.fit_table, {"x": X, "order": (3, 1, 0, 2), "pseudo": 0.5}),
        "free_parameters": Call(autoregressive.free_parameters, {"config": config, "pixels": 4}),
        "independent": Call(autoregressive.independent, {"train": X, "x": X[:2]}),
        "init": Call(autoregressive.init, {"config": config, "x": X}),
        "load": Call(autoregressive.load, {"source": saved}),
        "log_prob": Call(autoregressive.log_prob, {"checkpoint": run, "x": X}),
        "log_terms": Call(autoregressive.log_terms, {"checkpoint": run, "x": X}),
        "order_of": Call(autoregressive.order_of, {"checkpoint": run}),
        "path": Call(autoregressive.path, {"checkpoint": run, "seed": 0}),
        "path_image": Call(autoregressive.path_image, {"path": drawn, "steps": 2}),
        "path_of": Call(autoregressive.path_of, {"checkpoint": run, "image": X[0]}),
        "pixel_order": Call(autoregressive.pixel_order, {"name": "random", "pixels": 6, "seed": 0, "width": 3}),
        "pretrained": Call(autoregressive.pretrained, {"name": "made"}),
        "pretrained_names": Call(autoregressive.pretrained_names, {}),
        "pretrained_path": Call(autoregressive.pretrained_path, {"name": "made"}),
        "reconfigured": Call(autoregressive.reconfigured, {"checkpoint": run, "config": config}),
        "sample": Call(autoregressive.sample, {"checkpoint": run, "count": 2, "seed": 0}),
        "save": Call(autoregressive.save, {"checkpoint": run, "path": None, "notes": {"note": "text"}},
                     {"path": "a call would write files"}),
        "shapes": Call(autoregressive.shapes, {"config": config, "pixels": 4}),
        "table_of": Call(autoregressive.table_of, {"joint": torch.full((2, 2), 0.25), "order": (1, 0)}),
    }
    return found | run_calls()


def run_calls() -> dict[str, Call]:
    digits = vae.Images("digits")
    parts = vae.split_images(digits)
    small = vae.ImageSplit(parts.train[:4], parts.validation[:4], parts.test[:4])
    config = autoregressive.Config(batch=4, dtype="float64")
    model = autoregressive.init(config, parts.train)
    return {
        "comparison.rows": not_called("takes seconds; its one argument is checked by vae.split_images"),
        "live_training.start": Call(live_training.start, {"config": config, "images": digits, "every": 50}),
        "live_training.advance": Call(live_training.advance, {
            "run": live_training.start(config, digits, every=50), "images": digits, "steps": 1}, steps=("steps",)),
        "live_training.measure": Call(live_training.measure, {"checkpoint": model, "data": small}),
    }
