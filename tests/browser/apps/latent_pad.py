"""A page with the pad alone, for the browser tests; query parameters choose the scene."""

import time
from itertools import pairwise

import numpy as np
import streamlit as st
import torch

from dgm.runtime import generator
from ui.components.latent_pad import latent_pad

SCENES = {
    "mnist": ((2, 256, 784), "tanh", "sigmoid"),
    "digits": ((2, 32, 64), "relu", "sigmoid"),
    "linear": ((2, 784), "tanh", "linear"),
    "one": ((1, 64, 64), "silu", "sigmoid"),
    "five": ((5, 30, 30, 63), "softplus", "sigmoid"),
    "sixteen": ((16, 64, 784), "elu", "sigmoid"),
}


def layers(widths: tuple[int, ...], seed: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """A random decoder whose pixels spread over 0..1."""
    noise = generator(seed)
    return [(torch.randn(out, into, generator=noise) * 1.6 / into**0.5, 0.3 * torch.randn(out, generator=noise))
            for into, out in pairwise(widths)]


def image_shape(pixels: int) -> tuple[int, int]:
    """As square as the pixels allow: 63 is 9 x 7."""
    height = next(h for h in range(int(pixels**0.5), pixels + 1) if pixels % h == 0 and h >= pixels / h)
    return height, pixels // height


def cloud(latent: int, count: int, seed: int, span: float | None = None) -> torch.Tensor:
    """Latent means, none of them in the corners of the pad. span: half the width of the axes that they give."""
    means = torch.randn(count, latent, generator=generator(seed))
    return means if span is None else means * span / means.abs().quantile(0.995)


def store(z: tuple[float, ...]) -> None:
    """Store z in the session and the link."""
    st.session_state["point"] = z
    st.query_params["z"] = ",".join(map(str, z))


def show(name: str, seed: int = 0) -> None:
    """The pad of a scene, and the z that Python received."""
    widths, hidden, output = SCENES[name]
    query, latent, pixels = st.query_params, widths[0], widths[-1]
    span = float(query["span"]) if "span" in query else None
    target = np.linspace(0, 1, pixels, dtype=np.float32) if "target" in query else None
    z = latent_pad(
        name, layers(widths, seed), image_shape=image_shape(pixels), latent=latent, hidden=hidden, output=output,
        means=cloud(latent, 300, 1, span), labels=torch.arange(300) % 10, train_means=cloud(latent, 1000, 2, span),
        class_names=("<b>zero</b>", *"123456789"), target=target, best=-500.0 if target is not None else None,
        noise_var=0.1 if output == "linear" and "target" in query else None,
        seed=0 if "sample" in query else None, z=st.session_state.get("point"), on_change=store,
    )
    st.code(f"python {z}")


def main() -> None:
    """Two buttons that move the point, a checkbox that removes the pad, and the pad."""
    st.set_page_config(layout="wide")
    scene = st.query_params.get("scene", "mnist")
    if scene == "nothing":      # between two tests in one page
        st.session_state.clear()
        st.write("nothing is kept")
        return
    if st.button("Move the point"):
        st.session_state["point"] = (1.5, -0.5)
    if st.button("Move it back"):
        st.session_state["point"] = (0.0, 0.0)
    if st.checkbox("Hide"):
        return
    if "live" in st.query_params:
        st.fragment(run_every=0.5)(lambda: show(scene, seed=int(2 * time.time())))()
    else:
        show(scene)


if __name__ == "__main__":
    main()
