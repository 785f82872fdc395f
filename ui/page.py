"""The elements of a page: opening, presets, parts, claim with live numbers, figure, challenge, closing.

A page calls them in the order in which they appear.
"""

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import streamlit as st

from ui import contents, controls, lecture_hall, pacing, slides, style
from ui.components import share_link
from ui.components.live_figure import live_figure
from ui.figures.spec import Figure
from ui.figures.written import latex as latex_number
from ui.glossary import TERMS
from ui.kept_work import work
from ui.streamlit_internals import free_link, seed_from_link
from ui.style import palette
from ui.take_home import naming


def opening(stem: str, table: Mapping[str, controls.Control], lead: str = "") -> None:
    """Title, question, slides, "Show answers", the button that copies the link, and notes about the link.

    stem: the lesson's. table: the page's controls, from its state.py. lead: markdown instead of the lesson's question.
    """
    if "title" not in controls.hidden():
        _title(contents.entry(stem), lead)
    controls.use(table)


def _title(entry: contents.Lesson, lead: str) -> None:
    """The title with what stands beside it, and the question."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="opening"):
        st.title(entry.title, anchor=False)
        with st.popover("Slides", type="tertiary"):
            st.markdown(f"The slides that this page explains:\n\n{slides.list_of(entry.stem)}")
        if entry is not contents.HOME:
            _answers_switch()
        share_link.copy_button()
        lecture_hall.door()
    with st.container(key="lead"):
        st.markdown(lead or entry.question)


def _answers_switch() -> None:
    """The switch that opens the answers of all questions; it is `?reveal=` of the link."""
    if st.query_params.get("reveal") == "1":     # as older links and the README write it; a bound switch reads "true"
        free_link("reveal")
        st.query_params["reveal"] = "true"
        seed_from_link()
    st.toggle("Show answers", key="reveal", bind="query-params",
              help="Opens the answers of all questions on this page, for reading or projecting it.")


def introduction(text: str, formula: str, terms: Sequence[str] = ()) -> None:
    """How a part begins: what is to be seen, in plain sentences, the slide's formula beside it, and its terms.

    text: two or three sentences in markdown. formula: LaTeX, built with `term`. terms: of the glossary; one tap away,
    with the same text on every page.
    """
    if style.presenting():
        with st.container(key="words " + " ".join(terms)), st.popover("In words", type="tertiary"):
            _words(text, formula)
            st.markdown(lecture_hall.KEYS)
        return
    _words(text, formula, terms)


def _words(text: str, formula: str, terms: Sequence[str] = ()) -> None:
    words, slide = st.columns((3, 2), vertical_alignment="center")
    with words:
        st.markdown(text)
        glossary_terms(terms)       # beside the formula, which is higher than the text: the figure comes earlier
    with slide:
        st.latex(formula)


def glossary_terms(terms: Sequence[str]) -> None:
    """A button with the names of terms; a tap shows their definitions. terms: keys of `ui.glossary.TERMS`."""
    if not terms or "terms" in controls.hidden():
        return
    # One for all: each element of a page takes the server 0.2 ms of every rerun, and a phone shows no row of eight.
    with st.popover(f"Terms: {', '.join(terms)}", type="tertiary", key="terms " + " ".join(terms)):
        st.markdown("\n\n".join(f"**{name}**: {TERMS[name]}" for name in terms))


def term(meaning: str, latex: str, value: float | str | None = None, unit: str = "") -> str:
    """LaTeX of one term in its meaning's colour, with its live number under a brace.

    meaning: a key of the palette ("evidence", "kl"). latex: the term. value: its number, or LaTeX; None: no brace.
    unit: what the number counts, as text.
    """
    colour = palette()[meaning]
    coloured = rf"\textcolor{{{colour}}}{{{latex}}}"
    if value is None:
        return coloured
    number = value if isinstance(value, str) else latex_number(value)
    unit_latex = rf"\,\text{{{unit}}}" if unit else ""
    return rf"\underbrace{{{coloured}}}_{{\textcolor{{{colour}}}{{{number}{unit_latex}}}}}"


def swatch(meaning: str, text: str) -> str:
    """Markdown of a text in its meaning's colour, for legends. meaning: a key of the palette. text: not a visitor's."""
    return rf"$\textcolor{{{palette()[meaning]}}}{{\textbf{{{text}}}}}$"


def claim(text: str, formula: str) -> None:
    """What the page claims. text: one sentence in markdown, may hold $math$. formula: LaTeX, built with `term`."""
    st.markdown(text)
    st.latex(formula)


def heading(text: str) -> None:
    """The heading of a section, without an anchor."""
    st.header(text, anchor=False)


def figure(fig: Figure, *, key: str, alt: str) -> None:
    """Show a figure that cannot be edited. key: of the component. alt: one sentence with the current numbers."""
    live_figure(fig, key=key, alt=alt)


def picture(png: bytes, *, alt: str, width: int) -> None:
    """Show a small picture enlarged, pixel by pixel.

    It is embedded in the page: images with a URL of their own answer 404 when they change quickly.
    png: the file's content. alt: what it shows, one sentence. width: the largest, CSS pixels.
    """
    data, saved = base64.b64encode(png).decode(), naming.saved("picture")
    st.html(f'<div class="picture"><img class="pixels" style="width:min(100%,{width:d}px)" alt="{html.escape(alt)}" '
            f'src="data:image/png;base64,{data}"><div class="dgm-tools"><button type="button" class="dgm-save-picture" '
            f'data-title="{html.escape(saved["title"])}" data-name="{html.escape(saved["name"])}">Save</button></div>'
            "</div>")


def presets(entries: Mapping[str, Mapping[str, Any]], *, label: str = "Situations",
            notes: Mapping[str, str] | None = None, then: Callable[[], None] | None = None) -> None:
    """Buttons that each set some controls, and all others of the page to their defaults.

    entries: label -> control -> value. label: of the row. notes: label -> what to look at, shown while the page is in
    this situation; after a change its place stays. then: called after each choice.
    """
    def choose(name: str) -> None:
        controls.reset(entries[name])
        if then:
            then()

    if "situations" in controls.hidden():
        return
    active = controls.active(entries)
    with st.container(horizontal=True, key=controls.PRESET_ROW, vertical_alignment="center"):
        st.caption(label, width="content")
        for name in entries:
            st.button(name, key=f"preset {name}", on_click=choose, args=(name,),
                      type="secondary" if name == active else "tertiary",
                      icon=":material/arrow_right:" if name == active else None)
    last = controls.last_preset(active)
    _note(last, (notes or {}).get(last, "") if last in entries else "", active)


def _note(situation: str, note: str, active: str) -> None:
    """The sentence of a situation. Once a control has changed it may be wrong: its place, as high, then says so.

    The container is always there: an element that comes and goes would take the focus from those after it.
    """
    changed = bool(note) and situation != active
    with st.container(key="note-changed" if changed else "note"):
        if note:
            st.markdown(note)
        if changed:
            st.markdown(f"This is no longer the situation *{situation}*.")


def parts(entries: Mapping[str, Callable[[], None]], situations: Mapping[str, Mapping[str, Any]] | None = None,
          notes: Mapping[str, str] | None = None, then: Callable[[], None] | None = None,
          own: Callable[[], bool] = lambda: False) -> None:
    """Draw the control "part", the situations of the chosen part and the part itself, as a fragment.

    entries: name, as in the page's table -> function that draws the part. situations, notes, then: as for `presets`; a
    situation belongs to the part that it sets, or to the first one. own: whether a visitor has chosen own data that no
    control has: whether the page can show them is known once the part is drawn.
    """
    def chosen() -> None:
        part = controls.draw(controls.PART)
        lecture_hall.ways(contents.entry(controls.page() or contents.HOME.stem), list(entries), part)
        first = controls.default(controls.PART)
        here = {name: state for name, state in (situations or {}).items() if state.get(controls.PART, first) == part}
        row = st.container() if here else None
        controls.begin_part()
        later = controls.is_new(part) or own()     # which controls a new part has is known once it is drawn
        if later:
            entries[part]()
        if row:
            with row:
                presets(here, notes=notes, then=then)
        if not later:
            entries[part]()
        controls.confirm_part(part)

    section(chosen)


def section(draw: Callable[[], None]) -> None:
    """Run `draw` as a fragment: its controls rerun it alone, so nothing after it may depend on them."""
    @wraps(draw)    # by its name Streamlit knows the fragment
    def drawn() -> None:
        with pacing.turn():
            draw()
        work.remember_place(controls.page(), st.query_params.to_dict())

    st.fragment(drawn)()


def challenge(task: str, reached: bool, progress: str) -> None:
    """A task with a numeric goal. task: markdown. reached: whether the goal is. progress: the current numbers."""
    if "challenge" in controls.hidden():
        return
    with st.container(border=True, key="challenge box"):
        st.markdown(f"**Challenge.** {task}")
        if reached:
            st.success(f"Reached: {progress}", icon=":material/check_circle:")
        else:
            st.caption(f"Not yet: {progress}")


def closing(stem: str) -> None:
    """Links to the overview of the lessons and to the lesson after `stem`, which keep `?present=1`."""
    kept = lecture_hall.PRESENT if style.presenting() else None
    with st.container(key="closing"):
        st.divider()
        ways = st.container(horizontal=True)
    with ways:
        st.page_link(contents.HOME.path, label="Overview of the lessons", icon=contents.HOME.icon, query_params=kept)
        if after := contents.following(stem):
            st.page_link(after.path, label=f"Next: {after.title}", icon=":material/arrow_forward:", query_params=kept)


__all__ = ["challenge", "claim", "closing", "figure", "glossary_terms", "heading", "introduction", "opening",
           "palette", "parts", "picture", "presets", "section", "swatch", "term"]
