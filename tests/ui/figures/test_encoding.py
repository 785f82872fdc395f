"""ui.figures.encoding: ordinary arrays with a compact encoding, which are decoded to the same values."""

import json

import numpy as np
import pytest

from tests.ui.figures.checked import opened
from ui.components.live_figure import payload
from ui.figures import encoding


@pytest.mark.parametrize(("values", "step"), [
    (np.linspace(0, 1, 256), encoding.SHARE), (np.array([-180.0, -45, 0, 90, 135]), 5.0), (np.zeros((2, 3, 4)), 0.5),
])
def test_bytes_arrive_as_they_were(values: np.ndarray, step: float) -> None:
    made = encoding.bytewise(values, step)
    np.testing.assert_allclose(made, values, atol=step / 2)
    text = payload.encode({"values": made})
    assert json.loads(text)["values"]["dtype"] in ("u1", "i1")
    np.testing.assert_array_equal(opened(text)["values"], made)


def test_values_are_clipped_to_the_range() -> None:
    assert encoding.bytewise([-1.0, 300.0], 1.0).tolist() == [-1, 127]
    assert encoding.bytewise([0.5, 2.0]).tolist() == pytest.approx([0.5, 1.0], abs=encoding.SHARE)


def test_an_ellipse_axis_arrives_as_it_was() -> None:
    made = encoding.ellipse_axis(80.0, 12.3456789, -0.5)
    text = payload.encode({"values": made})
    assert json.loads(text)["values"] == {"ellipse": [80.0, 12.34568, -0.5], "count": 49}
    np.testing.assert_array_equal(opened(text)["values"], made)
    assert made[0] == made[-1] == pytest.approx(92.34568)


def test_arrays_computed_from_them_are_sent_without_the_encoding() -> None:
    for made in (encoding.bytewise([0.0, 0.5, 1.0]), encoding.ellipse_axis(1.0, 2.0, 3.0)):
        for other in (made[1:], made + 1, made.copy()):
            text = payload.encode({"values": other})
            assert json.loads(text)["values"]["dtype"] == "f4"
            np.testing.assert_array_equal(opened(text)["values"], other)


def test_an_ellipse_far_from_0_arrives_as_it_was() -> None:
    made = encoding.ellipse_axis(691605.95, 2.5, -1.0)
    sent = opened(payload.encode({"values": made}))["values"]
    np.testing.assert_array_equal(sent, made)
    assert sent[0] == pytest.approx(691608.45, abs=1e-9)


def test_numbers_far_from_0_beside_their_spread_need_64_bits() -> None:
    """One column's offset does not hide the spread of another."""
    near, far = np.linspace(0, 5, 11), np.linspace(0, 5, 11) + 5e6
    assert encoding.numbers(near).dtype == np.float32
    for values in (far, np.stack([near, far], 1), np.stack([far, near], 1), [*far, np.nan]):
        np.testing.assert_array_equal(encoding.numbers(values), values)
