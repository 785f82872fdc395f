"""ui.components.live_figure: the message to the browser, and the edits that come back."""

import json
import math
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from streamlit.testing.v1 import AppTest

from tests.ui.figures.checked import opened, size
from ui.components.edits import Clicked, Edits, Moved, parse
from ui.components.live_figure import HoverLink, live_figure, live_figures, payload
from ui.figures import spec
from ui.figures.spec import Figure


def figure(frames: int = 0, points: int = 300) -> Figure:
    fig = Figure().add_scatter(x=np.arange(points, dtype="f4"), y=np.full(points, 0.5, dtype="f4"), mode="markers")
    fig.add_bar(x=np.arange(2), y=np.array([0.5, 0.5]))
    fig.frames = [spec.frame(name=f"step {i}", data=[{"y": np.full(points, i, "f4")}], traces=[0])
                  for i in range(frames)]
    return fig


def page() -> None:
    import numpy as np
    import streamlit as st

    from ui.components import edits
    from ui.components.live_figure import live_figure
    from ui.components.live_figure.playback import playback
    from ui.figures import spec

    base = st.session_state.get("base", "one")
    fig = spec.Figure().add_scatter(x=np.array([0.0, 1.0]), y=np.array([np.nan, 1.0]), mode="markers")
    st.text(repr(edits.read("own", base)))
    st.text(repr(live_figure(fig, key="own", alt="Two points", base=base, draw=True, drag={"trace": 0}, select=True)))
    fig.frames = [spec.frame(name=name, data=[{"y": [1.0, i]}], traces=[0]) for i, name in enumerate("ABC")]
    st.text(str(playback([fig, fig], key="history", base=base, alts=["left", "right"], commit=True, start=1)))


def sent(at: AppTest, number: int = 0) -> dict[str, Any]:
    return json.loads(at.get("bidi_component")[number].proto.bytes)


def test_a_page_begins_without_edits() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert [text.value for text in at.text] == [repr(Edits()), repr(Edits()), "1"]
    assert sent(at)["edit"] == {"draw": {"trace": 0, "limit": 200}, "drag": {"trace": 0, "names": []}}
    assert (sent(at)["key"], sent(at)["base"]["number"]) == ("own", 0)
    history = sent(at, 1)["playback"]
    assert (history["count"], history["captions"], history["start"], history["commit"]) == (3, ["A", "B", "C"], 1, True)


def test_edits_are_returned_checked_and_the_message_stays_the_same() -> None:
    at = AppTest.from_function(page).run()
    before, version = sent(at), sent(at)["base"]["version"]
    at.session_state["own"] = {"edit": {
        "version": version, "number": 4, "points": [[1, 2.00000000000049], [math.nan, 0]],
        "moved": [[1, 0.5, 0.25], [2, 0, 0]], "clicked": {"figure": 0, "trace": 0, "point": 1}}}
    at.session_state["history"] = {"edit": {"version": sent(at, 1)["base"]["version"], "number": 1, "frame": 2}}
    at.run()
    expected = Edits((Moved(1, 0.5, 0.25),), ((1.0, 2.0),), Clicked(0, 0, 1), version=version)
    assert at.text[1].value == repr(expected)
    assert at.text[2].value == "2"
    assert sent(at) == before      # so the browser draws nothing again


def test_another_base_has_another_version_and_no_edits() -> None:
    at = AppTest.from_function(page).run()
    version = sent(at)["base"]["version"]
    at.session_state["own"] = {"edit": {"version": version, "number": 2, "moved": [[1, 0.5, 0.25]]}}
    at.session_state["base"] = "other"
    at.run()
    assert [text.value for text in at.text] == [repr(Edits()), repr(Edits()), "1"]
    assert sent(at)["base"]["version"] != version


@pytest.mark.parametrize("frame", [3, -1, True, "1", None, 1.5, [1]])
def test_a_frame_that_does_not_exist_is_none(frame: Any) -> None:
    assert parse({"frame": frame}, frames=3).frame is None


def test_arrays_travel_as_base64_and_nan_as_null() -> None:
    fig = figure(2)
    fig.add_scatter(x=[0.0, math.nan], y=[1, 2])
    text = payload.encode(fig.to_dict())
    decoded = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    for values in (decoded["data"][0]["x"], decoded["frames"][1]["data"][0]["y"]):
        assert values["dtype"] == "f4"
        assert len(b64decode(values["bdata"])) == 4 * 300
    assert decoded["data"][2]["x"] == [0.0, None]


def test_thirty_frames_of_three_hundred_points_are_small() -> None:
    assert size(figure(30)) < 80_000


KINDS = {"f2": "f4", "f4": "f4", ">f4": "f4", "f8": "f8", "i1": "i1", "u1": "u1", "i2": "i2", "u2": "u2", "i4": "i4",
         "u4": "u4", "i8": "f8", "u8": "f8"}


@pytest.mark.parametrize(("kind", "code"), KINDS.items())
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3), (0,), (0, 3)])
def test_arrays_arrive_as_they_were(kind: str, code: str, shape: tuple[int, ...]) -> None:
    values = (np.arange(math.prod(shape)).reshape(shape) * 7).astype(kind)
    text = payload.encode({"even": values, "transposed": values.T, "thinned": values[::2]})
    assert {made["dtype"] for made in json.loads(text).values()} == {code}
    arrived = opened(text)
    for name, expected in (("even", values), ("transposed", values.T), ("thinned", values[::2])):
        np.testing.assert_array_equal(arrived[name], expected)
        assert arrived[name].shape == expected.shape


@given(of_numpy.arrays(st.sampled_from(["f4", "f8", "i4", "u1"]), of_numpy.array_shapes(max_dims=3, max_side=4)))
def test_whatever_is_in_an_array_arrives(values: np.ndarray) -> None:
    arrived = opened(payload.encode({"values": values}))["values"]
    assert arrived.dtype == values.dtype
    np.testing.assert_array_equal(arrived, values)


def test_a_gap_in_an_array_stays_a_gap_and_in_a_list_is_null() -> None:
    gaps = [1.5, math.nan, math.inf, -math.inf]
    arrived = opened(payload.encode({"array": np.array(gaps), "small": np.array(gaps, "f4"), "list": gaps,
                                     "tuple": (math.nan,), "alone": math.nan, "numpy": np.float32("nan"),
                                     "objects": np.array([math.nan, "a", None], object)}))
    np.testing.assert_array_equal(arrived.pop("array"), gaps)
    np.testing.assert_array_equal(arrived.pop("small"), np.array(gaps, "f4"))
    assert arrived == {"list": [1.5, None, None, None], "tuple": [None], "alone": None, "numpy": None,
                       "objects": [None, "a", None]}


@pytest.mark.parametrize(("value", "expected"), [
    (np.float32(0.5), 0.5), (np.float64(0.1), 0.1), (np.int64(2**40), 2**40), (np.uint8(255), 255), (np.bool_(1), True),
    (np.str_("σ²"), "σ²"), (np.array(2.5), 2.5), (np.array(3), 3), (True, True), (None, None), ("", ""),
    (np.array([True, False]), [True, False]), (np.array([["a", "σ²"]]), [["a", "σ²"]]),
    (((0.0, "#ffffff"), (1.0, ("a", [np.int8(1), (None,)]))), [[0.0, "#ffffff"], [1.0, ["a", [1, [None]]]]]),
    ({"deep": [{"er": (np.float32(2), {})}]}, {"deep": [{"er": [2.0, {}]}]}),
])
def test_other_values_arrive_as_json(value: Any, expected: Any) -> None:
    arrived = opened(payload.encode({"value": value}))["value"]
    assert arrived == expected
    assert type(arrived) is type(expected)


def test_arrays_lie_in_lists_and_tuples_too() -> None:
    arrived = opened(payload.encode({"traces": ({"x": np.arange(3)}, [np.arange(2, dtype="u1")])}))["traces"]
    assert arrived[0]["x"].tolist() == [0, 1, 2]
    assert arrived[1][0].tolist() == [0, 1]


def test_text_is_sent_as_utf8() -> None:
    assert payload.encode({"name": "σ² ≥ 0"}) == '{"name":"σ² ≥ 0"}'.encode()


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", 1 + 2j])
def test_values_that_are_no_json_are_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        payload.encode({"value": [value]})


def test_a_hover_table_is_float32_with_its_shape() -> None:
    table = np.array([[0.25, 0.75], [1, np.nan], [0, 1]])
    made = payload.hover(HoverLink(0, table, bars=1, items=(0, 1)), [figure()], 0)
    assert made
    sent = json.loads(payload.encode(made))["table"]
    assert sent["shape"] == "3, 2"
    assert np.frombuffer(b64decode(sent["bdata"]), "f4").tolist() == [0.25, 0.75, 1, 0, 0, 1]
    assert not made["perFrame"]


@pytest.mark.parametrize(("options", "message"), [
    ({"drag": {"trace": 2}}, "trace 2 does not exist"),
    ({"draw": True, "draw_trace": -1}, "trace -1 does not exist"),
    ({"captions": ["one"]}, "3 frames need 3 captions, not 1"),
    ({"hover": HoverLink(0, np.zeros(3))}, r"\(N, K\)"),
    ({"hover": HoverLink(0, np.zeros((2, 4, 2)))}, "with 3 frames"),
    ({"hover": HoverLink(0, np.zeros((4, 2)), items=(0,))}, "2 columns"),
    ({"hover": HoverLink(0, np.zeros((4, 2)), names=["q"])}, "2 columns has as many names"),
    ({"hover": HoverLink(0, np.zeros((4, 2)), bars=7)}, "trace 7"),
])
def test_errors_name_what_does_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        live_figure(figure(3), key="k", alt="a", **options)


def test_figures_that_play_together_have_equal_histories_and_each_an_alt() -> None:
    with pytest.raises(ValueError, match="equally many frames"):
        live_figures([figure(3), figure(4)], key="k", alts=["a", "b"])
    with pytest.raises(ValueError, match="2 alt sentences"):
        live_figures([figure(3), figure()], key="k", alts=["a"])


def test_a_long_history_plays_in_twelve_seconds() -> None:
    intervals = [payload.playback([figure(n, 1)], None, start=0, halves=False, commit=False) for n in (10, 400)]
    assert [made["interval"] for made in intervals if made] == [400, 30]


