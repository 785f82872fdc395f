"""Gradients for a latent without reparametrization: q categorical with logits phi over places v_1 .. v_C.

Every estimator(cost, q, noise) -> (S, C) gives one gradient in phi per sample, from the same Gumbel noise (S, C):
z = v_c at c = argmax(phi + noise). Gumbel-softmax (Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017) replaces
z by a weighted mean of the places: differentiable, and biased.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_choice, as_integer, as_matrix, as_number, as_seed, as_vector, require_kind
from dgm.errors import ArgumentError
from dgm.gradients.costs import Cost, as_cost
from dgm.gradients.draws import MOST_NUMBERS
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
        """(C,), float64. ArgumentError for logits that are no finite numbers."""
        return as_vector(self.logits, "logits").softmax(-1)


def _checked(q: Categorical) -> Categorical:
    """q with its fields as float64 vectors of one length. ArgumentError for anything else.

    >>> _checked(Categorical([0, 0], [0, 1])).places.tolist()
    [0.0, 1.0]
    """
    require_kind(q, "q", Categorical, "a Categorical(logits, places)")
    logits = as_vector(q.logits, "logits")
    if not len(logits):
        raise ArgumentError("logits has no numbers: give one for each category")
    return Categorical(logits, as_vector(q.places, "places", size=len(logits)))


def _noise_of(noise: Any, q: Categorical) -> Tensor:
    """The noise (S, C), float64."""
    return as_matrix(noise, "noise", columns=len(q.logits))


def gumbel(q: Categorical, samples: int, seed: int = 0) -> Tensor:
    """Standard Gumbel noise (samples, C) from a seed, float64.

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> tuple(categorical.gumbel(q, 5, seed=0).shape)
    (5, 2)
    """
    q, samples, seed = _checked(q), as_integer(samples, "samples", 1), as_seed(seed)
    if samples * len(q.logits) > MOST_NUMBERS:
        raise ArgumentError(f"samples = {samples} of {len(q.logits)} numbers are too many for the memory: choose fewer")
    rate = torch.empty(samples, len(q.logits), dtype=torch.float64)
    return -rate.exponential_(generator=runtime.generator(seed)).log_()


def sampled_category(q: Categorical, noise: Any) -> Tensor:
    """The category argmax(phi + noise) of each sample, (S,), drawn from q where the noise (S, C) is Gumbel.

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.sampled_category(q, torch.tensor([[0.3, 0.1], [0.2, 0.9]])).tolist()
    [0, 1]
    """
    q = _checked(q)
    return (q.logits + _noise_of(noise, q)).argmax(-1)


def scores(q: Categorical, category: Any) -> Tensor:
    """d log q(c) / d phi = onehot(c) - p: category (S,) -> (S, C).

    >>> import torch
    >>> from dgm.gradients import categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.scores(q, torch.tensor([1])).tolist()
    [[-0.5, 0.5]]
    """
    q, category = _checked(q), as_vector(category, "category")
    if bool((category != category.round()).any()) or not bool(((category >= 0) & (category < len(q.logits))).all()):
        raise ArgumentError(f"category has to hold whole numbers from 0 to {len(q.logits) - 1}")
    return torch.eye(len(q.logits), dtype=torch.float64)[category.long()] - q.probs


def enumeration(cost: Cost | Function, q: Categorical) -> Tensor:
    """The exact gradient sum_c f(v_c) d q(c) / d phi = p (f - E f), (C,): every category is evaluated once.

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.enumeration(COSTS["quadratic"](0.0), q).tolist()
    [-0.25, 0.25]
    """
    q = _checked(q)
    f, p = _values(cost, q), q.probs
    return _without_nan(p * (f - p @ f))


def log_derivative(cost: Cost | Function, q: Categorical, noise: Any, baseline: str = "none") -> Tensor:
    """(f(z) - b) grad log q(z) (slide "Log-derivative trick"), (S, C).

    noise: (S, C); baseline: "none", "mean" (b = E f), "best" (for each logit) or "leave-one-out" (the mean f of the
    other samples). ArgumentError for another baseline, shapes that disagree, or a place where the cost has no value.

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.log_derivative(COSTS["quadratic"](0.0), q, torch.tensor([[0.2, 0.9]])).tolist()
    [[-0.5, 0.5]]
    """
    q, baseline = _checked(q), as_choice(baseline, "baseline", [*CONSTANTS, LEAVE_ONE_OUT])
    category = sampled_category(q, noise)
    f = _values(cost, q)
    values = f[category][:, None]
    if baseline in CONSTANTS:
        values = values - CONSTANTS[baseline](f, q)
    elif len(values) > 1:
        values = (values - values.mean()) * len(values) / (len(values) - 1)
    return _without_nan(values * scores(q, category))


def _values(cost: Cost | Function, q: Categorical) -> Tensor:
    """f at every place, (C,)."""
    f = as_cost(cost)(q.places)
    if bool(f.isnan().any()):
        raise ArgumentError("the cost has no value at one of the places: choose places inside its domain")
    return f


def _without_nan(gradients: Tensor) -> Tensor:
    if bool(gradients.isnan().any()):
        raise ArgumentError("the gradients leave the range of numbers: choose smaller values of the cost")
    return gradients


def no_baseline(f: Any, q: Categorical) -> Tensor:
    """0 for each logit, (C,). f: (C,), the cost at every place. ArgumentError for another shape."""
    f, _ = _of_places(f, q)
    return torch.zeros_like(f)


def mean_baseline(f: Any, q: Categorical) -> Tensor:
    """E f for each logit, (C,). f: (C,), the cost at every place. ArgumentError for another shape."""
    f, q = _of_places(f, q)
    return (q.probs @ f).expand_as(f)


def best_baseline(f: Any, q: Categorical) -> Tensor:
    """E[f S_c^2] / E[S_c^2], (C,); E f where a logit's score is always 0.

    f: (C,), the cost at every place. ArgumentError for another shape.
    """
    f, q = _of_places(f, q)
    weight = q.probs[:, None] * scores(q, torch.arange(len(f))) ** 2
    total = weight.sum(0)
    return torch.where(total > 0, (weight * f[:, None]).sum(0) / total, q.probs @ f)


def _of_places(f: Any, q: Categorical) -> tuple[Tensor, Categorical]:
    q = _checked(q)
    return as_vector(f, "f", size=len(q.logits)), q


CONSTANTS: dict[str, Callable[[Tensor, Categorical], Tensor]] = {
    "none": no_baseline, "mean": mean_baseline, "best": best_baseline,
}
LEAVE_ONE_OUT = "leave-one-out"


def gumbel_softmax(cost: Cost | Function, q: Categorical, noise: Any, temperature: float = 0.5) -> Tensor:
    """f'(s) ds/dphi at the mean place s = sum y_c v_c, y = softmax((phi + noise) / temperature), (S, C). Biased.

    noise: (S, C). ArgumentError for a temperature that is not positive, shapes that disagree, or a mean place where the
    slope of the cost has no value.

    >>> import torch
    >>> from dgm.gradients import COSTS, categorical
    >>> q = categorical.Categorical(torch.zeros(2), torch.tensor([0.0, 1.0]))
    >>> categorical.gumbel_softmax(COSTS["quadratic"](0.0), q, torch.zeros(1, 2), temperature=1.0).tolist()
    [[-0.25, 0.25]]
    """
    q, temperature = _checked(q), as_number(temperature, "temperature", above=0)
    scores_of_noise = q.logits + _noise_of(noise, q)
    y = ((scores_of_noise - scores_of_noise.amax(-1, keepdim=True)) / temperature).softmax(-1)
    mean = y @ q.places
    return _without_nan((as_cost(cost).slope(mean) / temperature)[:, None] * y * (q.places - mean[:, None]))


ESTIMATORS: dict[str, Callable[..., Tensor]] = {
    "log-derivative": log_derivative,
    "log-derivative + mean baseline": partial(log_derivative, baseline="mean"),
    "log-derivative + best baseline": partial(log_derivative, baseline="best"),
    "log-derivative + leave-one-out": partial(log_derivative, baseline=LEAVE_ONE_OUT),
    "Gumbel-softmax (biased)": gumbel_softmax,
}
