"""ui.figures.bound_ruler: the bars and lines have the values of the terms."""

import math
from collections.abc import Callable

import pytest

from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures import bound_ruler
from ui.figures.spec import Figure
from ui.figures.theme import Palette

OPEN, CLOSED = bound_ruler.Terms(-165.55, 6.28, -165.11, 0.2), bound_ruler.Terms(3.5, 0.0, 3.5)
ROWS = (bound_ruler.Row("estimate", "q", 3.0, error=0.5), bound_ruler.Row("entropy", "q", 3.5, start=2.0),
        bound_ruler.Row("endless", "gap", math.inf, start=0.0))
FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "ruler": lambda p: bound_ruler.ruler(OPEN, p),
    "ruler with a covered answer": lambda p: bound_ruler.ruler(OPEN, p, covered=True),
    "ruler with further rows": lambda p: bound_ruler.ruler(CLOSED, p, span=(0.0, 9.0), more=ROWS),
    "rows alone": lambda p: bound_ruler.bars(ROWS, p, span=(0.0, 9.0)),
    "ruler of a closed gap": lambda p: bound_ruler.ruler(CLOSED, p, unit="bits"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


@pytest.mark.parametrize("terms", [OPEN, CLOSED])
def test_the_rulers_bars_lead_from_the_reconstruction_to_log_p(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms))
    reconstruction, kl, gap = fig.data
    ends = [reconstruction.x[0], *(bar.base[0] + bar.x[0] for bar in (kl, gap))]
    assert ends == pytest.approx([terms.reconstruction, terms.bound, terms.evidence])
    assert reconstruction.error_x.visible == bool(terms.error)
    assert [line.x0 for line in fig.layout.shapes] == [words.x for words in fig.layout.annotations]
    assert (kl.base[0], gap.base[0]) == pytest.approx((terms.reconstruction, terms.bound))
    assert f"{terms.evidence:.2f}" in bound_ruler.ruler_alt(terms)


@pytest.mark.parametrize("terms", [OPEN, CLOSED])
def test_every_bar_is_drawn_to_scale_inside_the_axis(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms))
    low, high = fig.layout.xaxis.range
    bars = [trace for trace in fig.data if trace.type == "bar"]
    assert [abs(bar.x[0]) for bar in bars] == pytest.approx([terms.kl, terms.gap])
    assert all(low <= end <= high for bar in bars for end in (bar.base[0], bar.base[0] + bar.x[0]))


def test_a_covered_ruler_says_nothing_of_log_p() -> None:
    other = OPEN._replace(evidence=-120.0)
    covered = [checked(bound_ruler.ruler(terms, covered=True)) for terms in (OPEN, other)]
    assert covered[0].to_json() == covered[1].to_json()
    assert bound_ruler.ruler_alt(OPEN, covered=True) == bound_ruler.ruler_alt(other, covered=True)


def test_further_rows_begin_and_end_where_they_say() -> None:
    fig = checked(bound_ruler.ruler(OPEN, span=(-180.0, -160.0), more=ROWS))
    estimate, entropy, endless = fig.data[3:]
    assert (estimate.x[0], estimate.error_x.array[0]) == (3.0, 0.5)
    assert (entropy.base[0], entropy.x[0]) == (2.0, 1.5)
    assert endless.y[0] == "endless ∞"
    assert math.isfinite(endless.x[0])
    assert tuple(fig.layout.xaxis.range) == (-180.0, -160.0)


def test_a_mark_outside_the_axis_is_at_its_end_with_its_own_number() -> None:
    fig = bound_ruler.bars(ROWS[:1], span=(0.0, 9.0))
    bound_ruler.add_marks(fig, -20.0, 5.0, bound_ruler.LIGHT, (0.0, 9.0))
    drawn = checked(fig)
    assert [line.x0 for line in drawn.layout.shapes] == [0.0, 5.0]
    assert "−20.00" in drawn.layout.annotations[0].text


def test_the_best_bound_splits_the_gap_in_two_bars() -> None:
    split = bound_ruler.Terms(-20.0, 4.0, -22.0, best=-22.5)
    fig = checked(bound_ruler.ruler(split))
    bars = [(bar.base[0], bar.base[0] + bar.x[0]) for bar in fig.data if bar.type == "bar"]
    assert bars == [(-20.0, -24.0), (-24.0, -22.5), (-22.5, -22.0)]
    assert "amortization gap 1.5, approximation gap 0.5" in bound_ruler.ruler_alt(split)
    covered = [checked(bound_ruler.ruler(terms, covered=True)).to_json() for terms in (split, split._replace(best=-23))]
    assert covered[0] == covered[1]
