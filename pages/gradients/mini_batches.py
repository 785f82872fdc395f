"""Part "Mini-batches": where the noise of a stochastic gradient comes from, and the slide's n."""

import streamlit as st

from dgm.gradients import batch_noise
from dgm.gradients.batch_noise import VarianceSplit
from pages.gradients import results, setting_controls, vae
from pages.gradients.figures import vae as figures
from pages.gradients.notation import short
from ui import controls, page, question, source_code

ENCODER = "encoder V, reparametrization"     # of SPLITS
BATCH_PART, MONTE_CARLO_PART = "batch part", "Monte Carlo part"
MORE = 16        # times as many draws in the question
FORMULA = (r"\begin{gathered}i \sim U[1, n], \quad z^* \sim q(z_i|x_i,\phi) \\"
           r"\mathrm{Var}\,G = \mathrm{Var}_i\,\mathbb{E}[G|i] + \mathbb{E}_i\,\mathrm{Var}[G|i]\end{gathered}")


def part() -> None:
    """Two kinds of noise, the rule with n, and the code of both."""
    page.introduction(
        "Two approximations make one stochastic gradient G. A point i is drawn instead of summing over all points. "
        "One z "
        "is drawn instead of averaging over q. For a VAE with linear layers both parts of the variance are exact.",
        FORMULA, ("mini-batch", "encoder", "KL divergence"))
    away, batch, draws = (controls.value(name) for name in ("away", "batch", "z_draws"))
    splits = results.variance_splits(away)
    page.figure(figures.splits(splits, batch, draws, page.palette()), key="split",
                alt=figures.splits_alt(splits, batch, draws))
    setting_controls.draw_row("away", "batch", "z_draws")
    st.caption("The iris flowers, centred; two latents. W are the weights of the decoder, V those of the encoder; "
               "gradients are of the mean bound over the points. Each bar is a sum over all weights.")
    _ask_draws(splits[ENCODER], away, batch, draws)
    n, printed, variance = _rule()
    of_batch, of_draws = splits[ENCODER].total(batch, draws)
    _code((away, batch, draws, n, printed),
          {BATCH_PART: of_batch, MONTE_CARLO_PART: of_draws, "variance of q": variance})


def _ask_draws(split: VarianceSplit, away: float, batch: int, draws: int) -> None:
    now, then = sum(split.total(batch, draws)), sum(split.total(batch, draws * MORE))
    question.number(
        "draws", f"Now {draws * MORE} z are drawn per point instead of {draws}. How many times smaller does the whole "
        "variance of the encoder's gradient with reparametrization become?", truth=lambda: now / then,
        why=lambda _: f"From {short(now)} to {short(then)}. More draws of z divide only the Monte Carlo part. "
        "With many points in the batch both parts become small.",
        low=1.0, high=float(MORE), start=4.0, ratio=True, unit="times", form="{:.2f}",
        about=f"{away} {batch} {draws}")


def _rule() -> tuple[int, bool, float]:
    """The slide's n: as printed, or on both terms. Returns n, whether as printed, and the variance of q."""
    page.heading("The slide's n")
    posterior = batch_noise.toy_optimum(1, printed=False)     # for any n
    st.markdown(r"The final algorithm multiplies $\nabla \log p$ by $n$, the number of points, but not $\nabla KL$. As "
                r"printed, it weighs the KL by $1/n$. Here $z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(z, 1)$ "
                r"and "
                rf"$x = 2$, so the posterior is $\mathcal{{N}}({posterior.mu:g}, {posterior.sigma**2:g})$.")
    n, printed = controls.value("n"), controls.value("printed")
    q = batch_noise.toy_optimum(n, printed=printed)
    variance = float(q.sigma**2)
    page.figure(figures.rules(q, posterior, n, page.palette(), printed), key="rules",
                alt=figures.rules_alt(q, posterior, n, printed))
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        controls.draw("n")
    with right:
        controls.draw("printed")
    st.markdown(f"q ends at $\\mathcal{{N}}({q.mu:.3g}, {variance:.3g})$. "
                + ("With n on both terms, or on none, it is the posterior." if printed and n > 1 else
                   "This is the posterior."))
    twice = batch_noise.toy_optimum(2 * n, printed=printed)
    question.number(
        "twice n", f"Now there are twice as many points, n = {2 * n}. Which variance does q end with?",
        truth=lambda: float(twice.sigma**2),
        why=lambda exact: f"q ends at N({twice.mu:.3g}, {exact:.3g}). "
        + (f"The KL has the weight 1/{2 * n}, so q is narrower than the posterior."
           if printed else "With n on both terms the optimum does not depend on n."),
        low=0.002, high=1.0, start=0.2, ratio=True, about=f"{n} {printed}")
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
        numbers = {{"{BATCH_PART}": parts[0], "{MONTE_CARLO_PART}": parts[1], "variance of q": q.sigma**2}}
    """
    source_code.show([batch_noise.encoder_reparametrized, batch_noise.toy_optimum],
                     formula=vae.FORMULA, script=lines, numbers=numbers)
