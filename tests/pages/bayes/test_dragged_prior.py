"""pages.bayes.figures.dragged_prior: what the browser looks up is what dgm computes, and a drag sets the counts."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from dgm import bayes
from pages.bayes import priors
from pages.bayes.figures import dragged_prior, editable
from pages.bayes.state import COUNTS
from tests.ui.figures.checked import checked
from ui import controls
from ui.components.edits import Edits, Moved

TOSSES = torch.tensor([1.0, 1, 0, 1, 1, 1, 0, 1], dtype=torch.float64)
DATA = [TOSSES, TOSSES[:0], bayes.Counts(5e8, 4.9e8)]


def looked_up(table: np.ndarray, a: float, b: float) -> float:
    """As follow.js looks a table up: cubics through four nodes, in the logarithms of both counts."""
    (i, u), (j, v) = (node(math.log(value / COUNTS[0]) / math.log(COUNTS[1] / COUNTS[0]) * (len(table) - 1), len(table))
                      for value in (a, b))
    return float(u @ table[i:i + 4, j:j + 4] @ v)


def node(at: float, count: int) -> tuple[int, np.ndarray]:
    first = min(max(math.floor(at) - 1, 0), count - 4)
    t = at - first
    return first, np.array([math.prod((t - j) / (k - j) for j in range(4) if j != k) for k in range(4)])


@pytest.mark.parametrize("data", DATA)
def test_a_looked_up_height_is_the_densitys(data: Any) -> None:
    prior = bayes.BetaBernoulli(2, 2)
    follow = dragged_prior.beta_curves(bayes.curves(prior, data), prior, data).follow
    rng = np.random.default_rng(0)
    for a, b in np.exp(rng.uniform(*np.log(COUNTS), (200, 2))).tolist():
        drawn = bayes.BetaBernoulli(a, b)
        for name, belief in (("prior", drawn), ("posterior", drawn.posterior(data))):
            truth = float(bayes.log_density_at_mean([belief.a], [belief.b])[0, 0])
            assert looked_up(follow[name], a, b) == pytest.approx(truth, abs=1e-3), (name, a, b)


@pytest.mark.parametrize(("a", "b"), [(2.0, 2.0), (0.05, 100.0), (30.0, 0.3)])
@pytest.mark.parametrize("data", DATA)
def test_the_handle_lies_on_the_prior_and_the_words_above_the_area(a: float, b: float, data: Any) -> None:
    prior = bayes.BetaBernoulli(a, b)
    drawn = dragged_prior.beta_curves(bayes.curves(prior, data), prior, data)
    fig = checked(drawn.figure)
    handle, words = fig.data[drawn.handle], fig.data[drawn.follow["at"]["text"]]
    assert handle.x[0] == pytest.approx(a / (a + b))
    assert handle.y[0] == pytest.approx(float(prior.log_prob([a / (a + b)]).exp()))
    assert handle.y[0] < fig.layout.yaxis.range[1]
    assert words.text[0].startswith(drawn.follow["words"])
    assert not fig.layout.annotations
    assert [fig.data[drawn.follow["at"][name]].name for name in dragged_prior.CURVES] == [
        "prior", "posterior", "likelihood", "likelihood × prior"]


def test_the_axes_stay_where_a_dragged_prior_fits() -> None:
    def tops(a: float, before: Any = None) -> Any:
        prior, data = bayes.BetaBernoulli(a, a), torch.tensor([1.0, 1, 0])
        return dragged_prior.beta_curves(bayes.curves(prior, data), prior, data, before=before).tops

    wide, narrow, first = tops(4.0), tops(9.0), tops(40.0)
    assert wide != narrow
    assert tops(4.0, narrow) == narrow
    assert tops(40.0, wide)["yaxis"] == first["yaxis"], "which does not fit"
    assert tops(4.0, first)["yaxis"] == wide["yaxis"], "in which it would be small"


@pytest.mark.parametrize("data", DATA[:2])
def test_the_posterior_of_joined_heights_is_that_of_dgm(data: Any) -> None:
    heights = torch.tensor([1.0, 0, 2, 4, 6, 4, 2, 1, 1], dtype=torch.float64)
    fig = editable.prior_heights(heights)
    assert dragged_prior.add_posterior(fig, heights, data) is not None
    shown = checked(fig).data[1]
    grid = torch.tensor(shown.x, dtype=torch.float64)
    truth = bayes.histogram_prior(heights.tolist()).posterior(data).log_prob(grid).exp()
    scale = float(torch.trapezoid(heights, dx=1 / 8))
    assert shown.y == pytest.approx((truth * scale).numpy(), abs=5e-3 * scale)


def test_a_drag_sets_the_counts_within_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, float] = {}
    monkeypatch.setattr(controls, "set_value", written.__setitem__)
    priors.from_drag(Edits(moved=(Moved(0, 0.25, 2.0),)))
    found = bayes.BetaBernoulli(written["a"], written["b"])
    assert found.a / (found.a + found.b) == pytest.approx(0.25, abs=0.005)
    assert float(found.log_prob([0.25]).exp()) == pytest.approx(2.0, rel=0.02)
    for x, y in ((-3.0, 1e9), (0.5, -1.0), (2.0, 0.0), (0.9999, 50.0)):
        priors.from_drag(Edits(moved=(Moved(0, x, y),)))
        assert all(COUNTS[0] <= written[name] <= COUNTS[1] for name in ("a", "b")), (x, y, written)


def test_the_axis_of_the_heights_stands_still_while_the_highest_moves_a_little() -> None:
    tops = [editable.prior_heights(torch.tensor([1.0, high, 1.0])).layout["yaxis"]["range"][1]
            for high in (6.0, 6.2, 6.5)]
    assert tops == [8.0] * 3
    assert editable.prior_heights(torch.tensor([1.0, 8.0, 1.0])).layout["yaxis"]["range"][1] > 9
