"""The mixture page's part of a continuous z: places that are so far away that densities are no numbers any more."""

import math
import re

import pytest
import torch

from dgm.gmm.continuous_mixture import Curve
from pages.gmm import continuous_z
from pages.gmm.continuous_z import Inputs, evidence_at, log_needed
from tests.pages.visitor import Visitor

FAR = {"part": "Continuous z", "at": "6", "slope": "0", "swing": "0", "noise": "0.1"}


def test_the_standard_error_is_that_of_a_quadrature() -> None:
    for at in (1.0, -3.0, 5.5):
        inputs = Inputs(Curve(), at, 30, 0)
        z = torch.linspace(-12, 12, 100_001, dtype=torch.float64)
        mass = (-0.5 * z.square()).exp() / math.sqrt(2 * math.pi) * float(z[1] - z[0])
        p = inputs.curve.log_likelihood(torch.tensor(at).double(), z).exp()
        mean, second = float(mass @ p), float(mass @ p.square())
        found = evidence_at(inputs)
        assert found.exact == pytest.approx(mean, rel=1e-9)
        assert math.exp(found.log_share) == pytest.approx(math.sqrt((second - mean**2) / 30) / mean, rel=1e-8)
        assert math.exp(log_needed(inputs, found)) == pytest.approx((second / mean**2 - 1) * 1e4, rel=1e-8)


def test_a_density_below_the_smallest_float_is_said_in_logarithms() -> None:
    text = Visitor("gmm", {**FAR, "reveal": "1"}).texts()
    assert "log p(x) = −1799 nats" in text
    assert "one sample of z is enough" in text


@pytest.mark.parametrize("noise", ["0.05", "0.1"])
def test_more_samples_than_the_field_offers_are_a_sentence(noise: str) -> None:
    page = Visitor("gmm", {**FAR, "slope": "0.2", "noise": noise})
    assert "no computer draws so many" in page.texts()
    assert page.keys("commit ") == []


def test_shares_are_words_at_any_size() -> None:
    assert continuous_z.share_text(2000.0) == "**10⁸⁶⁹ times**"
    assert continuous_z.share_text(-math.inf) == "**0%** of"


def test_a_place_where_the_estimate_misses_the_density_by_far_is_named() -> None:
    text = Visitor("gmm", {"part": "Continuous z"}).texts()
    found = re.search(r"Almost no sample reaches x = (\S+):", text)
    assert found
    at = evidence_at(Inputs(Curve(), float(found.group(1).replace("−", "-")), 30, 0))
    assert at.estimate + 3 * at.error < at.exact
    x = torch.linspace(0, 1, 5, dtype=torch.float64)
    assert continuous_z.missed(x, torch.ones(5), torch.ones(5), torch.zeros(5)) is None
