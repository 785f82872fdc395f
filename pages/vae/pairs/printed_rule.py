"""The rule as the slide prints it, in a toy model whose posterior is known: where q ends, beside the closed form."""

import streamlit as st

from dgm import vae
from dgm.ppca import linear_vae
from dgm.vae.runs import as_printed
from pages.vae import shown_model
from pages.vae.figures import printed_rule as figures
from ui import controls, page, question

X = 2.0         # the observed x of the toy model
STEPS = 60
LATENTS = 2     # of the linear VAE


def part(images: vae.Images) -> None:
    """Both rules on the plane of q's mean and variance, the linear VAE's exact ends, and a question about n."""
    page.heading("The algorithm as printed")
    n = controls.value("n")
    printed, exact = as_printed.toy_posterior(X, n), as_printed.toy_posterior(X, 1)
    page.introduction(
        "The slide multiplies the gradient of $\\log p(\\mathbf{x}|\\mathbf{z})$ by $n$, but not that of the KL. So "
        "the KL counts $1/n$. In a toy model, $z \\sim \\mathcal{N}(0, 1)$ and $x|z \\sim \\mathcal{N}(z, 1)$, the end "
        f"of both rules is known. Here $x = {X:g}$ is observed, and $n = {n}$.",
        r"\begin{aligned}q_{\text{printed}} &= \mathcal{N}\Big(\tfrac{n x}{n + 1}, \tfrac{1}{n + 1}\Big) = "
        + page.term("evidence", rf"\mathcal{{N}}({printed.mean:.3g},\, {printed.variance:.3g})")
        + r"\\[0.4em] p(z|x) &= \mathcal{N}\Big(\tfrac{x}{2}, \tfrac{1}{2}\Big) = "
        + page.term("posterior", rf"\mathcal{{N}}({exact.mean:.3g},\, {exact.variance:.3g})") + r"\end{aligned}")
    ends = (printed.mean, printed.variance), (exact.mean, exact.variance)
    page.figure(figures.paths(as_printed.toy_path(X, n, STEPS).numpy(), as_printed.toy_path(X, 1, STEPS).numpy(), ends,
                              n, page.palette()), key="printed", alt=figures.paths_alt(ends, n))
    controls.draw("n")
    _linear_vae(images)
    question.number(
        "printed", f"Now n is {10 * n}, ten times larger. What is the variance of q at the end of the printed rule?",
        truth=lambda: as_printed.toy_posterior(X, 10 * n).variance,
        why=lambda _: f"It is 1 / (n + 1); the exact posterior has {exact.variance:g}. With many images the prior no "
        "longer counts, and q becomes as narrow as the likelihood allows.",
        low=1e-5, high=1.0, start=0.1, ratio=True, about=f"{n}")


def _linear_vae(images: vae.Images) -> None:
    """The mean KL at the end of both rules in the linear VAE of the page's images, in closed form."""
    linear, count = shown_model.linear(images, LATENTS), len(shown_model.parts(images).train)
    corrected, printed = (float(linear_vae.optimum(linear.spec, LATENTS, linear.sigma2, beta).kl.sum())
                          for beta in (1.0, 1 / count))
    st.markdown(f"The linear VAE of these images has a closed form too. With {LATENTS} latents its mean KL ends at "
                f"{corrected:.2f} nats; as printed, with n = {count:,}, it ends at {printed:.2f} nats.")
