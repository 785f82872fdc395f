"""The VAE page's view of a visitor's own digit: its code, its reconstruction, its bound and how likely it is."""

from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm import datasets, vae
from dgm.datasets import framing
from dgm.vae import ranking
from dgm.vae.browser import export
from pages.vae import shown_model
from pages.vae.figures import image_sheet
from pages.vae.image import gap
from pages.vae.scene import Scene
from ui import page
from ui.components import share_link
from ui.components.draw_digit import Answering, draw_digit
from ui.components.latent_pad import link, point
from ui.figures import bound_ruler
from ui.figures.written import written
from ui.own_data import image as own_image

UNLIKELY, BELOW_MOST, ABOVE_MOST = 0.05, 0.25, 0.95    # shares of test images


class _Code(NamedTuple):
    """The encoder's q(z | x) of the digit: (L,) each."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]


def view(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    """The sheet, on which the model answers while the digit is drawn, and what the model makes of it in numbers."""
    st.caption("Draw: the encoder answers with every move. Its q is the ellipse on the map, and the decoder draws its "
               "mean.")
    drawn: list[str] = []

    def sheet(key: str, shape: tuple[int, int]) -> Tensor | None:
        drawn.append(key)
        return _drawn(key, shape, checkpoint, scene)

    grey = own_image.own_digit(scene.shape, drawn=sheet)
    if grey is None:
        st.info("Write a digit, or upload a picture of one: the model encodes and decodes it and computes how "
                "likely it is.", icon=":material/draw:")
        return
    image = datasets.binarise(grey[None])[0]
    if not drawn:    # the sheet shows both itself
        _reconstruction(checkpoint, image, scene.shape)
    with share_link.not_in_link("digit", "drawn"):
        _place(_encode(checkpoint, image))
    terms = gap.terms(checkpoint, image, 0, quick=scene.training)
    gap.figures(checkpoint, image, scene, terms, key="own posterior", name="of your digit", covered=False)
    _bound(terms.ruler, shown_model.held_out_bounds(checkpoint, scene.images))


def _drawn(key: str, shape: tuple[int, int], checkpoint: vae.Checkpoint, scene: Scene) -> Tensor | None:
    """The sheet with the model behind it; the image as the browser makes it."""
    means = shown_model.pad_means(checkpoint, scene.images).held_out
    grey = draw_digit(key, Answering(
        export.encoder_layers(checkpoint), export.decoder_layers(checkpoint), vae.LOG_VAR_LIMIT, shape,
        checkpoint.config.latent, means, scene.classes(len(means)), framing.FAINT,
        1.0 if min(shape) <= framing.SMALL else framing.INK_SHARE))
    return None if grey is None else framing.frame(grey, shape)


def _encode(checkpoint: vae.Checkpoint, image: Tensor) -> _Code:
    q = vae.encode(checkpoint, image[None])
    return _Code(q.mean[0].float().numpy(), (0.5 * q.log_var[0]).exp().float().numpy())


def _reconstruction(checkpoint: vae.Checkpoint, image: Tensor, shape: tuple[int, int]) -> None:
    """The image as the model gets it, and its reconstruction."""
    pair = torch.cat([image[None], vae.reconstruct(checkpoint, image[None])])
    page.picture(image_sheet.png(pair.numpy(), shape, 2, page.palette()), width=300,
                 alt=f"Your digit as the model gets it, {int(image.sum())} of {len(image)} pixels black, and its "
                 "reconstruction.")
    st.caption("Left: your digit as the model gets it, black and white. Right: its reconstruction.")


def _place(code: _Code) -> None:
    """q(z | x) in numbers, and the way to its mean on the pad."""
    st.markdown(f"The encoder gives {page.swatch('q', 'q(z | x)')}: " + ", ".join(
        f"z{_subscript(i)} = {_number(mean, 2)} ± {_number(deviation, 2)}"
        for i, (mean, deviation) in enumerate(zip(*code, strict=True), start=1)))
    if st.button("Move the point there", icon=":material/my_location:", key="move to own digit",
                 help="The point on the latent pad goes to this digit's z, and so does the link."):
        link.go_to(point.clean(code.mean.tolist(), len(code.mean)))
        st.rerun()


def _number(value: float, digits: int = 1) -> str:
    return written(value, f".{digits}f" if abs(value) < 1e6 else ".3g")


def _subscript(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


def _bound(own: bound_ruler.Terms, others: ranking.Bounds) -> None:
    """The digit's bound in a table beside that of the test images, and its rank among them."""
    st.markdown(_table(own, others, own.exact))
    st.markdown(verdict(ranking.share_below(own.evidence, others.evidence)))
    st.caption(f"Ranked by log p(x) among the test images' importance weighted bounds of {ranking.DRAWS} draws. "
               "A bound lies a little below log p(x), so the true share is at most this.")


def _table(own: bound_ruler.Terms, others: ranking.Bounds, exact: bool) -> str:
    recon, kl, evidence = (term.mean().item() for term in others)
    error = f" ± {written(own.error, '.1g')}" if own.error else ""
    rows = [(page.swatch("reconstruction", "reconstruction"), f"{_number(own.reconstruction)}{error}",
             _number(recon)),
            (page.swatch("kl", "KL to the prior"), f"{own.kl:.1f}", f"{kl:.1f}"),
            (page.swatch("q", "bound"), f"{_number(own.bound)}{error}", _number(recon - kl)),
            ("log p(x)" if exact else "log p(x), at least", _number(own.evidence),
             f"at least {_number(evidence)}")]
    return (f"| nats | your digit | mean of {len(others.kl)} test images |\n|---|---:|---:|\n"
            + "\n".join(f"| {' | '.join(row)} |" for row in rows))


def verdict(share: float) -> str:
    """Whether the model finds the digit likely: a sentence.

    share: of the test images, 0 to 1, whose bound lies below the digit's log p(x).
    """
    percent = f"{100 * share:.0f} of 100"
    if share < UNLIKELY:
        return f"**Unlikely to this model**: its log p(x) exceeds the bound of only {percent} test images."
    if share < BELOW_MOST:
        return f"**Less likely than most**: its log p(x) exceeds the bound of {percent} test images."
    if share <= ABOVE_MOST:
        return f"**As likely as the data**: its log p(x) exceeds the bound of {percent} test images."
    return (f"**Likelier than most data**: its log p(x) exceeds the bound of {percent} test images. Digits "
            "of few, thin strokes have a high log p(x); it does not measure how well they are written.")
