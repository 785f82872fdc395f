"""Part "Linear VAE": a VAE with linear layers, trained live towards PPCA's exact maximum."""

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, jobs, ppca, vae
from dgm.ppca import linear_vae
from pages.ppca import rotation
from pages.ppca.figures import curves, histories
from pages.ppca.state import NOISE
from ui import controls, live_run, page, question, source_code
from ui.figures import bound_ruler

TOTAL = 3000     # steps of a training
GOAL = 1e-6      # nats per row below the maximum
PAGE = "ppca"


def part() -> None:
    """The linear VAE."""
    left, right = st.columns(2)
    with left:
        name = controls.draw("rows")
        x = ppca.standardise(datasets.load(name).x)
        spec = ppca.spectrum(x)
        wanted = controls.draw("vae_latents")
        latent = min(wanted, spec.rank - 1)
        if latent < wanted:
            st.caption(f"$L = {latent}$ here: {x.shape[1]} columns leave noise to estimate up to $L = {latent}$.")
        seed = controls.draw("vae_seed")
    with right:
        share = controls.draw("vae_noise")
        beta = controls.draw("beta")
    config = linear_vae.configure(x, latent, share * spec.noise(latent), beta=beta, seed=seed)
    maximum = linear_vae.maximum(spec, latent, config.sigma2, beta)
    run = live_run.ensure_run(PAGE, (name, config), None, make=lambda: jobs.Run(
        linear_vae.advance, linear_vae.init(x, config), x, total=TOTAL), tune=lambda training: training)
    _claim(beta, maximum)
    with st.container(border=True, key="run_buttons"):
        live_run.buttons(run, PAGE, steps=linear_vae.EVERY)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=len(x), what="rows"), "meter")
    live_run.auto_refresh(run, lambda: _training(run, x, spec), "training")
    if latent > 1:
        page.section(lambda: _rotation(run, x))
    _latents_question(spec, config)
    _show_code(name, config, maximum)


def _claim(beta: float, maximum: float) -> None:
    """What the training has to reach."""
    weight = "" if beta == 1 else f"{beta:g}\\,"
    goal = r"\max_\theta \log p(\mathbf{x}|\theta)" if beta == 1 else r"\text{its exact maximum}"
    page.claim(
        "With linear layers a VAE is the PCA model, so the best bound that training can reach is known exactly.",
        r"\max_{\phi,\theta} \Big["
        + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)") + "-" + weight
        + page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))") + r"\Big] = "
        + page.term("evidence", goal, maximum, "nats per row"))


def _training(run: jobs.Run, x: Tensor, spec: ppca.Spectrum) -> None:
    """The gap on a log axis, the challenge, the ruler, and the latents one by one."""
    training: linear_vae.Training = run.latest
    page.figure(histories.training_gap(training.steps, training.gaps, GOAL, page.palette()), key="training_gap",
                alt=histories.training_gap_alt(training.steps, training.gaps))
    left = max(training.gaps[-1], 0.0)
    page.challenge("Train until the bound is within a millionth of a nat of the exact maximum.", left < GOAL,
                   f"{left:.3g} nats per row after {training.steps[-1]} steps")
    checkpoint = training.checkpoint
    reconstruction, kl = (float(term.mean()) for term in vae.elbo_terms(checkpoint, x))
    ruler = bound_ruler.Terms(reconstruction, kl, linear_vae.evidence(checkpoint, x))
    page.figure(bound_ruler.ruler(ruler, page.palette()), key="vae_ruler", alt=bound_ruler.ruler_alt(ruler))
    _latents_table(checkpoint, x, spec)


def _latents_table(checkpoint: vae.Checkpoint, x: Tensor, spec: ppca.Spectrum) -> None:
    """Trained beside exact, latent by latent."""
    config = checkpoint.config
    trained = linear_vae.units(checkpoint, x)
    exact = linear_vae.optimum(spec, config.latent, config.sigma2, config.beta)
    lines = [f"| {j + 1} | {float(trained.squared_length[j]):.4f} | {float(exact.squared_length[j]):.4f} "
             f"| {float(trained.kl[j]):.4f} | {float(exact.kl[j]):.4f} |" for j in range(config.latent)]
    st.markdown("| latent | $\\lVert w\\rVert^2$ trained | exact | KL trained, nats | exact |\n|---|---|---|---|---|\n"
                + "\n".join(lines))


def _rotation(run: jobs.Run, x: Tensor) -> None:
    """Rotate the trained decoder: log p(x) is constant, the bound of a q with independent coordinates is not."""
    page.heading("Turn the trained latents")
    degrees = controls.draw("latent_turn")
    training: linear_vae.Training = run.latest
    theta = linear_vae.decoder_params(training.checkpoint)
    rotated = rotation.rotate(theta, degrees)
    log_lik, gap = float(ppca.log_prob(x, rotated).mean()), ppca.diagonal_gap(rotated)
    page.claim(
        "Decode Rz instead of z: the density of x stays, and so does log p. The encoder's q has independent "
        "coordinates; the best such q loses the gap. So the bound, not the likelihood, picks the axes.",
        page.term("q", r"\max_{q\ \text{diagonal}} \mathcal{L}", log_lik - gap, "nats per row") + "="
        + page.term("evidence", r"\log p(\mathbf{x}|WR)", log_lik) + "-" + page.term("gap", r"KL", gap))
    rotation.show(theta, degrees, log_lik, gap, key="trained_rotation")


def _latents_question(spec: ppca.Spectrum, config: vae.Config) -> None:
    """How many latents the optimum uses; then their lengths and KL over sigma^2 or beta."""
    page.heading("Where latents switch off")
    latent, level = config.latent, config.beta * config.sigma2
    if question.number(
            "off", f"At this noise and β, how many of the {latent} latents does the best linear VAE use?",
            truth=lambda: float((linear_vae.optimum(spec, latent, config.sigma2, config.beta).kl > 0).sum()),
            why=lambda exact: f"A latent is worth its KL only while λ > βσ² = {level:.3g}; the eigenvalues are "
            + ", ".join(f"{float(v):.3g}" for v in spec.values[:latent]) + ".",
            low=0.0, high=float(latent), start=float(latent), step=1.0, form="{:.0f}"):
        _show_collapse(spec, config)


def _show_collapse(spec: ppca.Spectrum, config: vae.Config) -> None:
    along = controls.draw("along")
    factors = torch.logspace(-1, 1.3, 121, dtype=torch.float64)
    noise = along == NOISE
    values = factors * spec.noise(config.latent) if noise else factors
    sigma2 = values.tolist() if noise else [config.sigma2] * len(values)
    beta = [config.beta] * len(values) if noise else values.tolist()
    found = linear_vae.collapse(spec, config.latent, sigma2, beta)
    chosen = config.sigma2 if noise else config.beta
    used = int((spec.values[:config.latent] > config.beta * config.sigma2).sum())
    page.figure(curves.collapse(values, found.squared_length, found.kl, chosen, along, palette=page.palette()),
                key="collapse", alt=curves.collapse_alt(along, chosen, used, config.latent))
    st.caption("Each latent goes out at its eigenvalue divided by " + ("β." if noise else "σ²."))


def _show_code(name: str, config: vae.Config, maximum: float) -> None:
    script = f"""
        from dgm import datasets, ppca
        from dgm.ppca import linear_vae
        x = ppca.standardise(datasets.load({name!r}).x)
        config = linear_vae.configure(x, {config.latent}, {config.sigma2!r}, beta={config.beta!r}, seed={config.seed})
        start = linear_vae.init(x, config)
        # linear_vae.advance(start, x, 1000).gaps[-1] is what is left after 1000 steps, in nats per row
        numbers = {{"exact maximum": start.maximum}}
    """
    formula = (r"\mathcal{L}(\phi,\theta) = \mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta) "
               r"- \beta\, KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))")
    source_code.show([linear_vae.maximum, linear_vae.optimum, linear_vae.advance], formula=formula, script=script,
                     numbers={"exact maximum": maximum})
