"""Beliefs with data for the tests of dgm.bayes: every model of a coin, a die and numbers."""

from typing import Any

import torch

from dgm import bayes, runtime


def tosses(seed: int, n: int, p: float = 0.6) -> torch.Tensor:
    return (torch.rand(n, generator=runtime.generator(seed), dtype=torch.float64) < p).double()


def normals(seed: int, n: int) -> torch.Tensor:
    return 3 + 2 * torch.randn(n, generator=runtime.generator(seed), dtype=torch.float64)


def two_normals(left: float, right: float, var: float) -> bayes.MixturePrior:
    return bayes.MixturePrior((1, 1), (bayes.NormalNormal(left, var, 2), bayes.NormalNormal(right, var, 2)))


def cases() -> list[tuple[bayes.Belief, Any]]:
    beta, faces = bayes.BetaBernoulli, torch.randint(0, 4, (60,), generator=runtime.generator(3))
    return [
        (beta(2, 3), tosses(0, 50)), (beta(0.3, 0.2), tosses(1, 40)), (beta(60, 40), tosses(2, 80)),
        (beta(1, 1), tosses(2, 1)),
        (bayes.DirichletCategorical((1, 2, 0.5, 3)), faces),
        (bayes.NormalNormal(0, 4, 2.5), normals(4, 60)), (bayes.NormalNormal(-5, 1e-3, 100), normals(5, 7)),
        (bayes.NormalInverseGamma(0, 0.5, 1.5, 2), normals(6, 60)),
        (bayes.NormalInverseGamma(9, 20, 30, 9), normals(7, 5)),
        (bayes.MixturePrior((1, 3), (beta(20, 2), beta(2, 9))), tosses(8, 40)),
        (two_normals(-3, 4, var=1), normals(9, 20)),
        (bayes.histogram_prior([0, 1, 4, 1, 0.5]), tosses(10, 60)),
    ]
