"""The sixth part: an encoder trained live, swept over x beside the exact posterior and the best q of each x."""

from typing import Any

import numpy as np
import streamlit as st
import torch

from dgm import elbo, jobs
from dgm.elbo import amortized
from pages.elbo.figures import amortized as figures
from pages.elbo.figures.amortized import Exact, Swept
from ui import cache, controls, live_run, page, question, source_code
from ui.figures import bound_ruler
from ui.figures.bound_ruler import Terms
from ui.figures.written import written

PAGE = "elbo"
STEPS, PRESS = 2000, 20
XS = torch.linspace(-4.0, 6.0, 41, dtype=torch.float64)
ZS = torch.linspace(-4.0, 4.0, 81, dtype=torch.float64)
FORMULA = r"q(\mathbf{z}) \;\to\; {q} = \mathcal{N}(\mu_\phi(\mathbf{x}), \sigma^2_\phi(\mathbf{x}))"


def part() -> None:
    """The sweep, the gaps and the ruler at one x; the buttons of the run."""
    page.introduction(
        "The best q differs for every x. An **encoder** φ computes one from x instead: this is amortized inference. "
        "What it loses beside the best Gaussian is the amortization gap. What the best Gaussian loses beside the "
        "posterior is the approximation gap.",
        FORMULA.replace("{q}", page.term("q", r"q(\mathbf{z}|\mathbf{x}, \phi)")),
        ("amortized", "encoder", "amortization gap", "approximation gap", "posterior", "nat"))
    stage, press, below, beneath = st.container(), st.container(border=True), st.container(), st.container()
    with below:
        for place, name in zip(st.columns(4), ("look", "hidden", "curvature", "encoder_seed"), strict=True):
            with place:
                controls.draw(name)
    config = chosen()
    run = live_run.ensure_run(PAGE, config, None, make=lambda: _new_run(config), tune=lambda encoder: encoder)
    run.total = STEPS
    with stage:
        live_run.auto_refresh(run, lambda: _show(run), "encoder")
    with beneath:
        live_run.auto_refresh(run, lambda: _show_ruler(run), "encoder at x")
    with press:
        live_run.buttons(run, PAGE, steps=PRESS)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(run, per_step=config.batch, what="draws of x"),
                              "encoder progress")
    _question(config)
    page.section(lambda: _code(config))


def chosen() -> amortized.Config:
    """The model and the encoder that the controls describe."""
    model = elbo.NormalModel(curvature=controls.value("curvature"))
    return amortized.Config(model=model, hidden=controls.value("hidden"), seed=controls.value("encoder_seed"))


def _new_run(config: amortized.Config) -> jobs.Run:
    return jobs.Run(amortized.continued, amortized.init(config), None)


@cache.copied()
def exact(model: elbo.NormalModel) -> Exact:
    """The exact posterior of each x."""
    columns = [model.log_joint(float(x), ZS) - model.log_evidence(float(x)) for x in XS]
    return Exact(XS.numpy(), ZS.numpy(), torch.stack(columns, 1).exp().numpy())


def swept(encoder: amortized.Encoder) -> Swept:
    """The encoder's q and the best one over x."""
    found = amortized.sweep(encoder, XS)
    return Swept(*(getattr(found, name).numpy() for name in Swept._fields))


def at(encoder: amortized.Encoder, x: float) -> Terms:
    """The ruler of the encoder's q at one x, with the gap in its two parts."""
    codes = amortized.encode(encoder, torch.tensor([x], dtype=torch.float64))
    model = encoder.config.model
    found = elbo.elbo(model, x, elbo.Gaussian(float(codes.mean[0]), float(codes.sd[0])))
    best = elbo.gaussian_fits(model, x).reverse[0]
    return Terms(found.reconstruction, found.kl, found.log_evidence, best=max(best.bound, found.bound))


def _show(run: jobs.Run) -> None:
    encoder: Any = live_run.latest(PAGE, run)
    look, palette, found = controls.value("look"), page.palette(), swept(encoder)
    left, right = st.columns(2)
    with left:
        page.figure(figures.sweep(exact(encoder.config.model), found, look, palette), key="sweep",
                    alt=figures.sweep_alt(found, encoder.step))
    with right:
        page.figure(figures.gaps(found, look, palette), key="gaps", alt=figures.gaps_alt(found))


def _show_ruler(run: jobs.Run) -> None:
    look = controls.value("look")
    terms = at(live_run.latest(PAGE, run), look)
    st.caption(f"The bound of the encoder's q at x = {written(look)}, and the two parts of its gap:")
    page.figure(bound_ruler.ruler(terms, page.palette()), key="encoder ruler", alt=bound_ruler.ruler_alt(terms))


@cache.shared(spinner="Training the encoder for the answer …")
def finished(config: amortized.Config) -> amortized.Encoder:
    """The encoder after all steps."""
    return amortized.advance(amortized.init(config), STEPS)


def _question(config: amortized.Config) -> None:
    """The mean amortization gap at the end of training."""
    def truth() -> float:
        return float(swept(finished(config)).amortization.mean())

    def why(_: float) -> str:
        found = swept(finished(config))
        text = (f"The mean approximation gap is {found.approximation.mean():.3g} nats and does not depend on the "
                "encoder. ")
        if config.hidden == 0 and config.model.curvature == 0:
            return text + "The posterior's mean is linear in x, so a linear encoder can be exact."
        return text + "One encoder serves all x, and x that are rarely drawn count little in its training."

    question.number("amortization", f"How large is the mean amortization gap over x after {STEPS:,} steps?",
                    truth=truth, why=why, low=0.001, high=10.0, start=0.1, unit="nats", ratio=True, about=f"{config}")


def _code(config: amortized.Config) -> None:
    encoder = amortized.advance(amortized.init(config), PRESS)
    found = swept(encoder)
    numbers = {"mean amortization gap": float(np.mean(found.amortization)),
               "mean approximation gap": float(np.mean(found.approximation))}
    script = f"""import torch
from dgm import elbo
from dgm.elbo import amortized
model = elbo.{config.model!r}
config = amortized.Config(model=model, hidden={config.hidden}, seed={config.seed})
encoder = amortized.advance(amortized.init(config), {PRESS})     # {STEPS} for the whole training
found = amortized.sweep(encoder, torch.linspace(-4.0, 6.0, 41, dtype=torch.float64))
numbers = {{"mean amortization gap": float(found.amortization.mean()),
           "mean approximation gap": float(found.approximation.mean())}}"""
    source_code.show([amortized.advance, amortized.sweep], formula=(
        r"\phi_k = \phi_{k-1} + \eta \nabla_\phi \mathcal{L}(\phi, \theta)"), script=script, numbers=numbers)


__all__ = ["at", "chosen", "exact", "finished", "part", "swept"]
