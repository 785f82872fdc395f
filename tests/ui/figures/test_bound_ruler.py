"""ui.figures.bound_ruler: the bars and lines have the values of the terms."""

import math
from collections.abc import Callable

import pytest

from tests.ui.figures.checked import assert_themes_and_size, checked
from tests.ui.take_home import saved_numbers
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
    ends = [reconstruction.x[0], kl.base[0] + kl.x[0], kl.base[0], gap.base[0], gap.base[0] + gap.x[0]]
    assert ends == pytest.approx([terms.reconstruction, terms.reconstruction, terms.bound, terms.bound, terms.evidence])
    assert reconstruction.error_x.visible == bool(terms.error)
    assert [line.x0 for line in fig.layout.shapes] == [words.x for words in fig.layout.annotations]
    assert f"{terms.evidence:.2f}".replace("-", "−") in bound_ruler.ruler_alt(terms)


@pytest.mark.parametrize("terms", [OPEN, CLOSED])
def test_every_bar_is_drawn_to_scale_inside_the_axis(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms))
    low, high = fig.layout.xaxis.range
    bars = [trace for trace in fig.data if trace.type == "bar"]
    assert [bar.x[0] for bar in bars] == pytest.approx([terms.kl, terms.gap])
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
    assert "−20.000" in drawn.layout.annotations[0].text


def number(text: str) -> float:
    """The number that ends a text of the ruler."""
    return float(text.rsplit(maxsplit=1)[-1].replace("−", "-"))


@pytest.mark.parametrize("terms", [
    bound_ruler.Terms(-4.5439, 0.125, -2.2655), bound_ruler.Terms(-1.2938, 0.2217, -1.2), bound_ruler.Terms(
        -158.1214, 6.6395, -160.0)])
def test_what_is_written_adds_up(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms, more=[bound_ruler.Row("entropy", "q", terms.bound, start=-6.0879)]))
    rows = [number(trace.y[0]) for trace in fig.data]
    bound, evidence = (number(mark.text) for mark in fig.layout.annotations)
    reconstruction, kl, gap, entropy = rows
    assert reconstruction - kl == pytest.approx(bound, abs=1e-9)
    assert bound + gap == pytest.approx(evidence, abs=1e-9)
    assert bound - entropy == pytest.approx(round(-6.0879, 2 if evidence < -100 else 3), abs=1e-9)
    assert kl == pytest.approx(terms.kl, abs=0.01 if evidence < -100 else 0.001)


def test_the_table_has_the_names_of_the_quantities_and_lengths_without_a_minus() -> None:
    found = saved_numbers.rows(bound_ruler.ruler(bound_ruler.Terms(-4.5, 0.125, -2.25)))
    values = {row["trace"]: float(row["nats"]) for row in found}
    assert values == {"reconstruction": -4.5, "KL to the prior": 0.125, "gap": 2.375, "L": -4.625, "log p(x)": -2.25}


def test_a_gap_that_no_decimal_shows_has_a_power_of_ten() -> None:
    tiny = bound_ruler.Terms(-1.294, 0.222, -1.516 + 2.3e-8)
    assert [trace.y[0] for trace in checked(bound_ruler.ruler(tiny)).data][-1] == "gap 2.3 × 10⁻⁸"
    assert "a gap of 2.3 × 10⁻⁸." in bound_ruler.ruler_alt(tiny)


def test_the_best_bound_splits_the_gap_in_two_bars() -> None:
    split = bound_ruler.Terms(-20.0, 4.0, -22.0, best=-22.5)
    fig = checked(bound_ruler.ruler(split))
    bars = [(bar.base[0], bar.base[0] + bar.x[0]) for bar in fig.data if bar.type == "bar"]
    assert bars == [(-24.0, -20.0), (-24.0, -22.5), (-22.5, -22.0)]
    assert "amortization gap 1.500, approximation gap 0.500" in bound_ruler.ruler_alt(split)
    covered = [checked(bound_ruler.ruler(terms, covered=True)).to_json() for terms in (split, split._replace(best=-23))]
    assert covered[0] == covered[1]
