"""ui.components.latent_pad: the packed message, its validation, and the point."""

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st_
from streamlit.testing.v1 import AppTest

from tests.ui.components.messages import unpack
from tests.ui.take_home.node import script
from ui.components import assets
from ui.components import latent_pad as module
from ui.components.latent_pad import payload, point

LAYERS = [(np.ones((3, 2)), np.zeros(3)), (np.ones((4, 3)), np.zeros(4))]


def page(z: tuple[float, ...] | None = None, **changes: Any) -> AppTest:
    """A page with one pad that prints z, or why there is none."""

    def script(z, changes):  # type: ignore[no-untyped-def]  # its source runs alone, without our imports
        import numpy as np
        import streamlit as st

        from ui.components import edits
        from ui.components.latent_pad import latent_pad
        from ui.components.latent_pad.point import clean

        layers = [(np.ones((3, 2)), np.zeros(3)), (np.ones((4, 3)), np.zeros(4))]
        def fold(found):  # type: ignore[no-untyped-def]
            if found.z is not None and len(found.z) == 2:
                st.session_state["point"] = clean(found.z, 2)

        if st.session_state.get("commits"):     # the component's callback, which AppTest does not call
            edits.listener("pad", fold)()
        current = st.session_state.get("point", z)
        try:
            found = latent_pad("pad", layers, **{"image_shape": (2, 2), "latent": 2, "z": current, **changes})
            st.text(repr(found))
        except ValueError as error:
            st.text(str(error))

    return AppTest.from_function(script, kwargs={"z": z, "changes": changes}, default_timeout=30)


def shown(at: AppTest) -> str:
    assert not at.exception, at.exception[0].message
    return at.text[0].value


def sent(at: AppTest) -> bytes:
    return bytes(at.get("bidi_component")[0].proto.bytes)


def message(at: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    return unpack(sent(at))


# --- numbers of any size -------------------------------------------------------------------------

@pytest.mark.parametrize(("value", "digits", "text"), [
    (-999_998_000_002.84, 2, "−1.00 × 10¹²"), (1.4142e6, 2, "1.41 × 10⁶"), (-1.8379, 2, "−1.84"),
    (999_999.0, 2, "999999.00"), (-0.001, 2, "0.00"), (8.7e16, 1, "8.70 × 10¹⁶")])
def test_a_number_of_any_size_is_short(value: float, digits: int, text: str) -> None:
    assert script("sized", "latent_pad/chart.js")(value, digits) == text


@pytest.mark.parametrize("span", [4.0, 100.0, 25_000.0, 1e6, 9e17, 3e30])
def test_the_texts_of_the_ticks_fit_beside_the_map_and_do_not_touch_below_it(span: float) -> None:
    texts, power, every = script("""(span) => {
      const chart = Object.create(Chart.prototype);
      const ctx = { measureText: (text) => ({ width: 6 * text.length }) };
      Object.assign(chart, { span, unit: 188 / (2 * span), ctx });
      const { texts, power } = chart.tickTexts();
      return [texts, power, chart.textEvery(texts)];
    }""", "latent_pad/chart.js")(span)
    assert max(map(len, texts)) <= 5
    assert (power > 0) == (span > 1e7)
    apart = 188 / (len(texts) - 1) * every
    assert apart >= 6 * max(map(len, texts)), "neighbours that have a text do not touch"


# --- the point -----------------------------------------------------------------------------------


def commit(at: AppTest, z: Any, number: int = 1, version: str = "") -> None:
    """Commit z, as a release of the pointer does, and run the page."""
    version = version or message(at)[0]["base"]["version"]
    at.session_state["pad"] = {"edit": {"version": version, "number": number, "z": z}}
    at.session_state["commits"] = True
    at.run()
    at.session_state["commits"] = False


def test_a_commit_sets_z_and_does_not_change_the_message() -> None:
    at = page().run()
    first = sent(at)
    assert shown(at) == "(0.0, 0.0)"
    commit(at, [0.12345, -2.0])
    assert shown(at) == "(0.123, -2.0)"
    assert sent(at) == first  # so Streamlit sends its hash alone
    commit(at, [1234.567, -98.0], number=2)
    assert shown(at) == "(1234.567, -98.0)"
    assert sent(at) == first


def test_a_new_z_from_the_page_moves_the_point() -> None:
    at = page(z=(1.0, 2.0)).run()
    assert shown(at) == "(1.0, 2.0)"
    version = message(at)[0]["base"]["version"]
    commit(at, [0.5, 0.5])
    at.session_state["point"] = (3.0, 3.0)
    assert shown(at.run()) == "(3.0, 3.0)"
    header, _ = message(at)
    assert header["z"] == [3.0, 3.0]
    assert header["base"]["version"] != version
    commit(at, [9.0, 9.0], number=2, version=version)   # committed before the page moved the point
    assert shown(at) == "(3.0, 3.0)"
    commit(at, [0.5, 0.5], number=3)
    assert shown(at) == "(0.5, 0.5)"


@pytest.mark.parametrize("bad", [None, "ab", [1.0], [1.0, "2"], [True, 0.0], [1.0, 2.0, 3.0], {"at": "x"}, 7])
def test_an_invalid_z_is_ignored(bad: Any) -> None:
    at = page().run()
    commit(at, bad)
    assert shown(at) == "(0.0, 0.0)"


def test_a_z_of_another_space_is_the_origin() -> None:
    assert shown(page(z=(1.0, 2.0, 3.0)).run()) == "(0.0, 0.0)"


@given(st_.lists(st_.floats(), max_size=4))
def test_clean_returns_a_point_within_the_limit(raw: list[float]) -> None:
    z = point.clean(raw, 2)
    good = len(raw) == 2 and all(map(math.isfinite, raw))
    near = [max(-point.LIMIT, min(point.LIMIT, r)) for r in raw] if good else [0.0, 0.0]
    assert all(abs(v - r) <= 5e-4 + 1e-9 for v, r in zip(z, near, strict=True))
    assert point.clean(z, 2) == z


@given(st_.lists(st_.floats(-point.LIMIT, point.LIMIT), min_size=1, max_size=16))
def test_the_text_of_a_link_gives_the_same_point(raw: list[float]) -> None:
    z = point.clean(raw, len(raw))
    assert point.parse(point.to_text(z)) == (z if any(z) else (), "")


def test_a_link_has_every_digit_of_the_point() -> None:
    assert point.to_text((1234.567, -999_999.999)) == "1234.567,-999999.999"
    assert point.to_text(point.clean((2e9, 21.7), 2)) == "1000000,21.7"


@pytest.mark.parametrize("raw", ["x", "1,", "nan,0", "inf", "1;2", "1000000.1,0", "1e9", "0,0,"])
def test_an_invalid_link_gives_a_sentence(raw: str) -> None:
    z, problem = point.parse(raw)
    assert z == ()
    assert problem.startswith("The link's z is not a point like 0.5,-1.2 within ±1,000,000;")


# --- the message ---------------------------------------------------------------------------------


def test_the_message_contains_every_number() -> None:
    means = np.arange(10, dtype=np.float32).reshape(5, 2)
    at = page(means=means, labels=[0, 1, 2, 3, 9], train_means=-means, target=[0, 0.5, 1, 0], best=-2.5,
              seed=3, noise_var=None, near=0.25).run()
    header, arrays = message(at)
    np.testing.assert_array_equal(arrays["weight0"], np.ones(6))
    np.testing.assert_array_equal(arrays["bias1"], np.zeros(4))
    np.testing.assert_array_equal(arrays["means"].reshape(5, 2), means)
    np.testing.assert_array_equal(arrays["train"].reshape(5, 2), -means)
    np.testing.assert_array_equal(arrays["labels"], [0, 1, 2, 3, 9])
    np.testing.assert_array_equal(arrays["target"], [0, 0.5, 1, 0])
    np.testing.assert_array_equal(arrays["noise"], payload.noise(4, "sigmoid", 3))
    assert (header["near"], header["best"], header["image"], header["depth"]) == (0.25, -2.5, [2, 2], 2)


def test_the_decoders_mean_needs_no_noise() -> None:
    assert message(page().run())[1]["noise"].size == 0


def test_arrays_start_at_whole_floats() -> None:
    for name in ("", "a", "ab", "abc", "é"):
        packed = payload.pack({"name": name}, {"x": np.arange(3, dtype=np.float32)})
        assert int.from_bytes(packed[:4], "little") % 4 == 0
        assert unpack(packed)[1]["x"].tolist() == [0, 1, 2]


def test_noise_is_uniform_or_normal_and_repeats() -> None:
    uniform, normal = payload.noise(20_000, "sigmoid", 5), payload.noise(20_000, "linear", 5)
    error = 4 / math.sqrt(20_000)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < error * math.sqrt(1 / 12)
    assert abs(normal.mean()) < error
    assert abs(normal.var() - 1) < error * math.sqrt(2)
    np.testing.assert_array_equal(uniform, payload.noise(20_000, "sigmoid", 5))
    assert (uniform != payload.noise(20_000, "sigmoid", 6)).any()


def test_axes_start_where_the_means_spread() -> None:
    means = np.array([[0, 3, 0.1, -2], [0, -3, 0, 2]], np.float32)
    assert payload.largest_spread(means, 4) == (1, 3)
    assert payload.largest_spread(means[:, :2], 2) == (0, 1)
    assert payload.largest_spread(means[:, :1], 1) == (0, 0)
    assert payload.largest_spread(np.empty((0, 5), np.float32), 5) == (0, 1)


@pytest.mark.parametrize(("far", "z", "half"), [(0, 0, 4), (3.9, 0, 4), (4.1, 0, 6), (0, 7, 8), (11, -3, 12),
                                              (24, 0, 24), (99, 0, 100), (101, 0, 120), (1201, 0, 1400),
                                              (9, 5001, 5200), (84_001, 0, 86_000), (0, 1e6, 1e6)])
def test_axes_contain_the_means_and_the_point(far: float, z: float, half: float) -> None:
    assert payload.span(np.full((10, 2), far, np.float32), (z, 0.0)) == half


def test_the_checksum_differs_between_decoders_and_targets() -> None:
    base = {**payload.as_layers(LAYERS, 2, 4), "target": payload.as_image([0, 0, 0, 0], "target", 4)}
    other = {**base, "bias1": base["bias1"] + 1}
    aimed = {**base, "target": base["target"] + 1}
    assert len({payload.checksum(arrays) for arrays in (base, other, aimed)}) == 3
    assert payload.checksum({**base, "means": np.ones(3, np.float32)}) == payload.checksum(base)


@pytest.mark.parametrize(("changes", "words"), [
    ({"image_shape": (3, 3)}, "makes 4 pixels but image_shape has 9"),
    ({"image_shape": (2, 2, 1)}, "grey image"),
    ({"latent": 3}, r"layer 0 has shapes \(3, 2\)"),
    ({"latent": 0}, "1 to 64"),
    ({"latent": 65}, "1 to 64"),
    ({"hidden": "gelu"}, "unknown hidden 'gelu': choose one of identity, tanh"),
    ({"output": "softmax"}, "unknown output"),
    ({"axes": (0, 0)}, "two different dimensions"),
    ({"means": np.zeros((3, 5))}, r"means has shape \(3, 5\): expected \(N, 2\)"),
    ({"train_means": [[0.0, float("nan")]]}, "train_means holds values that are not finite"),
    ({"means": np.zeros((3, 2)), "labels": [0, 1]}, "one label for each of 3 means"),
    ({"means": np.zeros((1, 2)), "labels": [10]}, "from 0 to 9"),
    ({"means": np.zeros((1, 2)), "labels": [0.5]}, "whole numbers"),
    ({"target": [0, 1]}, "target has 2 pixels: expected 4"),
    ({"noise_var": 0.0}, "noise_var is 0.0: expected a positive number"),
    ({"near": -1.0}, "near is -1.0"),
])
def test_errors_name_the_argument(changes: dict[str, Any], words: str) -> None:
    at = page(**changes).run()
    assert not at.exception
    assert re.search(words, at.text[0].value)


def test_non_finite_weights_are_an_error() -> None:
    with pytest.raises(ValueError, match="weight 1 holds values that are not finite: show the last checkpoint"):
        payload.as_layers([LAYERS[0], (np.full((4, 3), np.inf), np.zeros(4))], 2, 4)
    with pytest.raises(ValueError, match="makes 0 pixels"):
        payload.as_layers([], 2, 4)


def test_tensors_may_require_gradients() -> None:
    layer = torch.nn.Linear(2, 4)
    arrays = payload.as_layers([(layer.weight, layer.bias)], 2, 4)
    np.testing.assert_array_equal(arrays["weight0"], layer.weight.detach().numpy())


def test_the_scripts_are_one_module_without_imports() -> None:
    source = assets.script(*module.SCRIPTS)
    assert source.count("export default") == 1
    assert "import " not in source
    assert source.count("innerHTML") == 1  # the fixed markup
    for foreign in ("http://", "https://", "eval("):
        assert foreign not in source.replace("http://www.w3.org/2000/svg", "")
