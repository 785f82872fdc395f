"""The VAE page's view of a person's own digit: its code, its reconstruction, its bound and how likely it is."""

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, vae
from dgm.vae import ranking
from pages.vae import shown_model
from pages.vae.figures import latent_space as figures
from pages.vae.state import LIVE
from pages.vae.training import PAGE
from ui import controls, live_run, page
from ui.components.latent_pad import link, point
from ui.figures import bound_ruler as ruler_figures
from ui.own_data import image as own_image

HELD_OUT = 300   # images that the own one is ranked among


def view(checkpoint: vae.Checkpoint, images: vae.Images, shape: tuple[int, int]) -> None:
    """The sheet, and what the model makes of what is on it."""
    sheet, answer = st.columns([1, 2], gap="large")
    with sheet:
        grey = own_image.own_digit(shape)
    with answer:
        if grey is None:
            st.info("Write a digit, or upload a picture of one: the model encodes it, draws it again and says how "
                    "likely it finds it.", icon=":material/draw:")
            return
        image = datasets.binarise(grey[None])[0]
        _code(checkpoint, image, shape)
    _bound(checkpoint, image, images)
    if checkpoint.config.latent == 2:
        _place(checkpoint, image)


def _code(checkpoint: vae.Checkpoint, image: Tensor, shape: tuple[int, int]) -> None:
    """The image as the model gets it, its reconstruction, q(z | x), and the way to the pad."""
    pair = torch.cat([image[None], vae.reconstruct(checkpoint, image[None]).float().cpu()])
    page.picture(figures.sheet(pair.numpy(), shape, 2, page.palette()), width=300,
                   alt=f"Your digit as the model gets it, {int(image.sum())} of {len(image)} pixels black, and its "
                   "reconstruction.")
    st.caption("Left: your digit as the model gets it, black and white. Right: its reconstruction.")
    q = vae.encode(checkpoint, image[None])
    mean, deviation = q.mean[0].tolist(), (0.5 * q.log_var[0]).exp().tolist()
    st.markdown(f"The encoder answers {page.swatch('q', 'q(z | x)')}: " + ", ".join(
        f"z{_subscript(i + 1)} = {m:.2f} ± {s:.2f}" for i, (m, s) in enumerate(zip(mean, deviation, strict=True))))
    if st.button("Move the point there", icon=":material/my_location:", key="own hand",
                 help="The point on the latent pad goes to this digit's z, and so does the link."):
        link.go_to(point.clean(mean, len(mean)))
        st.rerun()


def _subscript(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


def _bound(checkpoint: vae.Checkpoint, image: Tensor, images: vae.Images) -> None:
    terms = shown_model.terms(checkpoint, image, 0)
    others = shown_model.held_out_terms(checkpoint, images, HELD_OUT)
    own = ruler_figures.Terms(terms.reconstruction, terms.kl, terms.evidence, terms.error)
    page.figure(ruler_figures.ruler(own, page.palette()), key="own ruler", alt=ruler_figures.ruler_alt(own))
    recon, kl = others.reconstruction.mean().item(), others.kl.mean().item()
    rows = [(page.swatch("reconstruction", "reconstruction"), f"{terms.reconstruction:.1f}", f"{recon:.1f}"),
            (page.swatch("kl", "KL to the prior"), f"{terms.kl:.1f}", f"{kl:.1f}"),
            (page.swatch("q", "bound"), f"{own.bound:.1f}", f"{recon - kl:.1f}"),
            ("log p(x)" if terms.exact else "log p(x), at least", f"{terms.evidence:.1f}",
             f"at least {others.evidence.mean().item():.1f}")]
    st.markdown(f"| nats | your digit | mean of {len(others.kl)} held-out images |\n|---|---:|---:|\n"
                + "\n".join(f"| {' | '.join(row)} |" for row in rows))
    share = ranking.share_below(terms.evidence, others.evidence)
    st.markdown(verdict(share, len(others.evidence)))
    st.caption(f"Ranked by log p(x) among the held-out images' importance weighted bounds of {ranking.DRAWS} draws. "
               "A bound lies a little below log p(x), so the true share is at most this.")


def verdict(share: float, count: int) -> str:
    """Whether the model finds the digit likely, in one sentence with its quantile."""
    percent = f"{100 * share:.0f} of 100"
    if share < 0.05:
        return f"**Unlikely to this model**: its log p(x) exceeds the bound of only {percent} held-out images."
    if share < 0.25:
        return f"**Less likely than most**: its log p(x) exceeds the bound of {percent} held-out images."
    if share <= 0.95:
        return f"**As likely as the data**: its log p(x) exceeds the bound of {percent} held-out images."
    return (f"**Likelier than most data**: its log p(x) exceeds the bound of {percent} held-out images. Plain, thin "
            "digits cost few nats; likely does not mean well written.")


def _place(checkpoint: vae.Checkpoint, image: Tensor) -> None:
    """The exact posterior beside q: what the encoder misses at one glance."""
    run = live_run.session_run(PAGE).run
    if run is not None and live_run.active(run) and controls.value("model") == LIVE:
        st.caption("The exact posterior p(z | x) is drawn when the training pauses.")
        return
    where = shown_model.posterior_grid(checkpoint, image)
    q = vae.encode(checkpoint, image[None])
    mean, deviation = q.mean[0].float().cpu(), (0.5 * q.log_var[0]).exp().float().cpu()
    peak = divmod(int(where.density.argmax()), len(where.z1))
    plane, words = st.columns([2, 1], vertical_alignment="center")
    with plane:
        page.figure(
            figures.posterior_map(where.z1.numpy(), where.z2.numpy(), where.density.numpy(),
                                  (mean.numpy(), deviation.numpy()), page.palette()), key="own posterior",
            alt=f"The exact posterior of your digit peaks near z = ({where.z1[peak[1]]:.2f}, "
            f"{where.z2[peak[0]]:.2f}); the encoder's q is centred at ({mean[0]:.2f}, {mean[1]:.2f}).")
    with words:
        st.markdown(f"Shaded: the {page.swatch('posterior', 'exact posterior')} p(z | x) of your digit. Dashed: the "
                    f"{page.swatch('q', 'encoder')} q(z | x). Where they lie apart, the bound loses the gap above.")
