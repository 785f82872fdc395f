"""ui.controls: the link sets every control; values that are not allowed are clamped or ignored, with a note."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import controls


def page() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Choice, Number, Slider, Switch, Text, seed

    table = {
        "k": Slider("Components", 1, 8, 2),
        "rate": Number("Rate", 0.001, 1.0, 0.1),
        "start": Choice("Start", ("k-means++", "random"), formerly="begin"),
        "kind": Choice("Kind", ("full", "tied", "diag", "spherical", "none"), "tied"),
        "scale": Switch("Scale", True),
        "formula": Text("Formula", "x**2", max_chars=20),
        "seed": seed(),
    }
    controls.begin("test")
    controls.use(table)
    before = {name: controls.value(name) for name in table}
    values = {name: controls.draw(name) for name in table}
    assert before == values, "what is read before a control is drawn is what it shows"
    st.json(values)
    st.button("preset", on_click=controls.reset, args=({"k": 5, "scale": False},))


ROOT = Path(__file__).parents[2]
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
    """The notes, each of those that are listed in one box."""
    return [text.removeprefix("* ") for info in at.info for text in info.value.split("\n* ")]


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
    ("k", "99", 8), ("k", "-1e300", 1), ("k", "nan", 2), ("k", "inf", 2), ("k", "many", 2), ("k", "", 2),
    ("k", "2.7", 2), ("rate", "1e99", 1.0), ("rate", "0", 0.001), ("rate", "-nan", 0.1), ("rate", "[]", 0.1),
    ("start", "<script>", "k-means++"), ("kind", "Full", "tied"), ("kind", "", "tied"), ("scale", "maybe", True),
    ("formula", "x" * 5000, "x**2"), ("seed", "-3", 0), ("seed", "12345", 9999), ("seed", "9" * 400, 0),
    ("seed", "1e400", 0), ("rate", "-1e400", 0.1),
])
def test_bad_values_become_good_ones_with_a_note(name: str, raw: str, becomes: object) -> None:
    at = run(**{name: raw})
    assert shown(at) == {**DEFAULTS, name: becomes}
    assert len(notes(at)) == 1
    assert "<" not in notes(at)[0]


def test_unknown_parameters_and_hidden_names_are_noted() -> None:
    at = run(colour="red", hide="k,nothing")
    assert "colour" in notes(at)[0]
    assert "nothing" in notes(at)[1]


def test_a_note_says_what_is_wrong_and_what_is_used() -> None:
    at = run(kind="Full~(x)", scale="maybe", seed="1e400", present="perhaps", scroll="nowhere")
    assert len(at.info) == 1, "one box"
    kind, scale, number, present = notes(at)
    assert "`Full~(x)`, which is not one of “full”, “tied”, “diag”, “spherical”, “none”; it is “tied”" in kind
    assert "`maybe`, which is not true or false; it is true" in scale
    assert "from 0 to 9999 in whole numbers, so it is 0" in number
    assert "`present=perhaps`; the lecture hall is `present=1`" in present
    assert "present" not in at.query_params


def test_hidden_control_has_the_value_of_the_link() -> None:
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


def with_an_expander() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Slider, seed

    controls.begin("test")
    controls.use({"k": Slider("Components", 1, 8, 2), "seed": seed()})
    with controls.advanced("Settings") as opened:
        if opened:
            controls.draw("k")
            st.caption("inside")
    st.json({"k": controls.value("k"), "seed": controls.draw("seed")})
    st.button("preset", on_click=controls.reset, args=({"k": 5},))


def expander(**params: str) -> AppTest:
    at = AppTest.from_function(with_an_expander, default_timeout=20)
    at.query_params.update(params)
    at.run()
    assert not at.exception
    return at


def test_a_closed_expander_draws_nothing_and_its_controls_have_their_values() -> None:
    at = expander(k="6")
    assert not at.slider
    assert not at.caption
    assert shown(at)["k"] == 6
    at.number_input[0].set_value(3).run()
    assert shown(at) == {"k": 6, "seed": 3}
    assert at.query_params["k"] in ("6", ["6"])
    at.button[0].click().run()
    assert shown(at)["k"] == 5


def test_a_closed_expander_checks_the_link() -> None:
    at = expander(k="99")
    assert shown(at)["k"] == 8
    assert "1 to 8" in notes(at)[0]
    assert at.query_params["k"] in ("8", ["8"])


def test_values_set_in_the_expander_stay_when_it_closes() -> None:
    at = expander(more="true")
    assert at.caption[0].value == "inside"
    at.slider[0].set_value(7).run()
    del at.query_params["more"]  # as the browser does
    at.session_state["more"] = False
    at.run()
    assert at.slider[0].value == 7
    assert shown(at)["k"] == 7


@pytest.mark.parametrize("raw", ["", "yes please", "nan", "<b>"])
def test_other_texts_of_the_link_do_not_open_the_expander(raw: str) -> None:
    assert not expander(more=raw).slider


def limited() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Choice, Number, Parameter, Slider

    def read(raw: str) -> tuple[object, str]:
        return (tuple(map(float, raw.split(","))), "") if raw[:1].isdigit() else ((), "The link's z is no point.")

    controls.begin("test")
    controls.use({"rows": Slider("Rows", 1, 10, 10), "row": Number("Row", 0, 99, 0), "column": Choice("Column"),
                  "z": Parameter((), read, lambda z: ",".join(f"{v:g}" for v in z))})
    rows = controls.draw("rows")
    limits = {"options": tuple("abcdefghij"[:rows]), "first": "b"}
    ahead = controls.value("row", high=rows), controls.value("column", **limits)
    shown = controls.draw("row", high=rows), controls.draw("column", **limits)
    assert ahead == shown
    st.json({"row": shown[0], "column": shown[1], "z": controls.value("z")})
    st.button("move", on_click=controls.set_value, args=("z", (4.0, 5.0)))
    st.button("first", on_click=controls.reset)


def test_limits_from_the_data_apply_to_link_session_and_preset() -> None:
    at = AppTest.from_function(limited, default_timeout=20)
    at.query_params.update({"row": "50", "column": "z", "z": "1,2"})
    at.run()
    assert shown(at) == {"row": 10, "column": "b", "z": [1, 2]}
    assert len(notes(at)) == 2
    at.number_input[0].set_value(9).run()
    next(box for box in at.selectbox if box.key == "column").set_value("i").run()
    assert shown(at) == {"row": 9, "column": "i", "z": [1, 2]}
    at.slider[0].set_value(4).run()           # row 9 and column i no longer exist
    assert not at.exception
    assert shown(at) == {"row": 4, "column": "b", "z": [1, 2]}
    at.button[1].click().run()
    assert shown(at) == {"row": 0, "column": "b", "z": []}


def test_a_parameter_is_stored_in_session_and_link() -> None:
    at = AppTest.from_function(limited, default_timeout=20)
    at.query_params["z"] = "x"
    at.run()
    assert notes(at) == ["The link's z is no point."]
    assert "z" not in at.query_params
    at.button[0].click().run()
    assert shown(at)["z"] == [4, 5]
    assert at.query_params["z"] in ("4,5", ["4,5"])
    at.query_params["z"] = "9,9"              # an event may have an outdated address: the session has priority
    at.run()
    assert shown(at)["z"] == [4, 5]


def test_a_parameter_of_older_links_sets_the_control() -> None:
    at = run(begin="random")
    assert shown(at)["start"] == "random"
    assert not notes(at)
    assert "begin" not in at.query_params


def test_a_preset_and_the_control_read_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another default in the table changes the first state, the preset, and the link."""
    from dataclasses import replace

    from pages.gmm import state
    from tests.pages.visitor import Visitor

    monkeypatch.setitem(state.CONTROLS, "k", replace(state.CONTROLS["k"], default=4))
    page = Visitor("gmm")
    assert page.values["k"] == 4
    page.set("k", 2)
    assert page.link["k"] == "2"
    page.choose("Iris")          # k = 3
    assert page.values["k"] == 3
    page.choose("Old Faithful")  # without k
    assert page.values["k"] == 4
    assert "k" not in page.link


@pytest.mark.parametrize("stem", ["bayes", "elbo", "gmm", "gradients", "ppca", "vae"])
def test_presets_and_parts_fit_the_table(stem: str) -> None:
    from importlib import import_module

    state, page = import_module(f"pages.{stem}.state"), (ROOT / f"pages/{stem}/page.py").read_text(encoding="utf-8")
    for preset in state.PRESETS.values():
        for name, value in preset.items():
            control = state.CONTROLS[name]
            assert control.fit(value) == value, f"{name} = {value}"
    for part in getattr(state, "PARTS", ()):
        assert f'"{part}": ' in page


def with_old_links() -> None:
    import streamlit as st

    from ui import controls
    from ui.control_types import Choice

    table = {"part": Choice("Part", ("a", "b", "c"), implied={"view=own": "b", "view": "c"}),
             "view": Choice("View", ("x", "y"), renamed={"own": "x"})}
    controls.begin("test")
    controls.use(table)
    st.json({name: controls.draw(name) for name in table})


@pytest.mark.parametrize(("link", "part", "view"), [
    ({}, "a", "x"), ({"view": "own"}, "b", "x"), ({"view": "y"}, "c", "y"), ({"view": "y", "part": "b"}, "b", "y")])
def test_a_parameter_of_an_older_link_or_its_value_implies_the_part(link: dict[str, str], part: str, view: str) -> None:
    at = AppTest.from_function(with_old_links, default_timeout=20)
    at.query_params.update(link)
    assert not at.run().exception
    assert shown(at) == {"part": part, "view": view}
    assert not notes(at)


def parts() -> None:
    from ui import controls, page
    from ui.control_types import Choice, Slider

    controls.begin("gmm")
    controls.use({"part": Choice("Part", ("one", "two"), menu=False), "k": Slider("Components", 1, 8, 2)})
    page.parts(dict.fromkeys(("one", "two"), lambda: controls.draw("k")), {}, {})


def test_a_control_of_another_part_brings_its_value_to_the_browser() -> None:
    """Which may have dropped the widget of the part before: without a value in the message it begins at the default."""
    at = AppTest.from_function(parts, default_timeout=20)
    at.query_params["k"] = "5"
    at.run().run()
    assert not at.slider(key="k").proto.set_value, "a visitor moves it"
    at.button_group(key="part").set_value("two").run()
    assert at.slider(key="k").proto.set_value
    assert list(at.slider(key="k").proto.value) == [5]
    at.run()
    assert not at.slider(key="k").proto.set_value


def parts_with_situations() -> None:
    from ui import controls, page
    from ui.control_types import Choice, Slider

    controls.begin("gmm")
    controls.use({"part": Choice("Part", ("one", "two"), menu=False), "k": Slider("Components", 1, 8, 2),
                  "a": Slider("Of one", 0, 9, 0), "b": Slider("Of two", 0, 9, 0)})
    page.parts({"one": lambda: [controls.draw(name) for name in ("k", "a")],
                "two": lambda: [controls.draw(name) for name in ("k", "b")]},
               {"First": {}, "Second": {"part": "two"}}, {"First": "Look at a.", "Second": "Look at b."})


def marked(at: AppTest) -> list[str]:
    """The situations that the page says it is in."""
    assert not at.exception
    return [button.label for button in at.button
            if button.key.startswith("preset") and button.proto.type == "secondary"]


def test_a_situation_does_not_depend_on_what_only_another_part_draws() -> None:
    at = AppTest.from_function(parts_with_situations, default_timeout=20).run()
    assert marked(at) == ["First"]
    at.slider(key="a").set_value(5).run()
    assert marked(at) == []
    at.button_group(key="part").set_value("two").run()
    assert marked(at) == ["Second"]
    assert "Look at b." in [text.value for text in at.markdown]
    at.slider(key="k").set_value(3).run()
    assert marked(at) == []
    at.button_group(key="part").set_value("one").run()
    assert marked(at) == []
    at.button(key="preset First").click().run()
    assert (marked(at), at.slider(key="a").value, at.slider(key="k").value) == (["First"], 0, 2)


def test_a_new_part_is_compared_with_what_it_shares_with_the_one_before() -> None:
    at = AppTest.from_function(parts_with_situations, default_timeout=20).run()
    at.slider(key="k").set_value(3).run()
    at.button_group(key="part").set_value("two").run()
    assert marked(at) == []


def with_another_link() -> None:
    import streamlit as st

    from ui import controls

    controls.begin("page")
    if st.session_state.get("go"):
        controls.open_link({"k": "5", "part": "Second"})
    controls.use({"k": controls.Slider("K", 1, 12, 2), "part": controls.Choice("Part", ("First", "Second"))})
    st.text(f"{controls.draw('k')} {controls.draw('part')}")


def test_another_link_is_opened_where_the_controls_were_drawn() -> None:
    at = AppTest.from_function(with_another_link, default_timeout=20)
    at.query_params["k"] = "3"
    assert at.run().text[0].value == "3 First"
    at.session_state["go"] = True
    at.run()
    assert not at.exception
    assert at.text[0].value == "5 Second"


def test_the_address_of_a_part_is_without_what_another_part_has_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"part": controls.Choice("Part", ("one", "two")), "a": controls.Slider("Of one", 0, 9, 0),
             "b": controls.Slider("Of two", 0, 9, 0)}
    run = controls._Run("page", table, part="one", drawn=dict(table), values={"a": 5, "part": "two", "b": 3},
                        of_parts={"one": {"a"}, "two": {"b"}})     # of one page's run, whose part alone has rerun
    sent: dict[str, str | None] = {}
    monkeypatch.setattr(controls, "_run", lambda: run)
    monkeypatch.setattr(controls, "send_link", sent.update)
    controls.confirm_part("two")
    assert sent == {"a": None, "part": "two", "b": "3"}
