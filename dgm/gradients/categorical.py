"""Gradients for a latent without reparametrization: q categorical with logits phi over places v_1 .. v_C.

One contract: estimator(cost, q, gumbel) -> (S, C), one gradient in phi per sample, from the same Gumbel noise (S, C):
z = v_c at c = argmax(phi + gumbel). Gumbel-softmax replaces z by a soft mean of places: differentiable, and biased.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gradients.costs import Cost, Function, as_cost, tensor
from dgm.gradients.exact_moments import Moments


class Categorical(NamedTuple):
    logits: Tensor   # (C,)  phi
    places: Tensor   # (C,)  the values z can take

    @property
    def probs(self) -> Tensor:
        return tensor(self.logits).softmax(-1)


def gumbel(q: Categorical, samples: int, seed: int) -> Tensor:
    """Standard Gumbel noise (samples, C)."""
    rate = torch.empty(samples, len(q.logits), dtype=torch.float64)
    return -rate.exponential_(generator=runtime.generator(seed)).log_()


def drawn(q: Categorical, noise: Tensor) -> Tensor:
    """The drawn category of each sample, (S,)."""
    return (tensor(q.logits) + noise).argmax(-1)


def scores(q: Categorical, category: Tensor) -> Tensor:
    """d log q(c) / d phi = onehot(c) - p, (S, C)."""
    return torch.eye(len(q.logits), dtype=torch.float64)[category] - q.probs


def enumeration(cost: Cost | Function, q: Categorical) -> Tensor:
    """The exact gradient p_c (f(v_c) - E f), (C,): every category is visited once."""
    f, p = as_cost(cost)(tensor(q.places)), q.probs
    return p * (f - p @ f)


def enumerated(cost: Cost | Function, q: Categorical, noise: Tensor) -> Tensor:
    """The exact gradient for every sample, (S, C): the noise is not used."""
    return enumeration(cost, q).expand(len(noise), -1)


def log_derivative(cost: Cost | Function, q: Categorical, noise: Tensor, baseline: str = "none") -> Tensor:
    """(f(z) - b) grad log q(z); `baseline` "none", "mean" (exact E f), "best" (per logit) or "leave-one-out"."""
    category = drawn(q, noise)
    f = as_cost(cost)(tensor(q.places))
    values = f[category][:, None]
    if baseline == "leave-one-out" and len(values) > 1:
        values = (values - values.mean()) * len(values) / (len(values) - 1)
    elif baseline in CONSTANTS:
        values = values - CONSTANTS[baseline](f, q)
    return values * scores(q, category)


def no_baseline(f: Tensor, q: Categorical) -> Tensor:
    return torch.zeros_like(f)


def mean_baseline(f: Tensor, q: Categorical) -> Tensor:
    return (q.probs @ f).expand_as(f)


def best_baseline(f: Tensor, q: Categorical) -> Tensor:
    """E[f S_c^2] / E[S_c^2], (C,)."""
    weight = q.probs[:, None] * scores(q, torch.arange(len(f))) ** 2
    return (weight * f[:, None]).sum(0) / weight.sum(0)


CONSTANTS: dict[str, Callable[[Tensor, Categorical], Tensor]] = {
    "none": no_baseline, "mean": mean_baseline, "best": best_baseline,
}


def gumbel_softmax(cost: Cost | Function, q: Categorical, noise: Tensor, temperature: float = 0.5) -> Tensor:
    """f'(s) ds/dphi at the soft place s = sum y_c v_c, y = softmax((phi + gumbel) / temperature). Biased."""
    if not temperature > 0:
        raise ValueError(f"the temperature must be positive, not {temperature:g}: choose e.g. 0.5")
    places = tensor(q.places)
    y = ((tensor(q.logits) + noise) / temperature).softmax(-1)
    soft = y @ places
    return (as_cost(cost).slope(soft) / temperature)[:, None] * y * (places - soft[:, None])


ESTIMATORS: dict[str, Callable[..., Tensor]] = {
    "exact enumeration": enumerated,
    "log-derivative": log_derivative,
    "log-derivative + mean baseline": partial(log_derivative, baseline="mean"),
    "log-derivative + best baseline": partial(log_derivative, baseline="best"),
    "log-derivative + leave-one-out": partial(log_derivative, baseline="leave-one-out"),
    "Gumbel-softmax (biased)": gumbel_softmax,
}


def exact(name: str, cost: Cost | Function, q: Categorical, samples: int = 1, temperature: float = 0.5) -> Moments:
    """Mean and variance (C,) of the mean of `samples` gradients, by enumeration.

    Gumbel-softmax has no sum to enumerate: for two categories its logistic noise is integrated numerically,
    for more a ValueError asks for Monte Carlo.
    """
    f, p = as_cost(cost)(tensor(q.places)), q.probs
    if name == "exact enumeration":
        return Moments(enumeration(cost, q), torch.zeros_like(p))
    if name.startswith("Gumbel"):
        return _two_categories(as_cost(cost), q, samples, temperature)
    if name not in ESTIMATORS:
        raise ValueError(f"unknown estimator {name!r}: choose one of {', '.join(ESTIMATORS)}")
    kind = name.removeprefix("log-derivative").removeprefix(" + ").removesuffix(" baseline")
    loo = kind == "leave-one-out"
    constant = "none" if not kind or (loo and samples == 1) else "mean" if loo else kind
    b = CONSTANTS[constant](f, q)
    S = scores(q, torch.arange(len(f)))
    gradient = p @ ((f[:, None] - p @ f) * S)
    variance = (p @ (((f[:, None] - b) * S) - gradient) ** 2) / samples
    if loo and samples > 1:
        spread = p @ (f - p @ f) ** 2
        variance = variance + (spread * (p @ S**2) + gradient**2) / (samples * (samples - 1))
    return Moments(gradient, variance)


def _two_categories(cost: Cost, q: Categorical, samples: int, temperature: float) -> Moments:
    """Gumbel_1 - Gumbel_0 is logistic: a trapezoid in t, y_1 = sigmoid(t), converges exponentially."""
    if len(q.logits) != 2:
        raise ValueError("the exact moments of Gumbel-softmax are known for two categories only: use Monte Carlo")
    logit = float(tensor(q.logits)[1] - tensor(q.logits)[0])
    t = torch.linspace(-40, 40, 80_001, dtype=torch.float64)
    noise = temperature * t - logit
    weight = torch.sigmoid(noise) * torch.sigmoid(-noise) * temperature * (t[1] - t[0])
    places = tensor(q.places)
    soft = places[0] + (places[1] - places[0]) * torch.sigmoid(t)
    pull = cost.slope(soft) / temperature * (places[1] - places[0]) * torch.sigmoid(t) * torch.sigmoid(-t)
    mean = (weight * pull).sum()
    variance = (weight * (pull - mean) ** 2).sum() / samples
    return Moments(torch.stack([-mean, mean]), variance.expand(2))


def enough(variance: float, accuracy: float) -> int:
    """Samples whose mean has a standard error of at most `accuracy`."""
    return max(1, math.ceil(variance / accuracy**2))
