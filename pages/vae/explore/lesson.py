"""What the VAE page teaches in words: the model and its bound, and the final algorithm."""

import streamlit as st

from pages.vae import shown_model
from pages.vae.scene import Scene
from ui import page
from ui.figures.written import written

TERMS = ("latent variable", "encoder", "decoder", "amortized", "bound", "reconstruction", "KL to the prior",
         "reparametrization trick", "held-out", "nat")


def introduction() -> None:
    """The section on what is trained."""
    page.heading("What is trained")
    words()


def words() -> None:
    """What z, encoder and decoder are, and what training maximises."""
    page.introduction(
        "Every image $\\mathbf{x}$ has a code $\\mathbf{z}$ that nobody observes; its prior is $\\mathcal{N}(0, I)$. "
        "The **decoder** $p(\\mathbf{x}|\\mathbf{z}, \\theta)$ maps a code to an image. The **encoder** computes "
        "$q(\\mathbf{z}|\\mathbf{x}, \\phi)$, an approximate posterior of the code, for any image in one pass: it is "
        "**amortized**. Training raises the **bound**: images must come back from their codes, and the KL keeps the "
        "codes near the prior. So a draw from the prior decodes to a digit.",
        r"\begin{aligned}\log p(\mathbf{x}|\theta) &\ge " + page.term("q", r"\mathcal{L}(\phi,\theta)") + r"\\&="
        + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)") + r"\\&\quad-"
        + page.term("kl", r"KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))") + r"\end{aligned}", TERMS)


def algorithm(scene: Scene) -> None:
    """The slide's final algorithm as numbered steps, with the settings of the run."""
    config = scene.run.latest.checkpoint.config
    page.heading("The final algorithm")
    st.markdown(_steps(len(shown_model.parts(scene.images).train), config.beta, config.optimizer,
                       config.learning_rate))
    st.caption(_remarks(config.gradient, config.batch))


def _steps(count: int, beta: float, optimizer: str, rate: float) -> str:
    """Markdown of the steps. count: n, the training images."""
    weight = "" if beta == 1 else rf"{beta:g}\,"
    gradient_phi = (r"n\,\nabla_\phi \log p(\mathbf{x}_i|g(\mathbf{x}_i, \epsilon^*, \phi), \theta) - "
                    rf"n\,{weight}\nabla_\phi KL(q(\mathbf{{z}}_i|\mathbf{{x}}_i, \phi)\,\|\,p(\mathbf{{z}}_i))")
    return "\n".join((
        "Each step of my run repeats this:",
        "",
        rf"1. Pick an image: $i \sim U[1, n]$, here $n$ = {count:,}.",
        r"2. Draw $\epsilon^* \sim \mathcal{N}(0, I)$; the code is "
        r"$\mathbf{z}_i^* = g(\mathbf{x}_i, \epsilon^*, \phi) = \mu + \sigma\,\epsilon^*$.",
        rf"3. Gradient for the encoder (E-step): $\nabla_\phi \mathcal{{L}} \approx {gradient_phi}$.",
        r"4. Gradient for the decoder (M-step): $\nabla_\theta \mathcal{L} \approx "
        r"n\,\nabla_\theta \log p(\mathbf{x}_i|\mathbf{z}_i^*, \theta)$.",
        rf"5. Update $\phi$ and $\theta$ by {optimizer}, learning rate {written(rate, 'g')}."))


def _remarks(gradient: str, batch: int) -> str:
    other = ("This run replaces the gradient of step 3 by the log-derivative estimate. "
             if gradient == "log-derivative" else "")
    return (other + f"The program averages both gradients over a mini-batch of {batch} images and divides them by n. "
            "The slide writes the KL of step 3 without n; the bound of all n images has it n times. "
            "The part “Two runs” trains both. "
            "EM would look for the best q of every image. Here one network gives them all (amortized), and E-step and "
            "M-step are one gradient step each.")
