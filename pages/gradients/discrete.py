"""Part "Discrete": a categorical latent, where nothing can be reparametrized."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from dgm.gradients import Estimate, categorical
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import categorical as figures
from pages.gradients.figures import setting as setting_figures
from pages.gradients.results import GUMBEL_SOFTMAX
from pages.gradients.setting import Setting
from ui import controls, page, question, source_code


def part() -> None:
    """A latent that takes one of a few values."""
    setting, _, seed = setting_controls.draw(parameter=False, show=_show_places)
    page.heading("A latent that jumps")
    st.markdown(r"A categorical $z$ takes one of a few places. There is no $g(\xi, \epsilon)$ that is differentiable "
                r"in $\xi$: the drawn category jumps. With few categories the sum over all of them is exact, and the "
                "log-derivative still works. Gumbel-softmax replaces $z$ by a soft mean of the places and follows "
                "that: it is **biased**, wrong on average.")
    with st.container(horizontal=True):
        temperature = controls.draw("temperature")
        samples = controls.draw("draws")
    found, exact = results.categorical_gradients(setting, temperature, samples, seed)
    if _ask_bias(samples, _largest_error(found[GUMBEL_SOFTMAX], exact)):
        page.figure(figures.gradients(found, exact, page.palette()), key="categories",
                    alt=figures.gradients_alt(found, exact))
        st.caption("A logit is the logarithm of a probability up to a constant. Lines: the exact gradient in each "
                   "logit. Markers: the mean of the samples with two standard errors.")
    _code(setting, temperature, samples, seed, {"exact": exact, "Gumbel-softmax": found[GUMBEL_SOFTMAX].mean.numpy()})


def _ask_bias(samples: int, error: float) -> bool:
    """error: the largest distance from the exact gradient, in standard errors."""
    return question.choice(
        "bias", f"With {samples:,} samples, is the bias of Gumbel-softmax visible beyond two standard errors in any "
        "logit?", ["yes", "no"], truth=lambda: "yes" if error > 2 else "no",
        why=lambda _: f"Its largest distance from the exact gradient is {error:.1f} standard errors. More samples "
        "shrink the error bar, not the bias; a lower temperature shrinks the bias and raises the variance.")


def _show_places(setting: Setting, _: int) -> None:
    """f and the three places instead of a Gaussian."""
    q, cost = results.categorical_q(setting), setting.cost
    page.figure(setting_figures.categorical(cost, q.places, q.probs, page.palette()), key="places",
                alt=setting_figures.categorical_alt(cost, q.places, q.probs))
    reach = results.SIGMAS[-1]
    st.caption(rf"Here $z$ is at $\mu - {reach:g}\sigma$, $\mu$ or $\mu + {reach:g}\sigma$; the bars are their "
               "probabilities.")


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
                     formula=r"\nabla_\phi\, \mathbb{E}_q f(z) = \sum_c f(v_c)\,\nabla_\phi\, q(z = v_c)",
                     script=lines, numbers=numbers)
