"""The VAE page's one image: its way through the network, its bound, the exact log p(x) above it, and the code."""

import streamlit as st
from torch import Tensor

from dgm import vae
from dgm.vae import inspection
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS
from pages.vae import own_run, shown_model
from pages.vae.figures import latent_space, network
from pages.vae.scene import Scene
from pages.vae.state import LIVE
from ui import controls, live_run, page, question, source_code
from ui.figures import bound_ruler

FORMULA = (r"\nabla_\phi \mathcal{L} = \nabla_\phi \log p(\mathbf{x}_i | g(\mathbf{x}_i, \epsilon^*, \phi), \theta)"
           r" - \nabla_\phi KL(q(\mathbf{z}_i|\mathbf{x}_i,\phi)\,\|\,p(\mathbf{z}_i)), "
           r"\quad \epsilon^* \sim r(\epsilon)")
HEIGHT = 300    # CSS pixels of the plane of q and posterior


def part(scene: Scene) -> None:
    """Choose a held-out image; its way through the network, its bound, how far that is from log p(x), the script."""
    page.section(lambda: _one_image(scene.newest(), scene))


def _one_image(checkpoint: vae.Checkpoint, scene: Scene) -> None:
    page.heading("One image on its way through the network")
    index, seed = _choose(len(scene.held_out))
    image = scene.held_out[index]
    name = f"held-out image {index}, {_article(int(scene.labels[index]))}"
    _network(checkpoint, image, seed, name, scene)
    terms = shown_model.terms(checkpoint, image, seed)
    about = f"{scene.data.name} {shown_model.digest(checkpoint)} {index} {seed}"
    revealed = question.revealed("gap", about)
    page.heading("Its bound, and log p(x) above it")
    _claim(terms, revealed)
    _ruler(terms, checkpoint.config.latent, covered=not revealed)
    if checkpoint.config.latent == INTEGRABLE_LATENTS:
        posterior(checkpoint, image, scene, key="posterior", name=f"of {name}")
    if _ask_gap(terms, about) and checkpoint.config.latent <= INTEGRABLE_LATENTS and not _training(scene):
        _split(checkpoint, image)
    _code(own_run.as_code(scene.model, scene.run, scene.images), terms, own_run.images_as_code(scene.images), index,
          seed)


def _article(digit: int) -> str:
    return f"{'an' if digit == 8 else 'a'} {digit}"


def _training(scene: Scene) -> bool:
    return scene.model == LIVE and live_run.active(scene.run)


def _choose(count: int) -> tuple[int, int]:
    """The number of an image among `count`, and the seed of the draws from q(z | x)."""
    left, right = st.columns(2)
    with left:
        index = controls.draw("image", high=count - 1)
    with right:
        return index, controls.draw("seed")


def _network(checkpoint: vae.Checkpoint, image: Tensor, seed: int, name: str, scene: Scene) -> None:
    way = shown_model.one_pass(checkpoint, image, seed)
    st.html(network.network(way, image.tolist(), scene.shape, name, page.palette()))
    st.caption(f"Computed for {name}, by the model at step {checkpoint.step:,}. Another seed draws another ε*.")


def _claim(terms: vae.ImageTerms, revealed: bool) -> None:
    page.claim(
        r"Bound = reconstruction term minus KL to the prior. $\log p(\mathbf{x})$ minus the bound is the gap "
        r"$KL(q\,\|\,p(\mathbf{z}|\mathbf{x}))$.",
        page.term("q", r"\mathcal{L}(\phi,\theta)", _estimate(terms.reconstruction - terms.kl, terms.error), "nats")
        + "=" + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)",
                          _estimate(terms.reconstruction, terms.error))
        + "-" + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))", terms.kl) + r"\;\le\;"
        + page.term("evidence", r"\log p(\mathbf{x}|\theta)", terms.evidence if revealed else "?"))


def _estimate(value: float, error: float) -> str:
    """A mean of draws in LaTeX, with its standard error."""
    return rf"{value:z.4g} \pm {error:.1g}"


def _ask_gap(terms: vae.ImageTerms, about: str) -> bool:
    return question.number(
        "gap", r"How many nats does $\mathcal{L}$ stay below $\log p(\mathbf{x})$ for this image?",
        truth=lambda: shown_model.ruler_terms(terms).gap, error=lambda: terms.error,
        why=lambda gap: "q is a Gaussian with independent coordinates, computed in one pass by the encoder "
        f"(amortized). The exact posterior has another shape or place, which costs {gap:.2g} ± {terms.error:.1g} nats. "
        "The standard error is that of the draws from q.",
        low=0.01, high=300.0, start=1.0, unit="nats", form="{:.2g}", ratio=True, about=about)


def _split(checkpoint: vae.Checkpoint, image: Tensor) -> None:
    """How much of the gap the encoder loses, and how much no Gaussian with independent coordinates could avoid."""
    gap = shown_model.split_gap(checkpoint, image)
    st.markdown(f"Integrated on a grid, without draws, the gap is {gap.log_p - gap.bound:.2f} nats. The best "
                f"Gaussian with independent coordinates saves **{gap.amortisation:.2f} nats**: the amortization gap. "
                f"No such Gaussian saves the other **{gap.approximation:.2f} nats**.")


def _ruler(terms: vae.ImageTerms, latent: int, covered: bool) -> None:
    ruler = shown_model.ruler_terms(terms)
    page.figure(bound_ruler.ruler(ruler, page.palette(), covered=covered), key="ruler",
                alt=bound_ruler.ruler_alt(ruler, covered=covered))
    if not terms.exact:
        st.caption(f"With {latent} latents log p(x) cannot be integrated. The line is the IWAE bound of "
                   f"{inspection.IWAE_DRAWS} draws, a little below it.")


def posterior(checkpoint: vae.Checkpoint, image: Tensor, scene: Scene, *, key: str, name: str) -> None:
    """The exact posterior and q of an image (D,) on the plane of two latents. key: of the figure. name: of whose."""
    if _training(scene):
        st.caption("The exact posterior p(z | x) is drawn when the training pauses.")
        return
    q = vae.encode(checkpoint, image[None])
    code = q.mean[0].float().numpy(), (0.5 * q.log_var[0]).exp().float().numpy()
    grid = shown_model.posterior_grid(checkpoint, image)
    z1, z2, density = grid.z1.numpy(), grid.z2.numpy(), grid.density.numpy()
    plane, words = st.columns([2, 1], vertical_alignment="center")
    with plane:
        page.figure(latent_space.posterior_map(z1, z2, density, code, page.palette(), height=HEIGHT), key=key,
                    alt=latent_space.posterior_map_alt(z1, z2, density, code, name))
    with words:
        st.markdown(f"Shaded: the {page.swatch('posterior', 'exact posterior')} p(z | x) {name}. Dashed: the "
                    f"{page.swatch('q', 'encoder')}'s q(z | x). Where they differ, the bound lies below log p(x).")


def _code(model: str, terms: vae.ImageTerms, images: str, index: int, seed: int) -> None:
    source_code.show(
        [vae.advance, vae.elbo_terms, vae.kl_to_prior, vae.image_terms], formula=FORMULA,
        script=f"""
            from dgm import vae
            checkpoint = {model}
            x = vae.split_images({images}).test[{index}]
            terms = vae.image_terms(checkpoint, x, seed={seed})
            numbers = {{"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence}}
        """,
        numbers={"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence})
