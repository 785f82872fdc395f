"""ui.own_data.drawing: drawn points as the text of a link, rounded and thinned."""

import math

from hypothesis import given
from hypothesis import strategies as some

from ui.own_data.drawing import MAX_POINTS, decode, encode, parse, snapped, thinned

PLANE = ((-5.0, 5.0), (0.0, 100.0))
coordinates = some.floats(-1e9, 1e9).map(lambda value: float(f"{value:.9g}"))


@given(some.lists(some.tuples(coordinates, coordinates), min_size=1, max_size=MAX_POINTS))
def test_decode_is_the_inverse_of_encode(points: list[tuple[float, float]]) -> None:
    assert decode(encode(points)) == tuple(points)


@given(some.text(max_size=200))
def test_any_link_is_points_or_nothing(raw: str) -> None:
    found = decode(raw)
    assert found is None or (len(found) <= MAX_POINTS and all(math.isfinite(value) for point in found for value in
    point))


@given(some.lists(some.tuples(some.floats(-5, 5), some.floats(0, 100)), max_size=MAX_POINTS))
def test_snapping_moves_no_point_by_more_than_a_thousandth_of_the_axes_and_only_once(
        points: list[tuple[float, float]]) -> None:
    once = snapped(points, PLANE)
    assert snapped(once, PLANE) == once
    assert all(abs(a - c) <= 0.01 and abs(b - d) <= 0.1 for (a, b), (c, d) in zip(points, once, strict=True))


def test_sixty_points_make_a_link_that_can_be_sent() -> None:
    points = snapped([(-4.98765 + i / 7, 99.12345 - i) for i in range(MAX_POINTS)], PLANE)
    assert len(encode(points)) < 700


def test_thinning_keeps_the_order_and_the_limit() -> None:
    many = [(float(i), 0.0) for i in range(1000)]
    found = thinned(many)
    assert len(found) <= MAX_POINTS
    assert found == sorted(found)


def test_a_link_with_too_large_numbers_is_told_their_limit() -> None:
    found, said = parse("1e300_1e300_1_2_3_-4")
    assert found == ()
    assert "a number of size 1 × 10³⁰⁰ and the page takes up to 1 × 10⁹" in said
    assert "not pairs of numbers" in parse("1_2_3")[1]
    assert parse("1e9_2_3_4") == (((1e9, 2.0), (3.0, 4.0)), "")
