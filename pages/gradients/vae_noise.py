"""Part six of the gradient lab, below the duel: where the noise of a mini-batch comes from, and the slide's n."""

import streamlit as st

from dgm import datasets
from dgm.gradients import Gaussian, batch_noise
from dgm.gradients.batch_noise import VarianceSplit
from pages.gradients import comparison
from pages.gradients.figures import runs as figures
from ui import cache, controls, page, question, source_code

ENCODER = "encoder V, reparametrization"


def part() -> None:
    """The two gradients inside a VAE."""
    page.section(comparison.duel)
    page.section(_mini_batches)


def _mini_batches() -> None:
    """Two kinds of noise, the rule with n, and the code of both."""
    size, batch, draws = _noise()
    n, literal = _rule()
    _code(size, batch, draws, n, literal)


def _noise() -> tuple[float, int, int]:
    """Batch part and Monte Carlo part of a linear VAE's gradient."""
    page.heading("Two kinds of noise: which point, which z")
    st.markdown(r"Two approximations make one stochastic gradient $G$: which point, $i \sim U[1, n]$, and which "
                r"latent, $z^* \sim q$, one draw instead of the mean over $z$ (Monte Carlo). For a VAE with linear "
                "layers both variances are exact:")
    st.latex(r"\mathrm{Var}\,G = \mathrm{Var}_i\,\mathbb{E}[G|i] + \mathbb{E}_i\,\mathrm{Var}[G|i]")
    first, second, third = st.columns(3)
    with first:
        size = controls.draw("away")
    with second:
        batch = controls.draw("batch")
    with third:
        draws = controls.draw("z_draws")
    found = split(size)
    if question.choice("parts", "Drawing more z per point helps one of the two parts. For the encoder with "
                       "reparametrization, which part is the larger one here?", ["batch part", "Monte Carlo part"],
                       truth=lambda: _larger(found[ENCODER], batch, draws),
                       why=lambda _: "Draws divide the Monte Carlo part alone; a larger batch divides both. That is "
                       "why one z per point is enough once the points are many."):
        page.figure(figures.split(found, batch, draws, page.palette()), key="split",
                      alt=figures.split_alt(found, batch, draws))
        st.caption("The iris flowers, centred; two latents. W are the weights of the decoder, V those of the encoder; "
                   "gradients are of the mean bound over the points.")
    return size, batch, draws


def _larger(part: VarianceSplit, batch: int, draws: int) -> str:
    of_batch, of_draws = part.total(batch, draws)
    return "batch part" if of_batch > of_draws else "Monte Carlo part"


@cache.copied(entries=16)
def split(size: float) -> dict[str, VarianceSplit]:
    """Exact parts for the linear VAE on iris, `size` away from the maximum likelihood."""
    x = datasets.load("iris").x
    model = batch_noise.perturbed(batch_noise.at_maximum_likelihood(x, 2), size)
    return {name: part(model, x) for name, part in batch_noise.SPLITS.items()}


def _rule() -> tuple[int, bool]:
    """The slide's n: as printed, or on both terms."""
    page.heading("The slide's n")
    st.markdown(r"The final algorithm multiplies $\nabla \log p$ by $n$, the number of points, but not $\nabla KL$: "
                r"read literally it weighs the KL by $1/n$. Here $z \sim \mathcal{N}(0, 1)$, "
                r"$x|z \sim \mathcal{N}(z, 1)$, $x = 2$, so the posterior is $\mathcal{N}(1, 0.5)$.")
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        n = controls.draw("n")
    with right:
        literal = controls.draw("printed")
    q, posterior = batch_noise.toy_optimum(n, printed=literal), batch_noise.toy_optimum(n, printed=False)
    if question.number("rule", f"Trained with the rule chosen above and n = {n}, which variance does q end with?",
                       truth=lambda: _variance(q),
                       why=lambda exact: f"q ends at N({q.mu:.3g}, {exact:.3g}); the posterior is N(1, 0.5). With n on "
                       "both terms, or on none, the two agree.", low=0.0, high=1.0, start=0.5, step=0.01):
        page.figure(figures.rules(q, posterior, n, page.palette(), literal), key="rules",
                      alt=figures.rules_alt(q, posterior, n, literal))
    return n, literal


def _variance(q: Gaussian) -> float:
    return float(q.sigma**2)


def _code(size: float, batch: int, draws: int, n: int, literal: bool) -> None:
    of_batch, of_draws = split(size)[ENCODER].total(batch, draws)
    script = f"""
        from dgm import datasets
        from dgm.gradients import batch_noise
        x = datasets.load("iris").x
        model = batch_noise.perturbed(batch_noise.at_maximum_likelihood(x, 2), {size})
        parts = batch_noise.encoder_reparametrized(model, x).total({batch}, {draws})
        q = batch_noise.toy_optimum({n}, printed={literal})
        # The two VAEs: {comparison.AS_CODE}
        numbers = {{"batch part": parts[0], "Monte Carlo part": parts[1], "variance of q": q.sigma**2}}
    """
    source_code.show([batch_noise.encoder_reparametrized, batch_noise.toy_optimum, comparison.ADVANCE],
                     formula=r"\begin{gathered}n\,\nabla_\phi \log p(x_i | g(x_i, \epsilon^*, \phi), \theta) \\ "
                     r"- \nabla_\phi KL(q(z_i|x_i,\phi)\,\|\,p(z_i)) \\ i \sim U[1, n], \quad "
                     r"\epsilon^* \sim r(\epsilon)\end{gathered}",
                     script=script, numbers={"batch part": of_batch, "Monte Carlo part": of_draws,
                                             "variance of q": _variance(batch_noise.toy_optimum(n, printed=literal))})
