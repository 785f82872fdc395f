"""Gradients for a latent without reparametrization: q categorical with logits phi over places v_1 .. v_C.

Every estimator(cost, q, noise) -> (S, C) gives one gradient in phi per sample, from the same Gumbel noise (S, C):
z = v_c at c = argmax(phi + noise). Gumbel-softmax (Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017) replaces
z by a weighted mean of the places: differentiable, and biased.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gradients.costs import Cost, as_cost, as_float64
from dgm.gradients.features import Function


class Categorical(NamedTuple):
    """q(z = v_c) = softmax(phi)_c.

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0])).probs.tolist()
    [0.5, 0.5]
    """

    logits: Tensor   # (C,)  phi
    places: Tensor   # (C,)  v, the values that z can take

    @property
    def probs(self) -> Tensor:
        """(C,), float64."""
        return as_float64(self.logits).softmax(-1)


def gumbel(q: Categorical, samples: int, seed: int) -> Tensor:
    """Standard Gumbel noise (samples, C) from a seed, float64.

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> tuple(categorical.gumbel(q, 5, seed=0).shape)
    (5, 2)
    """
    rate = torch.empty(samples, len(q.logits), dtype=torch.float64)
    return -rate.exponential_(generator=runtime.generator(seed)).log_()


def sampled_category(q: Categorical, noise: Tensor) -> Tensor:
    """The category argmax(phi + noise) of each sample, (S,), drawn from q where the noise (S, C) is Gumbel.

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.sampled_category(q, torch.tensor([[0.3, 0.1], [0.2, 0.9]])).tolist()
    [0, 1]
    """
    return (as_float64(q.logits) + noise).argmax(-1)


def scores(q: Categorical, category: Tensor) -> Tensor:
    """d log q(c) / d phi = onehot(c) - p: category (S,) -> (S, C).

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.scores(q, torch.tensor([1])).tolist()
    [[-0.5, 0.5]]
    """
    return torch.eye(len(q.logits), dtype=torch.float64)[category] - q.probs


def enumeration(cost: Cost | Function, q: Categorical) -> Tensor:
    """The exact gradient sum_c f(v_c) d q(c) / d phi = p (f - E f), (C,): every category is evaluated once.

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.enumeration(COSTS["quadratic"](0.0), q).tolist()
    [-0.25, 0.25]
    """
    f, p = as_cost(cost)(as_float64(q.places)), q.probs
    return p * (f - p @ f)


def log_derivative(cost: Cost | Function, q: Categorical, noise: Tensor, baseline: str = "none") -> Tensor:
    """(f(z) - b) grad log q(z) (slide "Log-derivative trick"), (S, C).

    noise: (S, C); baseline: "none", "mean" (b = E f), "best" (for each logit) or "leave-one-out" (the mean f of the
    other samples).

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.log_derivative(COSTS["quadratic"](0.0), q, torch.tensor([[0.2, 0.9]])).tolist()
    [[-0.5, 0.5]]
    """
    category = sampled_category(q, noise)
    f = as_cost(cost)(as_float64(q.places))
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
    """f'(s) ds/dphi at the mean place s = sum y_c v_c, y = softmax((phi + noise) / temperature), (S, C). Biased.

    noise: (S, C). ValueError for a temperature that is not positive.

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.gumbel_softmax(COSTS["quadratic"](0.0), q, torch.zeros(1, 2), temperature=1.0).tolist()
    [[-0.25, 0.25]]
    """
    if not temperature > 0:
        raise ValueError(f"the temperature must be positive, not {temperature:g}: choose e.g. 0.5")
    places = as_float64(q.places)
    y = ((as_float64(q.logits) + noise) / temperature).softmax(-1)
    mean = y @ places
    return (as_cost(cost).slope(mean) / temperature)[:, None] * y * (places - mean[:, None])


ESTIMATORS: dict[str, Callable[..., Tensor]] = {
    "log-derivative": log_derivative,
    "log-derivative + mean baseline": partial(log_derivative, baseline="mean"),
    "log-derivative + best baseline": partial(log_derivative, baseline="best"),
    "log-derivative + leave-one-out": partial(log_derivative, baseline="leave-one-out"),
    "Gumbel-softmax (biased)": gumbel_softmax,
}
