"""pacing: what lies below the first screen waits for the browser's first paint, once."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui import pacing

    st.text("first screen")
    pacing.after_paint(lambda: st.text("second"), lambda: st.text("third"))


def texts(at: AppTest) -> list[str]:
    assert not at.exception
    return [text.value for text in at.text]


def test_the_rest_follows_the_first_paint() -> None:
    at = AppTest.from_function(page).run()
    assert texts(at) == ["first screen"]
    at.session_state["painted"] = {"painted": True}     # as the browser's component commits it
    assert texts(at.run()) == ["first screen", "second", "third"]
    assert texts(at.run()) == ["first screen", "second", "third"]


def parts() -> None:
    import streamlit as st

    from ui import controls, page
    from ui.control_types import Choice

    sent = st.session_state.setdefault("sent", [])

    def send(text: str) -> None:
        sent.append(text)
        st.text(text)

    def part() -> None:
        page.in_time(lambda: send("above"), lambda: send("figure"))

    controls.use({"part": Choice("Part", ("one", "two"), menu=False)})
    page.parts({"one": part, "two": part}, {"At first": {}, "Then": {"part": "two"}}, {})


def test_a_figure_is_sent_last_when_its_part_opens_and_first_when_it_is_drawn_again() -> None:
    at = AppTest.from_function(parts, default_timeout=30)
    order = []
    for choice in ("one", "one", "two", "two"):
        at.session_state["sent"] = []
        if "part" in at.session_state:
            at.button_group(key="part").set_value(choice)
        assert texts(at.run()) == ["above", "figure"]
        assert [button.label for button in at.button][:1] == ["At first" if choice == "one" else "Then"]
        order.append(list(at.session_state["sent"]))
    assert order == [["above", "figure"], ["figure", "above"]] * 2
