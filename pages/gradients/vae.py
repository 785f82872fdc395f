"""Part "The VAE": one VAE trained by each gradient, where the noise of a mini-batch comes from, and the slide's n."""

import streamlit as st

from dgm.gradients import batch_noise
from dgm.gradients.batch_noise import VarianceSplit
from dgm.vae import gradient_noise
from pages.gradients import results, setting_controls, vae_comparison
from pages.gradients.figures import vae as figures
from ui import controls, page, question, source_code

ENCODER = "encoder V, reparametrization"     # of SPLITS
BATCH_PART, MONTE_CARLO_PART = "batch part", "Monte Carlo part"


def part() -> None:
    """The two gradients inside a VAE."""
    page.section(vae_comparison.draw)
    page.section(_mini_batches)


def _mini_batches() -> None:
    """Two kinds of noise, the rule with n, and the code of both."""
    page.heading("Two kinds of noise: which point, which z")
    st.markdown(r"Two approximations make one stochastic gradient $G$: which point, $i \sim U[1, n]$, and which "
                r"latent, $z^* \sim q$, one draw instead of the mean over $z$ (Monte Carlo). For a VAE with linear "
                "layers both variances are exact:")
    st.latex(r"\mathrm{Var}\,G = \mathrm{Var}_i\,\mathbb{E}[G|i] + \mathbb{E}_i\,\mathrm{Var}[G|i]")
    away, batch, draws = setting_controls.draw_row("away", "batch", "z_draws")
    splits = results.variance_splits(away)
    of_batch, of_draws = splits[ENCODER].total(batch, draws)
    if question.choice("parts", "Drawing more z per point helps one of the two parts. For the encoder with "
                       "reparametrization, which part is the larger one here?", [BATCH_PART, MONTE_CARLO_PART],
                       truth=lambda: BATCH_PART if of_batch > of_draws else MONTE_CARLO_PART,
                       why=lambda _: "Draws divide the Monte Carlo part alone; a larger batch divides both. That is "
                       "why one z per point is enough once the points are many."):
        _show_splits(splits, batch, draws)
    n, printed, variance = _rule()
    _code((away, batch, draws, n, printed),
          {BATCH_PART: of_batch, MONTE_CARLO_PART: of_draws, "variance of q": variance})


def _show_splits(splits: dict[str, VarianceSplit], batch: int, draws: int) -> None:
    page.figure(figures.splits(splits, batch, draws, page.palette()), key="split",
                alt=figures.splits_alt(splits, batch, draws))
    st.caption("The iris flowers, centred; two latents. W are the weights of the decoder, V those of the encoder; "
               "gradients are of the mean bound over the points.")


def _rule() -> tuple[int, bool, float]:
    """The slide's n: as printed, or on both terms. Returns n, whether as printed, and the variance of q."""
    page.heading("The slide's n")
    posterior = batch_noise.toy_optimum(1, printed=False)     # for any n
    st.markdown(r"The final algorithm multiplies $\nabla \log p$ by $n$, the number of points, but not $\nabla KL$: "
                r"read literally it weighs the KL by $1/n$. Here $z \sim \mathcal{N}(0, 1)$, "
                r"$x|z \sim \mathcal{N}(z, 1)$, $x = 2$, so the posterior is "
                rf"$\mathcal{{N}}({posterior.mu:g}, {posterior.sigma**2:g})$.")
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        n = controls.draw("n")
    with right:
        printed = controls.draw("printed")
    q = batch_noise.toy_optimum(n, printed=printed)
    variance = float(q.sigma**2)
    if question.number("rule", f"Trained with the rule chosen above and n = {n}, which variance does q end with?",
                       truth=lambda: variance,
                       why=lambda exact: f"q ends at N({q.mu:.3g}, {exact:.3g}); the posterior is N({posterior.mu:g}, "
                       f"{posterior.sigma**2:g}). With n on both terms, or on none, the two agree.",
                       low=0.0, high=1.0, start=0.5, step=0.01):
        page.figure(figures.rules(q, posterior, n, page.palette(), printed), key="rules",
                    alt=figures.rules_alt(q, posterior, n, printed))
    return n, printed, variance


def _code(chosen: tuple[float, int, int, int, bool], numbers: dict[str, float]) -> None:
    """chosen: the values of the controls. numbers: what the script prints."""
    away, batch, draws, n, printed = chosen
    lines = f"""
        from dgm import datasets
        from dgm.gradients import batch_noise
        x = datasets.load("iris").x
        model = batch_noise.perturbed(batch_noise.at_maximum_likelihood(x, 2), {away})
        parts = batch_noise.encoder_reparametrized(model, x).total({batch}, {draws})
        q = batch_noise.toy_optimum({n}, printed={printed})
        # The two VAEs: {vae_comparison.AS_CODE}
        numbers = {{"{BATCH_PART}": parts[0], "{MONTE_CARLO_PART}": parts[1], "variance of q": q.sigma**2}}
    """
    source_code.show([batch_noise.encoder_reparametrized, batch_noise.toy_optimum, gradient_noise.advance],
                     formula=r"\begin{gathered}n\,\nabla_\phi \log p(x_i | g(x_i, \epsilon^*, \phi), \theta) \\ "
                     r"- \nabla_\phi KL(q(z_i|x_i,\phi)\,\|\,p(z_i)) \\ i \sim U[1, n], \quad "
                     r"\epsilon^* \sim r(\epsilon)\end{gathered}",
                     script=lines, numbers=numbers)
