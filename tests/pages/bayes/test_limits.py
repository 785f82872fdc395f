"""What the Bayes page asks for and explains at the ends of its controls."""

import math

import pytest
import torch

from dgm import bayes
from pages.bayes import regression
from pages.bayes.prior_limits import best_log_evidence
from pages.bayes.state import COUNTS, HIGHEST
from tests.pages.visitor import Visitor

TOSSES = ([], [1], [1, 1, 0, 1], [0] * 40, [1] * 90 + [0] * 10)


@pytest.mark.parametrize("data", TOSSES, ids=len)
def test_no_prior_within_the_limits_has_more_evidence(data: list[int]) -> None:
    best = best_log_evidence(bayes.BetaBernoulli, torch.tensor(data).double())
    grid = torch.logspace(math.log10(COUNTS[0]), math.log10(COUNTS[1]), 25).clamp(*COUNTS).tolist()
    found = max(bayes.BetaBernoulli(a, b).log_evidence(data) for a in grid for b in grid)
    assert found <= best + 1e-9
    assert best - found < 0.02 * (1 + abs(found))


def test_a_prior_drawn_or_mixed_has_no_more_evidence_either() -> None:
    data = torch.tensor([1, 1, 1, 0]).double()
    drawn = best_log_evidence(bayes.HistogramPrior, data)
    heights = torch.rand(50, 9, generator=torch.Generator().manual_seed(0)) ** 4
    assert all(bayes.histogram_prior(row.tolist()).log_evidence(data) <= drawn for row in heights)
    mixed = best_log_evidence(bayes.MixturePrior, data)
    assert mixed <= math.log(0.75**3 * 0.25)
    assert mixed == pytest.approx(math.log(0.75**3 * 0.25), abs=1e-6)


def test_the_challenge_of_a_billion_tosses_can_be_met() -> None:
    link = {"tosses": "500050000H 499950000T"}
    asked = Visitor("bayes", link).texts()
    assert "No prior of these controls reaches more" in asked
    assert "Not yet" in asked
    assert "Reached" in Visitor("bayes", {**link, "a": "100", "b": "100"}).texts()
    assert "No prior of these controls" not in Visitor("bayes").texts()


def test_a_predictive_at_zero_without_a_mean_is_drawn() -> None:
    assert Visitor("bayes", {"part": "What comes next", "model": "number, unknown noise", "m": "0", "half_n": "0.5",
                             "values": ""}).alts()


def test_the_explanation_of_a_degree_names_only_degrees_of_the_slider() -> None:
    assert "A lower degree" not in regression.why_degree(0)
    assert "A higher one" not in regression.why_degree(HIGHEST)
    assert "A lower degree" in regression.why_degree(3)
    assert "A higher one" in regression.why_degree(3)
