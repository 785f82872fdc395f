"""The anatomy of a page: opening, claim with live numbers, figure, presets, challenge, the code that ran, next.

A page calls these from top to bottom; the order of calls is the order on the page.
"""

import base64
import html
import inspect
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from ui import controls, share_link, source_code, style
from ui.components.live_figure import live_figure
from ui.contents import following
from ui.contents import lesson as find
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

FOLD = 0.6   # seconds
BELOW = 0.1   # seconds
SCRIPT_MARK = "# This reproduces the numbers of the page."


def palette() -> Palette:
    """The colours of the theme that this visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def opening(stem: str, table: Mapping[str, controls.Control], lead: str = "") -> None:
    """Title, the question that the page answers, its slides, the link to this state, and what in it is not allowed.

    `table`: the page's controls, of its state.py.
    """
    entry = find(stem)
    st.title(entry.title, anchor=False)
    with st.container(key="lead"):
        st.markdown(lead or entry.question)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Slides: {entry.slides}", width="stretch")
        share_link.copy_button()
    controls.use(table)


def term(meaning: str, latex: str, value: float | str | None = None, unit: str = "") -> str:
    """LaTeX of one term in its meaning's colour, with its live number under a brace."""
    coloured = rf"\textcolor{{{palette()[meaning]}}}{{{latex}}}"
    if value is None:
        return coloured
    number = value if isinstance(value, str) else f"{value:.4g}"
    unit_latex = rf"\,\text{{{unit}}}" if unit else ""
    return rf"\underbrace{{{coloured}}}_{{\textcolor{{{palette()[meaning]}}}{{{number}{unit_latex}}}}}"


def claim(text: str, formula: str) -> None:
    """What the page claims: one sentence (markdown, may hold $math$) and its formula built with `term`."""
    st.markdown(text)
    st.latex(formula)


def heading(text: str) -> None:
    """A section of the page."""
    st.subheader(text, anchor=False)


def figure(fig: Figure, *, key: str, alt: str) -> None:
    """Show a figure with its alt text (one sentence with the current numbers)."""
    live_figure(fig, key=key, alt=alt)


def picture(png: bytes, *, alt: str, width: int) -> None:
    """Show a small picture enlarged, pixel by pixel, up to `width` CSS pixels wide (our own pictures only).

    It travels inside the page: pictures by address answer 404 when they change quickly.
    """
    data = base64.b64encode(png).decode()
    st.html(f'<img class="pixels" style="width:min(100%,{width:d}px)" alt="{html.escape(alt)}" '
            f'src="data:image/png;base64,{data}">')


def presets(entries: Mapping[str, Mapping[str, Any]], *, label: str = "Situations",
            notes: Mapping[str, str] | None = None, then: Callable[[], None] | None = None) -> None:
    """Named situations as buttons: each sets some controls and puts all others of the page back to their defaults.

    `notes` say, by name, what to look at; the chosen one's is shown. `then` is called after each choice.
    """
    def choose(name: str) -> None:
        controls.reset(entries[name], name)
        if then:
            then()

    with st.container(horizontal=True, key="presets", vertical_alignment="center"):
        st.caption(label, width="content")
        for name, state in entries.items():
            st.button(name, key=f"preset {name}", on_click=choose, args=(name,), type="tertiary",
                      help=", ".join(f"{control} = {value}" for control, value in state.items()) or "the first state")
    if controls.preset() in (notes or {}):
        st.markdown((notes or {})[controls.preset()])


def parts(entries: Mapping[str, Callable[[], None]]) -> None:
    """One part of the lesson at a time, by its name. A control of a part reruns that part and nothing around it.

    The control "part" of the page's table names them.
    """
    section(entries[controls.draw("part")])


def section(draw: Callable[[], None]) -> None:
    """Call `draw` now, and again, alone, whenever a control of its own changes: nothing after it may depend on them."""
    st.fragment(draw)()


def fold() -> None:
    """Here the first view ends. On a page's first run a browser gets FOLD seconds to draw it before more arrives.

    What arrives is rendered in order of arrival: without the pause the last paragraph delays the first picture.
    """
    drawn = f"_drawn {st.context.url}"
    if st.runtime.exists() and drawn not in st.session_state:
        st.session_state[drawn] = True
        time.sleep(FOLD)


def below() -> None:
    """What follows lies below a control's answer: while a part alone runs, the answer gets BELOW seconds to be drawn.

    A browser renders in order of arrival, on one thread: what is looked at need not wait for the rest of the part.
    """
    if st.runtime.exists() and False:
        time.sleep(BELOW)


def challenge(task: str, reached: bool, progress: str) -> None:
    """A task with a numeric goal; `progress` says where the person stands, in numbers."""
    with st.container(border=True, key="challenge box"):
        st.markdown(f"**Challenge.** {task}")
        if reached:
            st.success(f"Reached: {progress}", icon=":material/check_circle:")
        else:
            st.caption(f"Not yet: {progress}")


def code(functions: Sequence[Callable[..., Any]], *, formula: str, script: str,
         numbers: Mapping[str, float]) -> None:
    """The code that ran: source of the functions behind the figure, and a script that reproduces its numbers.

    `script` uses `dgm` alone and ends with `numbers = {...}`; what it prints has to be what the page shows.
    It is written out while it is open (`?code=true`).
    """
    shown = controls.expander("The code that ran", "code", ":material/code:")
    if not shown.open:
        return
    with shown:
        st.markdown("The slide's formula")
        st.latex(formula)
        sources = [inspect.getsource(function) for function in functions]
        if names := source_code.found(sources):
            st.markdown("Names in the code, in the colours of the page: "
                        + ", ".join(_named(meaning, name) for name, meaning in names))
        for function, source in zip(functions, sources, strict=True):
            st.caption(f"`{function.__module__}.{function.__qualname__}`")
            st.code(source, language="python", wrap_lines=True)
        st.markdown("Run it yourself, from the project's folder: the same numbers without the page")
        st.code(reproduction(script), language="python", wrap_lines=True)
        st.caption("prints")
        st.code(printed(numbers), language="text")


def reproduction(script: str) -> str:
    """The whole script: marked, and printing its `numbers`."""
    show = 'for name, value in numbers.items():\n    print(f"{name}: {value:.6g}")'
    return f"{SCRIPT_MARK}\n{textwrap.dedent(script).strip()}\n{show}"


def printed(numbers: Mapping[str, float]) -> str:
    """What the script prints when it agrees with the page."""
    return "\n".join(f"{name}: {value:.6g}" for name, value in numbers.items())


def closing(stem: str) -> None:
    """The way on: the next lesson, and the map."""
    entry = following(stem)
    if style.presenting():
        return
    st.divider()
    with st.container(horizontal=True):
        st.page_link(find("home").path, label="The map of the lecture", icon=find("home").icon)
        if entry:
            st.page_link(entry.path, label=f"Next: {entry.title}", icon=":material/arrow_forward:")


def swatch(meaning: str, text: str) -> str:
    """Markdown of a word in its meaning's colour, for legends in running text (our own text only)."""
    return rf"$\textcolor{{{palette()[meaning]}}}{{\textbf{{{text}}}}}$"


def _named(meaning: str, name: str) -> str:
    """Markdown of a name of the code in its meaning's colour."""
    spelled, said = name.replace("_", r"\_"), "" if name == meaning else f" ({meaning})"
    return rf"$\textcolor{{{palette()[meaning]}}}{{\texttt{{{spelled}}}}}${said}"


__all__ = ["BELOW", "FOLD", "SCRIPT_MARK", "below", "challenge", "claim", "closing", "code", "figure", "fold",
           "heading", "opening", "palette", "parts", "picture", "presets", "printed", "reproduction", "section",
           "swatch", "term", "theme"]
