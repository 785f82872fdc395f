"""Part "Linear VAE": a VAE with linear layers, trained live towards PPCA's exact maximum."""

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, jobs, ppca, vae
from dgm.ppca import linear_vae
from pages.ppca import rotation
from pages.ppca.figures import curves, histories
from pages.ppca.state import NOISE, PRESETS, SWITCHED_OFF
from ui import controls, live_run, page, question, source_code
from ui.figures import bound_ruler
from ui.figures.written import written

TOTAL = 3000     # steps of a training
GOAL = 1e-6      # nats per row below the maximum
PAGE = "ppca"


def part() -> None:
    """The linear VAE."""
    page.introduction(
        "A VAE whose encoder and decoder are linear is the PCA model. So the best bound that training can reach is "
        "known exactly, and the distance to it can be watched.",
        r"\mathcal{L} = " + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)") + "-"
        + page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))"),
        terms=("encoder", "decoder", "bound", "KL to the prior", "β"))
    left, right = st.columns([3, 1])
    with right:
        name = controls.draw("rows")
        x = ppca.standardise(datasets.load(name).x)
        st.caption("Columns are divided by their deviation.")
        spec = ppca.spectrum(x)
        wanted = controls.draw("vae_latents")
        latent = min(wanted, spec.rank - 1)
        if latent < wanted:
            st.caption(f"{latent} latents here: {x.shape[1]} columns leave noise to estimate with {latent} at most.")
        share = controls.draw("vae_noise")
        beta = controls.draw("beta")
        seed = controls.draw("vae_seed")
    config = linear_vae.configure(x, latent, share * spec.noise(latent), beta=beta, seed=seed)
    maximum = linear_vae.maximum(spec, latent, config.sigma2, beta)
    run = live_run.ensure_run(PAGE, (name, config), None, make=lambda: _new_run(x, config),
                              tune=lambda training: training)
    with left:
        with st.container(border=True, key="run_buttons"):
            live_run.buttons(run, PAGE, steps=linear_vae.EVERY)
            live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=len(x), what="rows"), "meter")
        live_run.auto_refresh(run, lambda: _gap(run), "gap")
    _claim(beta, maximum)
    live_run.auto_refresh(run, lambda: _training(run, x, spec), "training")
    _latents_question(spec, config, name)
    if latent > 1:
        page.section(lambda: _rotation(run, x))
    _show_code(name, config, maximum)


def _new_run(x: Tensor, config: vae.Config) -> jobs.Run:
    """A run from the start; in the situation that is about a trained VAE it begins at once."""
    run = jobs.Run(linear_vae.advance, linear_vae.init(x, config), x, total=TOTAL)
    if controls.matches(PRESETS[SWITCHED_OFF]):
        live_run.start(run, run.play)
    return run


def _claim(beta: float, maximum: float) -> None:
    """What the training has to reach."""
    weight = "" if beta == 1 else f"{beta:g}\\,"
    goal = r"\max_\theta \log p(\mathbf{x}|\theta)" if beta == 1 else r"\text{its exact maximum}"
    page.claim(
        weight_in_words(beta),
        r"\max_{\phi,\theta} \Big["
        + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)") + "-" + weight
        + page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))") + r"\Big] = "
        + page.term("evidence", goal, maximum, "nats per row"))


def weight_in_words(beta: float) -> str:
    """What the objective is with the KL weighted by beta."""
    if beta == 1:
        return "The largest value that the training can reach:"
    what = ("As KL is never negative, this is still a lower bound on log p(x), but a looser one" if beta > 1 else
            "So this is no longer a bound on log p(x)")
    return f"With β = {beta:g} the KL counts {beta:g} times. {what}. Its largest value:"


def _gap(run: jobs.Run) -> None:
    """The gap on a log axis."""
    training: linear_vae.Training = run.latest
    page.figure(histories.training_gap(training.steps, training.gaps, GOAL, page.palette()), key="training_gap",
                alt=histories.training_gap_alt(training.steps, training.gaps))


def _training(run: jobs.Run, x: Tensor, spec: ppca.Spectrum) -> None:
    """The challenge, the ruler, and the latents one by one."""
    training: linear_vae.Training = run.latest
    left = max(training.gaps[-1], 0.0)
    page.challenge("Train until the objective is within a millionth of a nat of its exact maximum.", left < GOAL,
                   f"{written(left, '.3g')} nats per row after {training.steps[-1]} steps")
    checkpoint = training.checkpoint
    reconstruction, kl = (float(term.mean()) for term in vae.elbo_terms(checkpoint, x))
    ruler = bound_ruler.Terms(reconstruction, kl, linear_vae.evidence(checkpoint, x))
    page.figure(bound_ruler.ruler(ruler, page.palette()), key="vae_ruler", alt=bound_ruler.ruler_alt(ruler))
    st.caption("The axis of nats does not begin at 0: compare the bars of KL and gap, not the reconstruction's.")
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
    """Rotate the trained decoder: log p(x) is constant, the bound of a q(z) with independent coordinates is not."""
    page.heading("Turn the trained latents")
    degrees = controls.draw("latent_turn")
    training: linear_vae.Training = run.latest
    theta = linear_vae.decoder_params(training.checkpoint)
    rotated = rotation.rotate(theta, degrees)
    log_lik, gap = float(ppca.log_prob(x, rotated).mean()), ppca.diagonal_gap(rotated)
    rotation.show(theta, degrees, log_lik, gap, key="trained_rotation")
    page.claim(
        "Let the decoder turn z first, by a rotation R. The density p(x) does not change, so log p cannot choose R. "
        "But the encoder's q(z) has independent coordinates, and its best bound is lower by the gap. So training "
        "chooses the rotation through the bound.",
        page.term("q", r"\max_{q\ \text{diagonal}} \mathcal{L}", log_lik - gap, "nats per row") + "="
        + page.term("evidence", r"\log p(\mathbf{x}|WR)", log_lik, "nats per row") + "-"
        + page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x}))", gap, "nats"))
    page.glossary_terms(("rotation of W",))


def _latents_question(spec: ppca.Spectrum, config: vae.Config, name: str) -> None:
    """Their lengths and KL over sigma^2 or beta, and how many latents the optimum uses when beta rises."""
    page.heading("Where latents switch off")
    latent = config.latent
    beta = 2 * config.beta
    level = beta * config.sigma2
    about = f"off {name} {latent} {config.sigma2:.6g} {beta:g}"
    if question.revealed("off", about):
        _show_collapse(spec, config)
    question.number(
        "off", f"Now β is doubled, to {beta:g}, at this noise. How many of the {latent} latents does the best linear "
        "VAE then use?",
        truth=lambda: float((linear_vae.optimum(spec, latent, config.sigma2, beta).kl > 0).sum()),
        why=lambda exact: f"A latent is used only while its eigenvalue λ exceeds βσ² = {written(level, '.3g')}. The "
        "eigenvalues are " + ", ".join(f"{written(float(v), '.3g')}" for v in spec.values[:latent]) + ".",
        low=0.0, high=float(latent), start=float(latent // 2), step=1.0, form="{:.0f}", about=about)


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
    st.caption("Each latent is switched off at its eigenvalue divided by " + ("β." if noise else "σ²."))


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
