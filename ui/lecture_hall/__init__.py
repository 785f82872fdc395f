"""The lecture hall, `?present=1`: the ways in and out, the ways to the next part and page, and the keys.

    Page Down, Page Up, arrows   a half-step on or back; at the ends the next part or page
    N, P                         the next part or page, the one before
    Space                        play, pause
    E, M                         the half-step with this name
    F                            the figure fills the screen
    X                            leave
"""

import json
from collections.abc import Sequence

import streamlit as st

from ui import contents, controls, style
from ui.components import assets
from ui.contents import Lesson
from ui.streamlit_internals import IDLE

PRESENT = {"present": "1"}
BACK, ON, OUT = "hall-back", "hall-next", "leave-hall"     # keys of the elements, which lecture_hall.js looks for
KEYS = ("Keys: Page Down and Page Up step. N goes to the next part or page, P back. Space plays, E and M take the "
        "half-step of that name, F fills the screen, X leaves.")

_keys = st.components.v2.component("lecture_hall", js=f"const NO_SCRIPT_RUNS = {json.dumps(IDLE)};\n"
                                                           + assets.script("lecture_hall.js"))


def door() -> None:
    """The button that opens the page for the lecture hall; there, the one that leaves it, and the keys."""
    if style.presenting():
        with st.container(key="hall-out"):
            st.button("Leave", key=OUT, icon=":material/close:", type="tertiary", on_click=_leave, help=KEYS)
        _keys(key="hall keys", height=1)
    else:
        st.button("Lecture hall", key="enter-hall", icon=":material/slideshow:", type="tertiary", on_click=_enter,
                  help="For a projector: the figure first, larger text, no menu.")


def _enter() -> None:
    st.query_params.update(PRESENT)


def _leave() -> None:
    del st.query_params["present"]


def ways(entry: Lesson, parts: Sequence[str] = (), part: str = "") -> None:
    """In the lecture hall, the ways to the part before and to the next one, or to the pages beside this one.

    entry: the page. parts: of it, in their order. part: the one that is shown.
    """
    if not style.presenting():
        return
    place = parts.index(part) if part else 0
    with st.container(key="hall-ways", horizontal=True, gap="small"):
        _way(BACK, "Back", ":material/arrow_back:", parts[place - 1] if place else "", _beside(entry, -1))
        _way(ON, "Next", ":material/arrow_forward:", "".join(parts[place + 1:place + 2]), _beside(entry, 1))


def _beside(entry: Lesson, step: int) -> Lesson:
    """The page before this one or after it; the home page stands before the first and after the last."""
    pages = (contents.HOME, *contents.LESSONS)
    return pages[(pages.index(entry) + step) % len(pages)]


def _way(key: str, word: str, icon: str, part: str, lesson: Lesson) -> None:
    """One way: to a part of this page, or else to another page."""
    with st.container(key=key, width="content"):
        if part:
            st.button(f"{word}: {part}", key=f"{controls.OPENS} {key}", icon=icon, type="tertiary",
                      on_click=controls.set_value, args=(controls.PART, part))
        else:
            st.page_link(lesson.path, label=f"{word}: {lesson.title}", icon=icon, query_params=PRESENT)


__all__ = ["KEYS", "PRESENT", "door", "ways"]
