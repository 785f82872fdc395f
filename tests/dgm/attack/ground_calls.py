"""Valid calls of dgm.datasets, dgm.jobs and the modules that every topic builds on."""

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from dgm import datasets, gaussian, jobs, monte_carlo, quadrature, runtime
from dgm.datasets import framing, own_images, picture, table
from tests.dgm.attack.discovery import Call, not_called

X = torch.tensor([0.5, 1.0], dtype=torch.float64)
POOL = ThreadPoolExecutor(1)


class Sum(NamedTuple):
    """A checkpoint of a run."""

    step: int = 0


def one_step(checkpoint: Sum, _: Any, steps: int) -> Sum:
    return Sum(checkpoint.step + steps)


def dataset_calls() -> dict[str, Call]:
    file = io.BytesIO()
    pixels = np.full((20, 20), 255, dtype=np.uint8)
    pixels[4:16, 9:11] = 0
    Image.fromarray(pixels).save(file, "PNG")
    points = table.parse("a,b\n1,2\n3,4")
    sheet = table.read("size,species\n1.5,setosa\n,virginica\n2,setosa")
    return {
        "Dataset.split": Call(datasets.load("iris").split, {}, made="load"),
        "Source": Call(datasets.Source, {"title": "t", "kind": "points", "origin": "o", "licence": "l", "read": len},
                       dict.fromkeys(("title", "kind", "origin", "licence", "read"), "written by the package alone")),
        "binarise": Call(datasets.binarise, {"x": X, "threshold": 0.75}),
        "fetch": Call(datasets.fetch, {"name": "iris"}),
        "is_local": Call(datasets.is_local, {"name": "iris"}),
        "load": Call(datasets.load, {"name": "iris", "seed": 1}),
        "names": Call(datasets.names, {"kind": "points"}),
        "framing.frame": Call(framing.frame, {"ink": pixels / 255, "shape": (8, 8)}),
        "framing.overlaps": Call(framing.overlaps, {"start": 0.5, "size": 1.5, "count": 2, "length": 4}),
        "framing.window": Call(framing.window, {"ink": pixels / 255, "shape": (8, 8)}),
        "own_images.from_sheet": Call(own_images.from_sheet, {
            "content": own_sheet(), "rows": 4, "columns": 5, "shape": (8, 8)}),
        "own_images.from_zip": Call(own_images.from_zip, {"content": own_zip(file.getvalue()), "shape": (8, 8)}),
        "picture.grey_values": Call(picture.grey_values, {"content": file.getvalue(), "side": 8}),
        "picture.read": Call(picture.read, {"content": file.getvalue(), "shape": (8, 8)}),
        "picture.normalise": Call(picture.normalise, {"grey": pixels / 255, "shape": (8, 8)}),
        "table.Table.select": Call(points.select, {"names": ["b"]}, made="parse"),
        "table.Sheet.names": Call(sheet.names, {"kind": "numbers"}, made="read"),
        "table.Sheet.incomplete": Call(sheet.incomplete, {"names": ["size"]}, made="read"),
        "table.Sheet.select": Call(sheet.select, {"names": ["size"], "labels": "species", "complete": True},
                                   made="read"),
        "table.read": Call(table.read, {"content": "a,b\n1,2\n3,4", "limits": table.Limits(),
                                        "dialect": table.Dialect()}),
        "table.quoted": Call(table.quoted, {"cell": "typed"}),
        "table.parse": Call(table.parse, {"content": "a,b\n1,2\n3,4", "limits": table.Limits()}),
    }


def own_sheet() -> bytes:
    """A sheet with a stroke in each of 4 x 5 cells."""
    sheet, file = np.full((80, 100), 255, np.uint8), io.BytesIO()
    sheet.reshape(4, 20, 5, 20)[:, 5:15, :, 9:11] = 0
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def own_zip(picture_file: bytes) -> bytes:
    """A zip of 20 times the same picture."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}.png", picture_file)
    return file.getvalue()


def job_calls() -> dict[str, Call]:
    def method(name: str) -> Callable[..., Any]:
        def call(**args: Any) -> Any:
            made = jobs.Run(one_step, Sum(), None, total=5, executor=POOL)
            try:
                return getattr(made, name)(**args)
            finally:
                made.stop()
        return call

    def run(**args: Any) -> None:
        jobs.Run(**args).stop()

    return {
        "Run": Call(run, {"advance": one_step, "checkpoint": Sum(), "data": None, "total": 5, "chunk_seconds": 0.25,
                          "idle_seconds": 15.0, "executor": POOL},
                    {"data": "anything that can be sent", "executor": "its type is checked by the type checker"}),
        **{f"Run.{name}": Call(method(name), {})
           for name in ("play", "pause", "stop", "next_chunk", "peek", "compute_here")},
        "Run.step": Call(method("step"), {"steps": 2}),
        "Run.reset": Call(method("reset"), {"checkpoint": Sum(1)}),
        "Run.swap": Call(method("swap"), {"checkpoint": Sum(1)}),
        "Run.wait": Call(method("wait"), {"timeout": 0.0, "until": bool}),
        "Run.arguments": not_called("called by the queue alone"),
        "Run.move": not_called("called by dgm.jobs.queues alone"),
        "Run.on_result": not_called("called by the queue alone"),
        "executor": not_called("starts worker processes; tests/dgm/jobs runs it"),
        "warm": not_called("starts worker processes; tests/dgm/jobs runs it"),
    }


def threads_set_and_restored(count: Any) -> int:
    before = torch.get_num_threads()
    try:
        return runtime.set_threads(count)
    finally:
        torch.set_num_threads(before)


def ground_calls() -> dict[str, Call]:
    numbers = {"": "elementwise on tensors, inside training steps"}
    keeps = ("result", "[0]", "[1]")    # type and gradient are those of the tensors, inside training steps
    return {
        "gaussian.log_normal": Call(gaussian.log_normal, {"x": X, "mean": 0.5, "var": 2.0}, nan=numbers, unequal=keeps),
        "gaussian.log_standard_normal": Call(gaussian.log_standard_normal, {"z": X}, nan=numbers, unequal=keeps),
        "gaussian.log_isotropic_normal": Call(gaussian.log_isotropic_normal, {"x": X, "mean": 0.5, "var": 2.0},
                                              nan=numbers, unequal=keeps),
        "gaussian.log_diagonal_normal": Call(gaussian.log_diagonal_normal, {
            "x": X, "mean": X, "log_var": X}, nan=numbers, unequal=keeps),
        "gaussian.log_normal_from_distance": Call(gaussian.log_normal_from_distance, {
            "distance": 2.0, "log_det": 1.0, "dim": 2}, nan=numbers, unequal=keeps),
        "gaussian.kl_to_standard_normal": Call(gaussian.kl_to_standard_normal, {"mean": X, "log_var": X},
                                                nan=numbers, unequal=keeps),
        "gaussian.kl_to_standard_normal_gradient": Call(gaussian.kl_to_standard_normal_gradient, {"mean": X, "std": X},
                                                        nan=numbers, unequal=keeps),
        "quadrature.gauss_hermite": Call(quadrature.gauss_hermite, {"count": 3}),
        "quadrature.gauss_hermite_grid": Call(quadrature.gauss_hermite_grid, {"count": 3, "dim": 2}),
        "quadrature.gauss_legendre": Call(quadrature.gauss_legendre, {"count": 3}),
        "quadrature.legendre_panels": Call(quadrature.legendre_panels, {"left": X, "right": X + 1, "count": 3}),
        "quadrature.legendre_series": Call(quadrature.legendre_series, {"count": 3}),
        "quadrature.legendre_antiderivative": Call(quadrature.legendre_antiderivative, {"count": 3}),
        "monte_carlo.log_mean": Call(monte_carlo.log_mean, {"log_terms": X}),
        "runtime.set_threads": Call(threads_set_and_restored, {"count": 1}),
        "runtime.device": Call(runtime.device, {"choice": "cpu"}),
        "runtime.mix": Call(runtime.mix, {"seed": 3}),
        "runtime.generator": Call(runtime.generator, {"seed": 3, "on": "cpu"}),
    }
