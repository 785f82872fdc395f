"""Part "Discrete z": a categorical latent, where nothing can be reparametrized."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from dgm.gradients import Estimate, categorical
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import categorical as figures
from pages.gradients.figures import setting as setting_figures
from pages.gradients.notation import short
from pages.gradients.results import GUMBEL_SOFTMAX
from pages.gradients.setting import Setting
from ui import controls, page, question, source_code

FORMULA = r"\nabla_\phi\, \mathbb{E}_q f(z) = \sum_c f(v_c)\,\nabla_\phi\, q(z = v_c)"


def part() -> None:
    """A latent that takes one of a few values."""
    page.introduction(
        r"Here $z$ takes one of three places. The drawn place jumps when the logits $\phi$ change, so no "
        r"$g(\xi, \epsilon)$ is differentiable. The log-derivative still works. Gumbel-softmax replaces $z$ by a soft "
        "mean of the places and differentiates that: it is biased.", FORMULA)
    with setting_controls.beside(parameter=False, show=_show_places) as (chosen, below):
        setting, _, seed = chosen
        temperature, samples = controls.value("temperature"), controls.value("draws")
        found, exact = results.categorical_gradients(setting, temperature, samples, seed)
        page.figure(figures.gradients(found, exact, page.palette()), key="categories",
                    alt=figures.gradients_alt(found, exact))
    with below:
        st.caption("Lines: the exact gradient in each logit. Markers: the mean of the samples with two standard "
                   "errors.")
        st.markdown(verdict(_largest_error(found[GUMBEL_SOFTMAX], exact), samples))
        with st.container(horizontal=True):
            controls.draw("temperature")
            controls.draw("draws")
        page.glossary_terms(("logit", "bias", "Gumbel-softmax", "log-derivative trick"))
    _ask_temperature(setting, temperature, samples, seed, found[GUMBEL_SOFTMAX])
    _code(setting, temperature, samples, seed, {"exact": exact, "Gumbel-softmax": found[GUMBEL_SOFTMAX].mean.numpy()})


def verdict(error: float, samples: int) -> str:
    """Whether the bias is seen. error: the largest distance from the exact gradient, in standard errors."""
    if error > 2:
        return (f"The bias of Gumbel-softmax is visible: its mean is up to {error:.1f} standard errors from the exact "
                "gradient. More samples shrink the error bar, not the bias.")
    return (f"With {samples:,} samples the bias of Gumbel-softmax is hidden by its noise: its mean is at most "
            f"{error:.1f} standard errors from the exact gradient.")


def _ask_temperature(setting: Setting, temperature: float, samples: int, seed: int, now: Estimate) -> None:
    lower = temperature / 2
    before = float(now.variance.sum())

    def after() -> float:
        found, _ = results.categorical_gradients(setting, lower, samples, seed)
        return float(found[GUMBEL_SOFTMAX].variance.sum())

    if before > 0:
        question.number(
            "temperature", f"Now the temperature is halved, from {temperature:g} to {lower:g}. By what factor is the "
            "variance of Gumbel-softmax multiplied?", truth=lambda: after() / before,
            why=lambda _: f"From {short(before)} to {short(after())}, summed over the logits, measured with these "
                          f"samples. "
            "A lower temperature lowers the bias and raises the variance: the soft mean follows jumps more closely.",
            low=0.05, high=50.0, start=1.0, ratio=True, unit="times", form="{:.2g}",
            about=f"{setting} {temperature} {samples} {seed}")


def _show_places(setting: Setting, _: int) -> None:
    """f and the three places instead of a Gaussian."""
    q, cost = results.categorical_q(setting), setting.cost
    page.figure(setting_figures.categorical(cost, q.places, q.probs, page.palette()), key="places",
                alt=setting_figures.categorical_alt(cost, q.places, q.probs))
    reach, logits = results.SIGMAS[-1], ", ".join(f"{logit:g}" for logit in results.LOGITS)
    first, *others = (f"{float(p):.4f}" for p in q.probs)      # with two digits they would add up to 1.01
    st.caption(rf"z is at μ − {reach:g}σ, μ or μ + {reach:g}σ. The bars are the probabilities {first}, "
               rf"{' and '.join(others)}, the softmax of the logits {logits}.".replace("-", "−"))


def _largest_error(found: Estimate, exact: np.ndarray) -> float:
    """The largest distance from the exact gradient (C,), in standard errors."""
    return float(np.abs((found.mean.numpy() - exact) / found.mean_error.clamp(min=1e-12).numpy()).max())


def _code(setting: Setting, temperature: float, samples: int, seed: int, found: Mapping[str, np.ndarray]) -> None:
    lines = ("import torch\n" + script.setting_code(setting, "categorical")
             + f"q = categorical.Categorical(torch.tensor({results.LOGITS}), {setting.mu} + {setting.sigma} * "
             f"torch.tensor({results.SIGMAS}))\n"
             f"noise = categorical.gumbel(q, {samples}, {seed})\n"
             "exact = categorical.enumeration(cost, q)\n"
             f"soft = categorical.gumbel_softmax(cost, q, noise, {temperature}).mean(0)\n"
             'numbers = {f"exact, logit {i}": float(g) for i, g in enumerate(exact, 1)}\n'
             'numbers |= {f"Gumbel-softmax, logit {i}": float(g) for i, g in enumerate(soft, 1)}')
    numbers = {f"{name}, logit {i}": float(g) for name, logits in found.items() for i, g in enumerate(logits, 1)}
    source_code.show([categorical.enumeration, categorical.log_derivative, categorical.gumbel_softmax],
                     formula=FORMULA, script=lines, numbers=numbers)
