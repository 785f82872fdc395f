"""The PCA page's bridge: a VAE with linear layers trained live towards PPCA's exact maximum."""

import math

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, jobs, ppca, vae
from dgm.ppca import linear_vae as bridge
from dgm.ppca.lower_bound import gap_over_rotation
from pages.ppca.figures import curves as ppca_curves
from pages.ppca.figures import em_history
from ui import cache, controls, live_run, page, question, source_code
from ui.figures import bound_ruler as ruler_figures

TOTAL, GOAL = 3000, 1e-6
PAGE = "ppca"


@cache.shared(entries=3)
def rows(name: str) -> tuple[Tensor, ppca.Spectrum]:
    """The data, columns of unit variance, and their spectrum."""
    x = ppca.standardise(datasets.load(name).x)
    return x, ppca.spectrum(x)


def part() -> None:
    """The linear VAE."""
    left, right = st.columns(2)
    with left:
        name = controls.draw("rows")
        x, spec = rows(name)
        latent = min(controls.draw("vae_latents"), spec.rank - 1)
        seed = controls.draw("vae_seed")
    with right:
        share = controls.draw("vae_noise")
        beta = controls.draw("beta")
    sigma2 = share * spec.noise(latent)
    config = bridge.configure(x, latent, sigma2, beta=beta, seed=seed)
    run = live_run.ensure_run(PAGE, (name, config), None, make=lambda: jobs.Run(
        bridge.advance, bridge.init(x, config), x, total=TOTAL), tune=lambda training: training)
    claim(spec, config)
    with st.container(border=True, key="conduct"):
        live_run.buttons(run, PAGE, steps=bridge.EVERY)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=len(x), what="rows"), "meter")
    live_run.auto_refresh(run, lambda: climb(run, x, spec), "climb")
    if latent > 1:
        page.section(lambda: turn(run, x))
    ask_off(spec, latent, config)
    code(name, config)


def claim(spec: ppca.Spectrum, config: vae.Config) -> None:
    """What the training has to reach."""
    weight = "" if config.beta == 1 else f"{config.beta:g}\\,"
    goal = r"\max_\theta \log p(\mathbf{x}|\theta)" if config.beta == 1 else r"\text{its exact maximum}"
    exact = bridge.maximum(spec, config.latent, config.sigma2, config.beta)
    page.claim(
        "With linear layers a VAE is the PCA model, so the best bound that training can reach is known exactly.",
        r"\max_{\phi,\theta} \Big["
        + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)") + "-" + weight
        + page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))") + r"\Big] = "
        + page.term("evidence", goal, exact, "nats per row"))


def climb(run: jobs.Run, x: Tensor, spec: ppca.Spectrum) -> None:
    """The gap on a log axis, the ruler, and the challenge."""
    training: bridge.Training = run.latest
    page.figure(em_history.bridge(training.steps, training.gaps, GOAL, page.palette()), key="bridge",
                  alt=em_history.bridge_alt(training.steps, training.gaps))
    left = max(training.gaps[-1], 0.0)
    page.challenge("Train until the bound is within a millionth of a nat of the exact maximum.", left < GOAL,
                     f"{left:.3g} nats per row after {training.steps[-1]} steps")
    checkpoint = training.checkpoint
    recon, kl = (float(term.mean()) for term in vae.elbo_terms(checkpoint, x))
    ruler = ruler_figures.Terms(recon, kl, bridge.evidence(checkpoint, x))
    page.figure(ruler_figures.ruler(ruler, page.palette()), key="vae_ruler", alt=ruler_figures.ruler_alt(ruler))
    _units(checkpoint, x, spec)


def _units(checkpoint: vae.Checkpoint, x: Tensor, spec: ppca.Spectrum) -> None:
    """Trained beside exact, latent by latent."""
    config = checkpoint.config
    found, best = bridge.units(checkpoint, x), bridge.optimum(spec, config.latent, config.sigma2, config.beta)
    lines = [f"| {j + 1} | {float(found.squared_length[j]):.4f} | {float(best.squared_length[j]):.4f} "
             f"| {float(found.kl[j]):.4f} | {float(best.kl[j]):.4f} |" for j in range(config.latent)]
    st.markdown("| latent | $|w|^2$ trained | exact | KL trained, nats | exact |\n|---|---|---|---|---|\n".replace(
        "$|w|^2$", r"$\lVert w\rVert^2$") + "\n".join(lines))


def turn(run: jobs.Run, x: Tensor) -> None:
    """Rotate the trained decoder: log p(x) holds, a q with independent coordinates pays."""
    page.heading("Turn the trained latents")
    degrees = controls.draw("latent_turn")
    training: bridge.Training = run.latest
    theta = bridge.decoder_params(training.checkpoint)
    turned = ppca.rotate(theta, ppca.rotation(math.radians(degrees), theta.W.shape[1]))
    top, gap = float(ppca.log_prob(x, turned).mean()), ppca.diagonal_gap(turned)
    page.claim(
        "Decode Rz instead of z: the density of x stays, and so does log p. The encoder's q has independent "
        "coordinates; the best such q loses the gap. So the bound, not the likelihood, picks the axes.",
        page.term("q", r"\max_{q\ \text{diagonal}} \mathcal{L}", top - gap, "nats per row") + "="
        + page.term("evidence", r"\log p(\mathbf{x}|WR)", top) + "-" + page.term("gap", r"KL", gap))
    angles = torch.linspace(0, 90, 91, dtype=torch.float64)
    page.figure(ppca_curves.rotation(angles, top, gap_over_rotation(theta, angles.deg2rad()), degrees,
                                       page.palette()),
                  key="turn_curve", alt=ppca_curves.rotation_alt(degrees, top, gap))


def ask_off(spec: ppca.Spectrum, latent: int, config: vae.Config) -> None:
    """How many latents survive; then the curves along sigma^2 or beta."""
    page.heading("Where latents switch off")
    level = config.beta * config.sigma2
    if not question.number(
            "off", f"At this noise and β, how many of the {latent} latents does the best linear VAE use?",
            truth=lambda: float((bridge.optimum(spec, latent, config.sigma2, config.beta).kl > 0).sum()),
            why=lambda exact: f"A latent is worth its KL only while λ > βσ² = {level:.3g}; the eigenvalues are "
            + ", ".join(f"{float(v):.3g}" for v in spec.values[:latent]) + ".",
            low=0.0, high=float(latent), start=float(latent), step=1.0, form="{:.0f}"):
        return
    along = controls.draw("along")
    over = torch.logspace(-1, 1.3, 121, dtype=torch.float64)
    noise = along == "noise σ²"
    values = over * spec.noise(latent) if noise else over
    sigma2 = values.tolist() if noise else [config.sigma2] * len(over)
    beta = [config.beta] * len(over) if noise else values.tolist()
    curves = bridge.collapse(spec, latent, sigma2, beta)
    at = config.sigma2 if noise else config.beta
    page.figure(ppca_curves.collapse(values, curves.squared_length, curves.kl, at, along, palette=page.palette()),
                  key="collapse", alt=ppca_curves.collapse_alt(
                      along, at, int((spec.values[:latent] > level).sum()), latent))
    st.caption("Each latent goes out at its eigenvalue divided by " + ("β." if noise else "σ²."))


def code(name: str, config: vae.Config) -> None:
    """What ran, and a script that trains to the same maximum."""
    script = f"""
        from dgm import datasets, ppca
        from dgm.ppca import linear_vae
        x = ppca.standardise(datasets.load({name!r}).x)
        config = linear_vae.configure(x, {config.latent}, {config.sigma2!r}, beta={config.beta!r}, seed={config.seed})
        start = linear_vae.init(x, config)
        # linear_vae.advance(start, x, 1000).gaps[-1] is what is left after 1000 steps, in nats per row
        numbers = {{"exact maximum": start.maximum}}
    """
    _, spec = rows(name)
    formula = (r"\mathcal{L}(\phi,\theta) = \mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta) "
               r"- \beta\, KL(q(\mathbf{z}|\mathbf{x},\phi)\,\|\,p(\mathbf{z}))")
    source_code.show([bridge.maximum, bridge.optimum, bridge.advance], formula=formula, script=script, numbers={
        "exact maximum": bridge.maximum(spec, config.latent, config.sigma2, config.beta)})
