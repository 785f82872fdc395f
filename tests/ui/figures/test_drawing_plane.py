"""ui.figures.drawing_plane: the plane has its points and its axes."""

from collections.abc import Callable

import pytest

from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures import drawing_plane
from ui.figures.spec import Figure
from ui.figures.theme import Palette

AXES = ((-4.0, 4.0), (0.0, 2.0))
FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "drawing": lambda p: drawing_plane.plane([(1.0, 2.0), (0.5, 0.25)], AXES, palette=p),
    "empty drawing": lambda p: drawing_plane.plane([], AXES, palette=p),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


def test_a_drawing_has_its_points_and_its_axes() -> None:
    fig = checked(drawing_plane.plane([(1.0, 2.0), (0.5, 0.25)], AXES))
    assert (fig.data[0].x.tolist(), fig.data[0].y.tolist()) == ([1.0, 0.5], [2.0, 0.25])
    assert (fig.layout.xaxis.range, fig.layout.yaxis.range) == AXES
    assert "1 drawn point, x from −4 to 4" in drawing_plane.plane_alt([(1.0, 2.0)], AXES)
