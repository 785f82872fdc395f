"""The latent pad: drag z with the hand, the browser decodes every move, Python hears of it at the end.

`latent_pad` sends a decoder and what is known around it as one message; nothing crosses the wire while
the hand moves. When it lets go, z is committed once and the script (or the fragment) runs again.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui.components.latent_pad import payload
from ui.components.latent_pad.commits import Z, clean, follow, heard
from ui.figures import theme

HERE = Path(__file__).parent
SCRIPTS = ("decoder.js", "chart.js", "view.js", "readings.js", "pad.js")  # one module: later files use earlier ones
DIGITS = tuple("0123456789")
TONES = ("prior", "gap", "reconstruction")

_component = st.components.v2.component(
    "dgm_latent_pad",
    js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
    css=(HERE / "pad.css").read_text(encoding="utf-8"),
)

# Which picture is shown travels apart: choosing the other one does not send the decoder again.
_picture = st.components.v2.component("dgm_latent_picture", js=(HERE / "picture.js").read_text(encoding="utf-8"))


def latent_pad(
    key: str,
    layers: Sequence[tuple[Any, Any]],
    *,
    image_shape: Sequence[int],
    latent: int,
    means: Any = None,
    labels: Any = None,
    class_names: Sequence[str] = DIGITS,
    train_means: Any = None,
    near: float = 0.5,
    z: Sequence[float] | None = None,
    hidden: str = "tanh",
    output: str = "sigmoid",
    noise_var: float | None = None,
    target: Any = None,
    best: float | None = None,
    axes: tuple[int, int] | None = None,
    height: int = 440,
    on_change: Callable[[Z], None] | None = None,
) -> Z:
    """Show a decoder under the hand and return z (latent,), rounded to 3 decimals.

    layers: (weight (out, in), bias (out,)) from z to pixels with `hidden` between them; output "sigmoid"
    (Bernoulli logits) or "linear" (a Gaussian's mean, clipped to 0..1 when shown, variance `noise_var`).
    means (N, latent) with labels (N,): held-out latent means, coloured. train_means (M, latent): the table
    in which those within `near` of z are counted. z: the hand goes there whenever this value changes; what it
    committed itself moves nothing, so a page may pass z from its URL. target (pixels,): an image to reconstruct
    by moving z; beside it stand log p(x | z) in nats (minus the squared error for "linear" without noise_var)
    and `best`, the best known. axes: the two dimensions the pad starts with (default: where the means spread
    most). height: the pad's largest side in CSS pixels. on_change(z) is called before the rerun that a commit
    starts. The picture is the decoder's mean, unless `latent_picture` says otherwise.
    ValueError when shapes do not fit, a number is not finite or a name is unknown. Lecture slide 19.
    """
    size = payload.as_size(image_shape)
    payload.check_choices(latent, hidden, output, axes)
    place = f"{key}:hand"
    hand = follow(st.session_state.get(place), latent, None if z is None else clean(tuple(z), latent),
                  heard(st.session_state.get(key), latent))
    st.session_state[place] = hand
    pixels = size[0] * size[1]
    points = payload.as_rows(means, "means", latent)
    arrays = {
        **payload.as_layers(layers, latent, pixels),
        "means": points,
        "labels": payload.as_labels(labels, len(points), len(class_names)),
        "train": payload.as_rows(train_means, "train_means", latent),
        "target": payload.as_image(target, "target", pixels),
    }
    header = {
        "key": key, "latent": latent, "image": size, "depth": len(layers), "hidden": hidden, "output": output,
        "variance": payload.positive(noise_var, "noise_var"), "near": payload.positive(near, "near"),
        "best": best if best is not None and math.isfinite(best) else None,
        "peak": -latent / 2 * math.log(2 * math.pi), "span": payload.reach(points, hand.aim),
        "axes": axes or payload.widest(points, latent), "aim": hand.aim, "move": hand.move,
        "names": [str(name) for name in class_names], "height": int(height),
        "challenge": payload.checksum(arrays), **_looks(),
    }

    def listen() -> None:
        commit = heard(st.session_state.get(key), latent)
        if commit is not None and on_change is not None:
            on_change(commit.z)

    _component(key=key, data=payload.pack(header, arrays), height="content", on_z_change=listen)
    return hand.z


def latent_picture(key: str, pixels: int, *, seed: int | None = None, output: str = "sigmoid") -> None:
    """What the pad of this key shows at z: the decoder's mean, or with a seed a draw of pixels with that noise.

    Called early in a script it is seen early: it waits neither for the decoder nor for what is drawn before the pad.
    """
    noise = np.empty(0, np.float32) if seed is None else payload.noise(pixels, output, seed)
    _picture(key=f"{key} picture", data=payload.pack({"key": key}, {"noise": noise}), height="content")


def _looks() -> dict[str, Any]:
    """Markers and the colours of both themes: the browser knows which one is on."""
    palettes = {"light": theme.LIGHT, "dark": theme.DARK}
    colours = {name: {"classes": p.classes, **{tone: p[tone] for tone in TONES}} for name, p in palettes.items()}
    return {"markers": theme.CLASS_MARKERS, "themes": colours}
