"""Which part of an axis the predictive densities are drawn on."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dgm import bayes

WIDTHS = 6.0   # half-widths of the posterior predictive that are shown on each side


def plot_range(answers: bayes.Predictives, shown: Sequence[Tensor | bayes.Counts], points: int) -> Tensor:
    """Even values of the next observation, (points,): around the posterior predictive, and over all data `shown`.

    shown: data sets, (N,) each; Counts, which are no numbers on this axis, change nothing.

    >>> import torch
    >>> from dgm import bayes
    >>> answers = bayes.predictives(bayes.NormalNormal(0, 1, 1), [])
    >>> float(plot_range(answers, [torch.tensor([90.0])], 3)[-1])
    90.0
    """
    posterior: Any = answers.posterior
    centre = float(posterior.location if hasattr(posterior, "location") else posterior.mean)
    ends = [centre + sign * WIDTHS * bayes.half_width(posterior) for sign in (-1, 1)]
    ends += [float(value) for x in shown if not isinstance(x, bayes.Counts) for value in x.tolist()]
    return torch.linspace(min(ends), max(ends), points, dtype=torch.float64)
