"""pages.bayes.plot_ranges: the part of the axis that is drawn."""

import torch

from dgm import bayes
from pages.bayes.plot_ranges import plot_range


def test_the_range_covers_what_was_observed() -> None:
    for prior in (bayes.NormalNormal(0, 4, 1), bayes.NormalInverseGamma(0, 1, 0.2, 1)):
        answers = bayes.predictives(prior, [1.0])
        x = plot_range(answers, [torch.tensor([90.0]), bayes.Counts(1, 2)], 50)
        assert len(x) == 50
        assert float(x[-1]) >= 90
        assert torch.isfinite(x).all()
