"""A density whose top is dragged: the browser finds its place as Python does at the release."""

from typing import Any

import pytest

from pages.autoregressive import maximum, placement
from pages.autoregressive.placement import Question
from tests.ui.take_home.node import script
from ui import controls
from ui.components.edits import Edits, Moved


@pytest.mark.parametrize("family", ["Gaussian", "Laplace", "Student t", "mixture"])
@pytest.mark.parametrize("y", [0.3, 0.02, 0.0, -1e-18, -0.01])
def test_the_browser_places_a_dragged_top_as_python_does(family: str, y: float,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Question("waiting", 20, family, 3.0)
    found = placement.setting(asked)
    written: dict[str, Any] = {}
    monkeypatch.setattr(controls, "set_value", written.__setitem__)
    limits = {"top": placement.lookup(asked).top, "locations": found.axis, "scales": found.scales}
    for x in (*found.axis, found.best.location):
        maximum._fold(asked, found)(Edits(moved=(Moved(0, x, y),)))
        held = script("locationScale", "live_figure/follow_density.js")({"x": [x], "y": [y]}, limits)
        assert (held["location"], held["scale"]) == pytest.approx(written["at"], rel=1e-5)
