"""Part five of the gradient lab: a categorical latent, where nothing can be reparametrized."""

import numpy as np
import streamlit as st
import torch

from dgm.gradients import Estimate, categorical, estimate
from dgm.gradients.categorical import Categorical
from pages.gradients import script as gradients_code
from pages.gradients.figures import runs as figures
from pages.gradients.figures import setting
from pages.gradients.lab import Lab
from pages.gradients.settings import AROUND, situation
from ui import cache, controls, page, question, source_code

LOGITS = (0.6, -0.4, 0.1)    # of the three places around mu
SOFT = "Gumbel-softmax (biased)"


def part() -> None:
    """A latent that jumps."""
    lab, seed, _ = situation(parameter=False, show=_places)
    page.heading("A latent that jumps")
    st.markdown(r"A categorical $z$ takes one of a few places. There is no $g(\xi, \epsilon)$ that is differentiable "
                r"in $\xi$: the drawn category jumps. With few categories the sum over all of them is exact, and the "
                "log-derivative still works. Gumbel-softmax replaces $z$ by a soft mean of the places and follows "
                "that: it is **biased**, wrong on average.")
    with st.container(horizontal=True):
        temperature = controls.draw("temperature")
        samples = controls.draw("draws")
    found, truth = categories(lab, temperature, samples, seed)
    if question.choice("bias", f"With {samples:,} samples, is the bias of Gumbel-softmax visible beyond two standard "
                       "errors in any logit?", ["yes", "no"],
                       truth=lambda: "yes" if _gap(found[SOFT], truth) > 2 else "no",
                       why=lambda _: f"Its largest distance from the exact gradient is {_gap(found[SOFT], truth):.1f} "
                       "standard errors. More samples shrink the error bar, not the bias; a lower temperature "
                       "shrinks the bias and raises the variance."):
        page.figure(figures.categories(found, truth, page.palette()), key="categories",
                      alt=figures.categories_alt(found, truth))
        st.caption("A logit is the logarithm of a probability up to a constant. Lines: the exact gradient in each "
                   "logit. Markers: the mean of the samples with two standard errors.")
    _code(lab, temperature, samples, seed, found, truth)


def _places(lab: Lab, _: int) -> None:
    """f and the three places instead of a Gaussian."""
    q = latent(lab)
    page.figure(setting.places(lab.cost, q.places, q.probs, page.palette()), key="places",
                  alt=setting.places_alt(lab.cost, q.places, q.probs))
    st.caption(r"Here $z$ is at $\mu - 1.5\sigma$, $\mu$ or $\mu + 1.5\sigma$; the bars are their probabilities.")


def latent(lab: Lab) -> Categorical:
    """Three places around mu."""
    return Categorical(torch.tensor(LOGITS), lab.mu + lab.sigma * torch.tensor(AROUND))


def _gap(found: Estimate, truth: np.ndarray) -> float:
    return float(np.abs((found.mean.numpy() - truth) / found.mean_error.clamp(min=1e-12).numpy()).max())


@cache.copied(entries=16)
def categories(lab: Lab, temperature: float, samples: int, seed: int) -> tuple[dict[str, Estimate], np.ndarray]:
    """Every categorical estimator from the same Gumbel noise, and the exact gradient."""
    q, cost = latent(lab), lab.cost
    noise = categorical.gumbel(q, samples, seed)
    found = {}
    for name, estimator in categorical.ESTIMATORS.items():
        found[name] = estimate(estimator(cost, q, noise, **({"temperature": temperature} if name == SOFT else {})))
    return found, categorical.enumeration(cost, q).numpy()


def _code(lab: Lab, temperature: float, samples: int, seed: int, found: dict[str, Estimate],
          truth: np.ndarray) -> None:
    script = (gradients_code.beginning(lab, "categorical").replace("from dgm", "import torch\nfrom dgm", 1)
              + f"q = categorical.Categorical(torch.tensor({LOGITS}), {lab.mu} + {lab.sigma} * "
              f"torch.tensor({AROUND}))\n"
              f"noise = categorical.gumbel(q, {samples}, {seed})\n"
              "exact = categorical.enumeration(cost, q)\n"
              f"soft = categorical.gumbel_softmax(cost, q, noise, {temperature}).mean(0)\n"
              'numbers = {f"exact, logit {i}": float(g) for i, g in enumerate(exact, 1)}\n'
              'numbers |= {f"Gumbel-softmax, logit {i}": float(g) for i, g in enumerate(soft, 1)}')
    numbers = {f"exact, logit {i}": float(g) for i, g in enumerate(truth, 1)}
    numbers |= {f"Gumbel-softmax, logit {i}": float(g) for i, g in enumerate(found[SOFT].mean, 1)}
    source_code.show([categorical.enumeration, categorical.log_derivative, categorical.gumbel_softmax],
                     formula=r"\nabla_\phi\, \mathbb{E}_q f(z) = \sum_c f(v_c)\,\nabla_\phi\, q(z = v_c)",
                     script=script, numbers=numbers)
