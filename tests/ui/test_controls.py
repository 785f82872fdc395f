"""dgm.ui.controls: the link sets every control, bad values are clamped or ignored with a note, never a traceback."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui import controls

    controls.begin("test")
    controls.notes_here()
    values = {
        "k": controls.slider("Components", "k", 1, 8, 2),
        "rate": controls.number("Rate", "rate", 0.001, 1.0, 0.1),
        "start": controls.choice("Start", "start", ["k-means++", "random"]),
        "kind": controls.choice("Kind", "kind", ["full", "tied", "diag", "spherical", "none"], "tied"),
        "scale": controls.switch("Scale", "scale", True),
        "formula": controls.text("Formula", "formula", "x**2", max_chars=20),
        "seed": controls.seed(),
    }
    st.json(values)
    st.button("preset", on_click=controls.choose, args=({"k": 5, "scale": False},))
    controls.end()


DEFAULTS = {"k": 2, "rate": 0.1, "start": "k-means++", "kind": "tied", "scale": True, "formula": "x**2", "seed": 0}
OTHERS = {"k": 7, "rate": 0.5, "start": "random", "kind": "none", "scale": False, "formula": "x", "seed": 12}


def run(**params: str) -> AppTest:
    at = AppTest.from_function(page, default_timeout=20)
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def shown(at: AppTest) -> dict[str, object]:
    import json

    return json.loads(at.json[0].value)


def notes(at: AppTest) -> list[str]:
    return [info.value for info in at.info]


def test_defaults_stay_out_of_the_url() -> None:
    at = run()
    assert shown(at) == DEFAULTS
    assert not notes(at)
    assert not dict(at.query_params)


def test_link_sets_every_control() -> None:
    at = run(**{name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in OTHERS.items()})
    assert shown(at) == OTHERS
    assert not notes(at)


@pytest.mark.parametrize(("name", "raw", "becomes"), [
    ("k", "99", 8), ("k", "-1e300", 1), ("k", "nan", 2), ("k", "inf", 8), ("k", "many", 2), ("k", "", 2),
    ("k", "2.7", 2), ("rate", "1e99", 1.0), ("rate", "0", 0.001), ("rate", "-nan", 0.1), ("rate", "[]", 0.1),
    ("start", "<script>", "k-means++"), ("kind", "Full", "tied"), ("kind", "", "tied"), ("scale", "maybe", True),
    ("formula", "x" * 5000, "x**2"), ("seed", "-3", 0), ("seed", "9" * 400, 9999),
])
def test_bad_values_become_good_ones_with_a_note(name: str, raw: str, becomes: object) -> None:
    at = run(**{name: raw})
    assert shown(at) == {**DEFAULTS, name: becomes}
    assert len(notes(at)) == 1
    assert "<" not in notes(at)[0]


def test_unknown_parameters_and_hidden_names_are_named() -> None:
    at = run(colour="red", hide="k,nothing")
    assert "colour" in notes(at)[0]
    assert "nothing" in notes(at)[1]


def test_hidden_control_keeps_its_linked_value() -> None:
    at = run(hide="k,start,scale", k="6", start="random", scale="false")
    assert shown(at) == {**DEFAULTS, "k": 6, "start": "random", "scale": False}
    assert [slider.label for slider in at.slider] == []
    at.number_input[0].set_value(0.7).run()
    assert shown(at) == {**DEFAULTS, "k": 6, "start": "random", "scale": False, "rate": 0.7}


def test_hidden_control_is_checked_too() -> None:
    at = run(hide="k", k="99")
    assert shown(at)["k"] == 8
    assert "1 to 8" in notes(at)[0]


def test_preset_sets_its_controls_and_resets_the_others() -> None:
    at = run(seed="4", k="3")
    at.button[0].click().run()
    assert shown(at) == {**DEFAULTS, "k": 5, "scale": False}


def test_preset_moves_hidden_controls_too() -> None:
    at = run(hide="k", k="3")
    at.button[0].click().run()
    assert shown(at)["k"] == 5


def in_two_parts() -> None:
    import streamlit as st

    from ui import controls

    controls.begin("test")
    part = controls.choice("Part", "part", ["one", "two"])
    value = controls.slider("Rate", "rate", 0.0, 1.0, 0.5) if part == "two" else None
    st.json({"part": part, "rate": value})
    st.button("preset", on_click=controls.choose, args=({"part": "two", "rate": 0.25}, {"part": "one", "rate": 0.5}))
    st.button("back", on_click=controls.choose, args=({}, {"part": "one", "rate": 0.5}))
    controls.end()


def test_a_preset_sets_a_control_that_was_never_drawn_and_the_link_says_so() -> None:
    at = AppTest.from_function(in_two_parts, default_timeout=20).run()
    at.button[0].click().run()
    assert not at.exception
    assert shown(at) == {"part": "two", "rate": 0.25}
    assert at.query_params["rate"] in ("0.25", ["0.25"])
    at.button[1].click().run()
    assert not at.exception
    assert shown(at) == {"part": "one", "rate": None}
    assert "rate" not in at.query_params
    at.button_group[0].set_value("two").run()
    assert shown(at) == {"part": "two", "rate": 0.5}


def lidded() -> None:
    import streamlit as st

    from ui import controls

    controls.begin("test")
    controls.notes_here()
    with controls.more("Settings") as opened:
        k = controls.slider("Components", "k", 1, 8, 2)
        if opened:
            st.caption("inside")
    st.json({"k": k, "seed": controls.seed()})
    st.button("preset", on_click=controls.choose, args=({"k": 5},))
    controls.end()


def lid(**params: str) -> AppTest:
    at = AppTest.from_function(lidded, default_timeout=20)
    at.query_params.update(params)
    at.run()
    assert not at.exception
    return at


def test_a_closed_lid_draws_nothing_and_holds_every_value() -> None:
    at = lid(k="6")
    assert not at.slider
    assert not at.caption
    assert shown(at)["k"] == 6
    at.number_input[0].set_value(3).run()
    assert shown(at) == {"k": 6, "seed": 3}
    assert at.query_params["k"] in ("6", ["6"])
    at.button[0].click().run()
    assert shown(at)["k"] == 5


def test_a_closed_lid_checks_the_link() -> None:
    at = lid(k="99")
    assert shown(at)["k"] == 8
    assert "1 to 8" in notes(at)[0]
    assert at.query_params["k"] in ("8", ["8"])


def test_what_was_set_under_the_lid_holds_when_it_closes() -> None:
    at = lid(more="true")
    assert at.caption[0].value == "inside"
    at.slider[0].set_value(7).run()
    del at.query_params["more"]  # as the browser does
    at.session_state["more"] = False
    at.run()
    assert at.slider[0].value == 7
    assert shown(at)["k"] == 7


@pytest.mark.parametrize("raw", ["", "yes please", "nan", "<b>"])
def test_a_lid_that_no_link_can_open_stays_closed(raw: str) -> None:
    assert not lid(more=raw).slider
