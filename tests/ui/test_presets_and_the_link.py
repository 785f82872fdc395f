"""A preset and the link: of a control that is drawn first, or whose limits change, the preset's value counts."""

import json

import pytest
from streamlit.testing.v1 import AppTest


def shown(at: AppTest) -> dict[str, object]:
    assert not at.exception
    found: dict[str, object] = json.loads(at.json[0].value)
    return found


def in_two_parts() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Choice, Slider

    controls.begin("test")
    controls.use({"part": Choice("Part", ("one", "two")), "rate": Slider("Rate", 0.0, 1.0, 0.5)})
    part = controls.draw("part")
    st.json({"part": part, "rate": controls.draw("rate") if part == "two" else None})
    st.button("preset", on_click=controls.reset, args=({"part": "two", "rate": 0.25},))
    st.button("back", on_click=controls.reset)


def test_a_preset_sets_a_control_that_was_never_drawn_and_the_link() -> None:
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


def test_a_preset_and_not_the_link_sets_a_control_that_it_draws_first() -> None:
    at = AppTest.from_function(in_two_parts, default_timeout=20)
    at.query_params["rate"] = "0.75"
    at.run().button[0].click().run()
    assert shown(at) == {"part": "two", "rate": 0.25}
    assert at.query_params["rate"] in ("0.25", ["0.25"])


def with_other_limits() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Slider

    controls.begin("test")
    controls.use({"rows": Slider("Rows", 1, 10, 10), "row": Slider("Row", 0, 99, 0)})
    rows = controls.draw("rows")
    st.json({"rows": rows, "row": controls.draw("row", high=rows)})
    st.button("preset", on_click=controls.reset, args=({"rows": 8, "row": 7},))


@pytest.mark.parametrize("link", [{}, {"row": "3"}])
def test_a_preset_sets_a_slider_whose_limits_it_changes(link: dict[str, str]) -> None:
    """With other limits it is another widget for Streamlit, which would begin with the address of the browser."""
    at = AppTest.from_function(with_other_limits, default_timeout=20)
    at.query_params.update(link)
    at.run().button[0].click().run()
    assert shown(at) == {"rows": 8, "row": 7}
    assert at.query_params["row"] in ("7", ["7"])
