"""Which part of an axis the predictive densities are drawn on."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dgm import bayes

WIDTHS = 6.0  # half-widths of the posterior predictive that are shown on each side


def plot_range(answers: bayes.Predictives, seen: Sequence[Any], points: int) -> Tensor:
    """Even values of the next observation, (points,): around the posterior predictive, and over all of `seen`.

    seen: data sets, (n,) each; Counts among them are passed over.

    >>> bayes_range = plot_range(bayes.predictives(bayes.NormalNormal(0, 1, 1), []), [torch.tensor([90.0])], 3)
    >>> float(bayes_range[-1])
    90.0
    """
    posterior = answers.posterior
    centre = float(getattr(posterior, "loc", None) or posterior.mean)
    ends = [centre + sign * WIDTHS * bayes.half_width(posterior) for sign in (-1, 1)]
    ends += [float(value) for part in seen if not isinstance(part, bayes.Counts) for value in part.tolist()]
    return torch.linspace(min(ends), max(ends), points, dtype=torch.float64)
