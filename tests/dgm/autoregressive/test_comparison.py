"""The probability that a draw of a Gaussian model, rounded at 1/2, is an image: against its sum and against draws."""

import pytest
import torch

from dgm import autoregressive, gmm, ppca
from dgm.autoregressive import comparison
from dgm.errors import DataError
from dgm.vae import Images

X = torch.rand(50, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) ** 2
MIXTURE = gmm.fit(X, 2, covariance="diag", restarts=1, seed=0).params
LINES = ppca.fit(X, 2)
ALL = autoregressive.all_images(4)
COUNT = 40_000


def drawn(model: str) -> torch.Tensor:
    g = torch.Generator().manual_seed(1)
    noise = torch.randn(COUNT, 4, generator=g, dtype=torch.float64)
    if model == "mixture":
        which = torch.multinomial(MIXTURE.log_weights.exp(), COUNT, replacement=True, generator=g)
        return MIXTURE.means[which] + noise * MIXTURE.covs.diagonal(dim1=-2, dim2=-1).sqrt()[which]
    z = torch.randn(COUNT, 2, generator=g, dtype=torch.float64)
    return LINES.mean + z @ LINES.W.T + noise * torch.as_tensor(LINES.sigma2).sqrt()


@pytest.mark.parametrize("model", ["mixture", "PPCA"])
def test_rounded_densities_are_the_shares_of_rounded_draws(model: str) -> None:
    found = comparison._rounded_mixture(MIXTURE, ALL) if model == "mixture" \
        else comparison._rounded_ppca(LINES, ALL, comparison.SIDE)
    p = found.exp()
    assert float(p.sum()) == pytest.approx(1, abs=1e-8)
    shares = autoregressive.fit_table((drawn(model) >= 0.5).double()).joint().flatten()
    assert bool(((shares - p).abs() <= 4.5 * (p * (1 - p) / COUNT).sqrt()).all())


def test_other_images_are_an_error() -> None:
    with pytest.raises(DataError):
        comparison.rows(Images("mnist-5k"))
