"""The latent pad: z is dragged, the browser decodes every move, Python receives z when the pointer is released.

`latent_pad` sends a decoder and what is known around it as one message; nothing is sent while the pointer moves.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ui.components import assets, edits
from ui.components.latent_pad import payload
from ui.components.latent_pad.point import LIMIT, Z, clean
from ui.figures import theme

# One module: later files use earlier ones.
SCRIPTS = ("shared/elements.js", "shared/theme.js", "shared/edits.js", "latent_pad/decoder.js", "latent_pad/chart.js",
           "latent_pad/view.js", "latent_pad/readings.js", "latent_pad/pad.js")
CLASS_NAMES = tuple("0123456789")
TONES = ("prior", "gap", "reconstruction")

_component = st.components.v2.component("dgm_latent_pad", js=assets.script(*SCRIPTS),
                                        css=assets.script("latent_pad/pad.css"))


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
) -> Z:
    """Show a decoder with a point z that can be dragged and return z (latent,), rounded to 3 decimals.

    layers: (weight (out, in), bias (out,)) from z to pixels with `hidden` between them; output "sigmoid"
    (Bernoulli logits) or "linear" (a Gaussian's mean, clipped to 0..1 when shown, variance `noise_var`).
    means (N, latent) with labels (N,): held-out latent means, coloured. train_means (M, latent): the table
    in which those within `near` of z are counted. z: the page's point, no coordinate beyond LIMIT; on_change(z) is
    called before the rerun that a release of the pointer starts, and makes z the page's point.
    seed: the picture is a draw of pixels with this noise, not the decoder's mean. target (pixels,): an image to
    reconstruct by moving z; beside it stand log p(x | z) in nats (minus the squared error for "linear" without
    noise_var) and `best`, the best known. axes: the two dimensions the pad starts with (default: where the means spread
    most). height: the pad's largest side in CSS pixels.
    ValueError when shapes do not fit, a number is not finite or a name is unknown. Lecture slide 19.
    """
    size = payload.as_size(image_shape)
    payload.check_choices(latent, hidden, output, axes)
    here = clean(z, latent)
    base = edits.base(key, here)
    pixels = size[0] * size[1]
    points = payload.as_rows(means, "means", latent)
    arrays = {
        **payload.as_layers(layers, latent, pixels),
        "means": points,
        "labels": payload.as_labels(labels, len(points), len(class_names)),
        "train": payload.as_rows(train_means, "train_means", latent),
        "target": payload.as_image(target, "target", pixels),
        "noise": payload.noise(pixels, output, seed),
    }
    header = {
        "key": key, "latent": latent, "image": size, "depth": len(layers), "hidden": hidden, "output": output,
        "variance": payload.positive(noise_var, "noise_var"), "near": payload.positive(near, "near"),
        "best": best if best is not None and math.isfinite(best) else None,
        "span": payload.reach(points, base.start), "axes": axes or payload.widest(points, latent),
        "z": base.start, "limit": LIMIT, "base": {"version": base.version},
        "names": [str(name) for name in class_names], "height": int(height),
        "challenge": payload.checksum(arrays), **_looks(),
    }

    def fold(found: edits.Edits) -> None:
        if on_change is not None and found.z is not None and len(found.z) == latent:
            on_change(clean(found.z, latent))

    _component(key=key, data=payload.pack(header, arrays), height="content",
               on_edit_change=edits.listener(key, fold))
    return here


def _looks() -> dict[str, Any]:
    """Markers and the colours of both themes: the browser chooses by the page's own colours."""
    palettes = {"light": theme.LIGHT, "dark": theme.DARK}
    colours = {name: {"classes": p.classes, **{tone: p[tone] for tone in TONES}} for name, p in palettes.items()}
    return {"markers": theme.CLASS_MARKERS, "themes": colours}


__all__ = ["LIMIT", "Z", "latent_pad"]
