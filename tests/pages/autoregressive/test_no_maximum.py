"""Points whose likelihood has no maximum: the part says so and goes on with the nearest number that has one."""

import pytest

from dgm import likelihood
from dgm.errors import DataError
from pages.autoregressive import maximum, nearest, placement
from pages.autoregressive.figures import moved_density
from pages.autoregressive.placement import Question
from tests.pages.visitor import Visitor
from ui import cache

PETALS = {"column": "petal length"}


@pytest.mark.parametrize(("link", "points", "used"), [
    ({**PETALS, "points": "2"}, 2, 3), ({**PETALS, "family": "Student t", "dof": "0.5"}, 20, 23),
    ({**PETALS, "family": "mixture", "points": "12"}, 12, 13), ({"family": "mixture", "points": "3"}, 3, 2)], ids=str)
def test_the_part_goes_on_with_the_nearest_number_of_points(link: dict[str, str], points: int, used: int) -> None:
    page = Visitor("autoregressive", link)
    assert [error.value for error in page.at.error if f"With {points} points there is no maximum" in error.value]
    assert f"The first {used} points are used" in page.texts()
    assert page.values["points"] == points       # as the visitor set it
    assert f"[:{used}]" in page.script()
    page.set("points", 30)
    assert not page.at.error
    assert "[:30]" in page.script()


def test_no_nearer_number_of_points_has_a_maximum() -> None:
    x = likelihood.load_column("petal length")
    found = placement.answerable(Question("petal length", 15, "Student t", 0.5)).question
    for n in range(15 - (found.points - 15) + 1, found.points):
        with pytest.raises(DataError):
            likelihood.fit("Student t", x[:n], dof=0.5)


def test_a_fit_to_drawn_points_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> likelihood.Density:
        raise DataError("there is no maximum")

    cache.clear()
    monkeypatch.setattr(nearest.likelihood, "nearest", fails)
    page = Visitor("autoregressive", {"truth": "peaked", "model_family": "Laplace"})
    assert any("There is no maximum" in error.value for error in page.at.error)


def test_the_field_of_the_fall_holds_it() -> None:
    """A mixture of narrow humps falls by more than 4 nats a point when it moves by its whole deviation."""
    found = placement.setting(Question("eruption", 272, "mixture", 3.0))
    page = Visitor("autoregressive", {"column": "eruption", "points": "272", "family": "mixture",
                                      "at": f"{found.best.location}_{found.best.scale}"})
    slider = next(one for one in page.at.slider if one.key == "prediction fall")
    assert maximum.fall(found) > 4 * 272
    assert slider.max >= maximum.fall(found)


@pytest.mark.parametrize(("column", "points"), [("petal length", 20), ("petal length", 3), ("waiting", 20)])
def test_terms_above_0_and_their_sums_are_inside_the_axes(column: str, points: int,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """A density above 1, of points that lie close together in their unit, has positive logarithms."""
    monkeypatch.setattr(maximum, "new_point", lambda found: found.best.location)
    asked = Question(column, points, "Gaussian", 3.0)
    found = placement.setting(asked)
    drawn = maximum.drawing(asked, found, found.best)
    layout = moved_density.figure(drawn).layout
    low, high = layout["yaxis2"]["range"]
    assert low <= drawn.terms.min()
    assert drawn.terms.max() <= high
    left, right = layout["xaxis3"]["range"]
    assert right <= drawn.terms.cumsum().min()
    assert max(drawn.terms.cumsum().max(), 0) <= left
    assert (drawn.terms.max() > 0) == (column == "petal length")
