"""One image's exact posterior beside q on the plane, its bound on the ruler, and the gap between them split in two."""

import math
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dgm import vae
from dgm.vae import inference_gap, inspection
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS
from pages.vae import shown_model
from pages.vae.figures import latent_space
from pages.vae.scene import Scene
from ui import page
from ui.figures import bound_ruler

HEIGHT = 300    # CSS pixels of the plane of q and posterior
NOT_KNOWN = ("log p(x) is not known here: the exact posterior of this image is too narrow or too far out to be "
             "integrated.")


class Terms(NamedTuple):
    """One image's bound and log p(x); with few latents both are exact, and the gap is split."""

    ruler: bound_ruler.Terms
    split: inference_gap.Gap | None


def exact_terms(checkpoint: vae.Checkpoint, image: Tensor) -> Terms | None:
    """The terms of an image (D,) by quadrature, of a model with 1 or 2 latents; None where log p(x) is not known."""
    gap = shown_model.split_gap(checkpoint, image)
    if math.isinf(gap.error):
        return None
    kl = float(vae.kl_to_prior(vae.encode(checkpoint, image[None]))[0])
    return Terms(bound_ruler.Terms(gap.bound + kl, kl, gap.log_p, best=gap.bound + gap.amortization), gap)


def terms(checkpoint: vae.Checkpoint, image: Tensor, seed: int, *, quick: bool) -> Terms:
    """The terms of an image (D,). seed: of draws, where there are any. quick: by draws in any case."""
    if checkpoint.config.latent <= INTEGRABLE_LATENTS and not quick:
        exact = exact_terms(checkpoint, image)
        if exact is not None:
            return exact
    return Terms(shown_model.ruler_terms(shown_model.terms(checkpoint, image, seed)), None)


def figures(checkpoint: vae.Checkpoint, image: Tensor, shown: Scene, found: Terms, *, key: str, name: str,
            covered: bool) -> None:
    """The exact posterior with q on the plane, and the ruler. key: of the figures. name: of the image, in words."""
    plane, ruler = st.columns((4, 5), vertical_alignment="center")
    with plane:
        posterior(checkpoint, image, shown, found.split, key=key, name=name)
    with ruler:
        page.figure(bound_ruler.ruler(found.ruler, page.palette(), covered=covered), key=f"{key} ruler",
                    alt=bound_ruler.ruler_alt(found.ruler, covered=covered))
        if not found.ruler.exact:
            why = NOT_KNOWN if checkpoint.config.latent <= INTEGRABLE_LATENTS else \
                f"With {checkpoint.config.latent} latents log p(x) cannot be integrated."
            st.caption(f"{why} The line is the IWAE bound of {inspection.IWAE_DRAWS} draws, a little below it.")


def posterior(checkpoint: vae.Checkpoint, image: Tensor, shown: Scene, split: inference_gap.Gap | None, *, key: str,
              name: str) -> None:
    """The exact posterior, q and the best Gaussian of an image (D,) on the plane of two latents."""
    if checkpoint.config.latent != INTEGRABLE_LATENTS:
        st.info("The plane of the exact posterior is drawn for models of 2 latents.", icon=":material/info:")
        return
    if shown.training:
        st.caption("The exact posterior p(z | x) is drawn when the training pauses.")
        return
    if split is None:
        st.caption(f"The exact posterior p(z | x) is not drawn. {NOT_KNOWN}")
        return
    q, best = _ellipse(vae.encode(checkpoint, image[None])), _ellipse(split.best)
    grid = shown_model.posterior_grid(checkpoint, image)
    z1, z2, density = grid.z1.numpy(), grid.z2.numpy(), grid.density.numpy()
    page.figure(latent_space.posterior_map(z1, z2, density, q, page.palette(), best=best, height=HEIGHT), key=key,
                alt=latent_space.posterior_map_alt(z1, z2, density, q, name))
    st.markdown(f"Shaded: the {page.swatch('posterior', 'exact posterior')}. Dashed: the encoder's "
                f"{page.swatch('q', 'q')}; solid: the best Gaussian of its kind.")


def _ellipse(q: vae.Posterior) -> latent_space.Ellipse:
    return q.mean[0].float().numpy(), (0.5 * q.log_var[0]).exp().float().numpy()
