"""The latent pad: a point z that can be dragged. The browser decodes every move; Python receives z at the release.

`latent_pad` sends the decoder and the data around it in one message; no message is sent while the pointer moves.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ui.components import assets, edits
from ui.components.latent_pad import payload
from ui.components.latent_pad.point import LIMIT, Z, clean
from ui.take_home import naming

SAVING = ("take_home/numbers.js", "take_home/picture.js", "take_home/save_menu.js", "take_home/save_canvas.js")
# Concatenated to one module: later files use names of earlier ones.
SCRIPTS = ("shared/elements.js", "shared/theme.js", "shared/edits.js", "shared/full_screen.js",
           "latent_pad/decoder.js", "latent_pad/chart.js",
           "latent_pad/markup.js", "latent_pad/view.js", "latent_pad/readings.js", *SAVING, "latent_pad/save_pad.js",
           "latent_pad/pad.js")
CLASS_NAMES = tuple("0123456789")
TONES = ("prior", "gap", "reconstruction")
Places = tuple[tuple[float, float], ...]

_component = st.components.v2.component("dgm_latent_pad", js=assets.script(*SCRIPTS),
                                        css=assets.script("latent_pad/pad.css", "shared/full_screen.css",
                                                          "take_home/save_menu.css"))


def latent_pad(
    key: str,
    layers: Sequence[tuple[Any, Any]],
    *,
    image_shape: Sequence[int],
    latent: int,
    means: Any = None,
    labels: Any = None,
    class_names: Sequence[str] = CLASS_NAMES,
    train_means: Any = None,
    near: float = 0.5,
    z: Sequence[float] | None = None,
    hidden: str = "tanh",
    output: str = "sigmoid",
    noise_var: float | None = None,
    seed: int | None = None,
    target: Any = None,
    best: float | None = None,
    axes: tuple[int, int] | None = None,
    height: int = 440,
    on_change: Callable[[Z], None] | None = None,
    record: bool = False,
    path: Sequence[Sequence[float]] = (),
    on_path: Callable[[Places], None] | None = None,
    draws: Any = None,
    marks: Any = None,
) -> Z:
    """Draw a decoder with a point z that can be dragged. Returns z (latent,), rounded to 3 decimals.

    layers: (weight (out, in), bias (out,)) from z to pixels, with the activation `hidden` between them. output:
    "sigmoid" (Bernoulli logits) or "linear" (a Gaussian's mean, clipped to 0..1 when shown, variance `noise_var`).
    means (N, latent), labels (N,): latent means of test images, by class. train_means (M, latent): those within
    `near` of z are counted. z: the point, within LIMIT. on_change: called with z at a release of the pointer, before
    the rerun; it has to set the value that is passed as `z` next.
    seed: of the noise with which pixels are sampled; None shows the decoder's mean. target (pixels,): an image to
    reconstruct by moving z; log p(x | z) in nats (minus the squared error for "linear" without noise_var) is shown with
    `best`, the largest known value. axes: the two dimensions shown first (default: the means' largest spread).
    height: the largest side of the pad, CSS pixels. record: whether the path of a drag, on the two axes, is given to
    `on_path` at the release. path: places on the two axes that are drawn as a line.
    draws (K, latent): draws of z, to which a button takes the point one after the other. marks (M, latent): latent
    means that are drawn as rings over the others.
    ValueError when shapes do not fit, a number is not finite or a name is unknown. Lecture slide 19.
    """
    size = payload.as_size(image_shape)
    payload.check_choices(latent, hidden, output, axes)
    current = clean(z, latent)
    base = edits.base(key, current)
    pixels = size[0] * size[1]
    points = payload.as_rows(means, "means", latent)
    arrays = {
        **payload.as_layers(layers, latent, pixels),
        "means": points,
        "labels": payload.as_labels(labels, len(points), len(class_names)),
        "train": payload.as_rows(train_means, "train_means", latent),
        "target": payload.as_image(target, "target", pixels),
        "draws": payload.as_rows(draws, "draws", latent),
        "marks": payload.as_rows(marks, "marks", latent),
        "noise": payload.noise(pixels, output, seed),
    }
    header = {
        "key": key, "latent": latent, "image": size, "depth": len(layers), "hidden": hidden, "output": output,
        "variance": payload.positive(noise_var, "noise_var"), "near": payload.positive(near, "near"),
        "best": best if best is not None and math.isfinite(best) else None,
        "span": payload.span(points, base.start), "axes": axes or payload.largest_spread(points, latent),
        "z": base.start, "limit": LIMIT, "base": {"version": base.version},
        "names": [str(name) for name in class_names], "height": int(height),
        "challenge": payload.checksum(arrays), "record": bool(record),
        "path": [[float(x), float(y)] for x, y in path], "saved": naming.saved(key), **payload.style(*TONES),
    }

    def fold(found: edits.Edits) -> None:
        if on_change is not None and found.z is not None and len(found.z) == latent:
            on_change(clean(found.z, latent))
        if on_path is not None and found.points:
            on_path(found.points)

    _component(key=key, data=payload.pack(header, arrays), height="content",
               on_edit_change=edits.listener(key, fold))
    return current


__all__ = ["LIMIT", "Z", "latent_pad"]
