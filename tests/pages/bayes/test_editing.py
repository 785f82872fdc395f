"""pages.bayes.editing: an edit changes what was edited, and nothing else."""

import numpy as np
import pytest
import torch

from pages.bayes import editing
from pages.bayes.editing import TypedPoints
from ui import controls
from ui.components.edits import Edits, Fold, parse

VALUES = [71.123456789, 0.1 + 0.2, -1234567.8, 1e-7, 52.5]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a fold writes, by the name of the control."""
    texts: dict[str, str] = {}
    monkeypatch.setattr(controls, "set_value", texts.__setitem__)
    return texts


def sent_back(points: list[tuple[float, float]]) -> Edits:
    """Points as the browser returns them: as the float32 of the figure, and validated."""
    return parse({"points": np.array(points, np.float32).astype(float).tolist()})


def fold(made: Fold, points: list[tuple[float, float]]) -> None:
    made(sent_back(points))


@pytest.mark.parametrize("removed", range(len(VALUES)))
def test_taking_a_number_out_rounds_no_other(written: dict[str, str], removed: int) -> None:
    rest = VALUES[:removed] + VALUES[removed + 1:]
    fold(editing.fold_numbers("values", torch.tensor(VALUES, dtype=torch.float64)), [(x, 0.0) for x in rest])
    assert [float(part) for part in written["values"].split()] == rest


def test_a_clicked_number_is_rounded_to_a_pixel_and_the_others_are_not(written: dict[str, str]) -> None:
    fold(editing.fold_numbers("values", torch.tensor(VALUES[:2], dtype=torch.float64)),
         [*((x, 0.0) for x in VALUES[:2]), (33.33333333, 0.0)])
    assert written["values"] == f"{VALUES[0]} {VALUES[1]} 33.33"


def typed(points: list[tuple[float, float]]) -> TypedPoints:
    x, y = torch.tensor(points, dtype=torch.float64).unbind(1)
    return TypedPoints("", x, y)


def test_clicked_points_round_no_typed_one(written: dict[str, str]) -> None:
    points = [(x, -x / 3) for x in VALUES]
    fold(editing.fold_points("points", typed(points)), [*points[1:], (0.123456789, 0.987654321)])
    pairs = [tuple(map(float, part.split(":"))) for part in written["points"].split()]
    assert pairs[:-1] == points[1:]
    assert pairs[-1] == pytest.approx((0.123456789, 0.987654321), abs=max(map(abs, VALUES)) * 2e-3)


def test_a_clicked_label_is_the_nearer_one(written: dict[str, str]) -> None:
    points = [(1 / 3, 0.0), (2 / 3, 1.0)]
    fold(editing.fold_points("labelled", typed(points), labels=True), [*points, (0.5, 0.8)])
    assert written["labelled"] == f"{1 / 3}:0 {2 / 3}:1 0.5:1"
