"""pages.gmm.given_means: a drag changes the mean that is dragged, and the text is read as the same numbers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.gmm import given_means, results
from ui import controls
from ui.components.edits import Edits, Moved

MEANS = ((1 / 3, 70.123456789, 5.0), (-1e-7, 1234567.89, 0.1))


def test_dragging_a_mean_rounds_no_other_number(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, str] = {}
    monkeypatch.setattr(controls, "set_value", written.__setitem__)
    given_means.from_drag(MEANS, (0, 2))(Edits(moved=(Moved(1, 2.5, 7.25),)))
    assert given_means._parse(written["means"]) == (MEANS[0], (2.5, 1234567.89, 7.25))


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.floats(-1e9, 1e9)] * 2), min_size=1, max_size=12))
def test_means_are_read_back_as_they_were_written(means: list[tuple[float, ...]]) -> None:
    assert given_means._parse(given_means.spell(means)) == tuple(means)


def test_a_text_that_would_be_too_long_has_fewer_digits() -> None:
    means = [[1 / 3] * 32] * 12
    assert len(given_means.spell(means)) <= given_means.MAX_CHARS
    assert given_means._parse(given_means.spell(means))[0][0] == pytest.approx(1 / 3, rel=1e-4)


@pytest.mark.parametrize("text", ["1_2 3", "1 x", "nan nan"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert given_means._parse(text) == ()


def test_moved_means_keep_the_covariances_of_the_start() -> None:
    setting = results.Setting("faithful", "", 2, "full", "k-means++", 3, 1e-6)
    x = results.registry_points("faithful").x
    before = results._start(setting, x, 0)
    moved = before.means + torch.tensor([[0.5, -20.0], [0.0, 0.0]], dtype=torch.float64)
    after = results._start(setting._replace(start="given", means=tuple(map(tuple, moved.tolist()))), x, 0)
    assert torch.equal(after.covs, before.covs)
    assert torch.equal(after.means, moved)
