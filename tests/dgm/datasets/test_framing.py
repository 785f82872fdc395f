"""framing: a drawing is centred and scaled as MNIST is, wherever and however large it was drawn."""

import numpy as np
import pytest
import torch

from dgm.datasets import framing


def stroke(top: int, left: int, height: int, width: int, side: int = 56) -> np.ndarray:
    ink = np.zeros((side, side))
    ink[top : top + height, left : left + width] = 1
    return ink


def test_the_longer_side_is_20_pixels_and_the_centre_of_mass_the_middle() -> None:
    g = np.random.default_rng(0)
    for _ in range(20):
        top, left = g.integers(0, 20, 2)
        height, width = g.integers(6, 36, 2)
        x = framing.frame(stroke(int(top), int(left), int(height), int(width))).reshape(28, 28).double()
        rows, columns = (x.sum(1 - axis) for axis in (0, 1))
        middle = torch.arange(28, dtype=torch.float64) + 0.5
        for mass in (rows, columns):
            assert float(mass @ middle / mass.sum()) == pytest.approx(14, abs=1e-5)
        assert max(float(rows.max() and (rows > 1e-6).sum()), float((columns > 1e-6).sum())) in (20, 21, 22)
        assert float(x.max()) == pytest.approx(1)


def test_the_place_on_the_sheet_does_not_matter() -> None:
    one, two = framing.frame(stroke(3, 5, 20, 9)), framing.frame(stroke(30, 41, 20, 9))
    torch.testing.assert_close(one, two)


def test_a_frame_at_8_by_8_is_filled() -> None:
    x = framing.frame(stroke(10, 10, 24, 24), (8, 8)).reshape(8, 8)
    torch.testing.assert_close(x, torch.ones(8, 8))


def test_shares_of_whole_pixels_add_up_and_ink_is_kept() -> None:
    R = framing.overlaps(-3.0, 2.5, 28, 56)
    assert R.sum(1)[2:20] == pytest.approx(1)
    assert R.sum(0)[:56] == pytest.approx(1 / 2.5)
    assert (R >= 0).all()


def test_no_ink_is_cut_off() -> None:
    """A heavy end: the centre of mass would push the light end out of the frame."""
    ink = stroke(40, 10, 12, 36)
    ink[4:40, 10:12] = 1
    found = framing.window(ink)
    assert found.top <= 4
    assert found.top + 28 * found.size >= 52
    assert found.left <= 10
    assert found.left + 28 * found.size >= 46


def test_faint_ink_beside_the_digit_does_not_move_it() -> None:
    ink = stroke(10, 20, 30, 8)
    smudged = ink.copy()
    smudged[50:, 50:] = framing.FAINT / 2
    torch.testing.assert_close(framing.frame(smudged), framing.frame(ink))


def test_an_empty_sheet_is_answered() -> None:
    with pytest.raises(ValueError, match="the drawing is empty"):
        framing.frame(np.zeros((56, 56)))
