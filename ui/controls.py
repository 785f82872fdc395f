"""Controls whose state is the link: drawn and read by their names in the page's table.

    CONTROLS = {"k": Slider("Components K", 1, 12, 2), ...}     # pages/<stem>/state.py
    controls.draw("k")       # draws the widget, bound to ?k=, and returns its value
    controls.value("k")      # reads it, at any time, also before it is drawn

A control at its default is not in the link. The link is checked when the page opens: a value that is not allowed is
clamped or ignored, with a note. `?hide=a,b` hides the named controls, whose values stay in use, and SECTIONS of a page.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ui.components.scroll_to import PARAMETER
from ui.control_types import Choice, Control, LogSlider, Number, Parameter, Slider, Switch, Text, plain, seed
from ui.streamlit_internals import (
    OWN_PARAMETERS,
    free_link,
    is_bound,
    is_history_step,
    restore_link,
    seed_from_link,
    send_link,
)

_RUN = "_controls"
_MISSING = object()     # one look into the session's state is slow enough to be worth sparing: 100 of them were 5 ms
PART, PRESET_ROW = "part", "presets"       # name of the control of the parts, key of the row of presets
OPENS = "opens"    # how the key of any other button begins that opens another state of the page
# Whose press is one step in the browser's history.
STEPS = f".st-key-{PART}, .st-key-{PRESET_ROW} button, [class*=st-key-{OPENS}] button"
PRESENT = "present"        # opens the page for the lecture hall
RESERVED = ("hide", PRESENT, "reveal", "answers", PARAMETER)   # query parameters that are no controls
EXPANDERS = ("code", "more")               # expanders that the link can open, on every page
SECTIONS = ("title", "situations", "terms", "questions", "challenge")   # what `?hide=` hides besides controls


@dataclass
class _Run:
    """The controls of one page in one run of its script and of the fragment reruns after it."""

    page: str
    table: Mapping[str, Control] = field(default_factory=dict)
    checked: bool = False       # whether the link was checked since the page was opened
    preset: str = ""            # the one that the page was in last
    part: str = ""              # the part of the lesson drawn last
    drawn: dict[str, Control] = field(default_factory=dict)   # with the limits of the last drawing
    limited: dict[str, Control] = field(default_factory=dict)   # the same, of earlier runs too
    values: dict[str, Any] = field(default_factory=dict)
    of_parts: dict[str, set[str]] = field(default_factory=dict)   # part -> controls that it has drawn in this session
    own: list[Callable[[], None]] = field(default_factory=list)   # ways back from own data that are shown


def begin(page: str) -> None:
    """Start a run of a page's script. The frame calls it. page: the page's URL path."""
    before = st.session_state.get(_RUN)
    if back := is_history_step():
        restore_link()
    if before is not None and (back or before.page != page):   # another page may have a control of the same name
        for name in (*before.table, *EXPANDERS):
            st.session_state.pop(name, None)
        before = None
    st.session_state[_RUN] = _Run(page) if before is None else _Run(
        page, before.table, before.checked, preset=before.preset, part=before.part, limited=before.limited,
        of_parts=before.of_parts)


def open_link(link: Mapping[str, str]) -> None:
    """Let the page begin again with the parameters of another link, before any control is drawn."""
    run = _run()
    for name in (*run.table, *EXPANDERS):
        st.session_state.pop(name, None)
    st.session_state[_RUN] = _Run(run.page)
    free_link()
    st.query_params.from_dict(link)
    seed_from_link()


def page() -> str:
    """The URL path of the page that runs; "" outside the frame."""
    return _run().page


def part() -> str:
    """The part of the lesson that was drawn last; "" on a page without parts."""
    return str(_run().values.get(PART, ""))


def use(table: Mapping[str, Control]) -> None:
    """Set the controls of the page; on its first run, check the link and note each value that is not allowed.

    table: name -> control. A name is the query parameter too.
    """
    run = _run()
    run.table = table
    if run.checked:
        return
    run.checked = True
    _rename_old_parameters(run)
    problems = [_read_link(name, table[name]) if name in table else _read_other(name) for name in list(st.query_params)]
    problems += [f"`hide` names a control `{plain(name)}` that this page does not have. It has {', '.join(table)}; and "
                 f"on every page {', '.join(SECTIONS)}." for name in hidden() - set(table) - {*EXPANDERS, *SECTIONS}]
    note(*filter(None, problems))


def _run() -> _Run:
    run: _Run | None = st.session_state.get(_RUN)
    if run is None:
        begin("")
        run = st.session_state[_RUN]
    return run


def _rename_old_parameters(run: _Run) -> None:
    for name, control in run.table.items():
        if isinstance(control, Choice):
            _rename_old_option(name, control)
        if control.formerly and control.formerly in st.query_params:
            st.query_params[name] = st.query_params[control.formerly]
            del st.query_params[control.formerly]
            seed_from_link()


def _rename_old_option(name: str, control: Choice) -> None:
    """Set the option that an older link meant, by its old name or by a parameter that belonged to it."""
    before = st.query_params.get(name)
    implied = next((option for old, option in control.implied.items() if _links(old)), None)
    now = implied if before is None else control.renamed.get(before)
    if now is not None:
        _write_link(name, control, now)


def _links(old: str) -> bool:
    """Whether the link has a parameter, `name`, or one with this value, `name=value`."""
    name, given, value = old.partition("=")
    return name in st.query_params and (not given or st.query_params[name] == value)


def note(*texts: str) -> None:
    """Show sentences to the visitor, several as a list in one box. A visitor's words are `plain` or `messages.escaped`.

    Links and images are made of no words at all.
    """
    if texts:
        listed = texts[0] if len(texts) == 1 else "\n".join(f"* {text}" for text in texts)
        st.info(re.sub(r"(?<!\\)([\[<])", r"\\\1", listed), icon=":material/info:")


def hidden() -> set[str]:
    """Names of controls that the link hides."""
    return {name.strip() for name in st.query_params.get("hide", "").split(",") if name.strip()}


def draw(name: str, *, disabled: bool = False, **limits: Any) -> Any:
    """Draw a control, unless the link hides it, and return its value.

    name: in the page's table. disabled: whether the widget is inactive. limits: fields that replace those of the
    table's entry, where they depend on the data (options, high, label).
    """
    run = _run()
    control = _control(run, name, limits)
    kept = st.session_state.get(name, _MISSING)
    if kept is _MISSING and name in st.query_params:
        note(*filter(None, [_read_link(name, control)]))
        kept = st.session_state.get(name, _MISSING)
    if name in hidden():
        shown = _hidden_value(run, name, control)
    else:
        other_limits = run.limited.get(name, control) != control
        if kept is not _MISSING and ((fitting := control.fit(kept)) != kept or other_limits or _in_new_part(run, name)):
            st.session_state[name] = fitting
            if other_limits:    # a new widget for Streamlit, which begins with the link
                _write_link(name, control, fitting)
        widget = replace(control, now=value(name, **limits)) if isinstance(control, LogSlider) else control
        shown = widget.widget({"key": name, "bind": "query-params"}, disabled)
    run.drawn[name] = run.limited[name] = control
    run.values[name] = shown
    if name != PART and part():
        run.of_parts.setdefault(part(), set()).add(name)
    return shown


def _in_new_part(run: _Run, name: str) -> bool:
    """Whether the part that is drawn is not the one drawn before. Its widgets are new to the browser.

    Streamlit sends the value of a widget that comes back once. Where the next run begins before the browser has drawn
    it, the browser starts at the default and tells that to the server, as if it had been chosen.
    """
    return run.part != "" and name != PART and run.part != run.values.get(PART)


def confirm_part(part: str) -> None:
    """Send the browser the address of a part that was not the one drawn before, after it is drawn. part: its name."""
    run = _run()
    if run.part not in ("", part):
        st.query_params.pop(PARAMETER, None)    # it names a place of the part before
        others = _of_other_parts()
        for name in others:         # bound widgets of another part leave the link by themselves
            if isinstance(run.table[name], Parameter):
                st.query_params.pop(name, None)
        send_link({name: None if name in others or shown == run.drawn[name].default else run.drawn[name].to_text(shown)
                   for name, shown in run.values.items()})
    run.part = part


def value(name: str, **limits: Any) -> Any:
    """The value of a control, drawn or not. name, limits: as for `draw`."""
    return _value(name, _control(_run(), name, limits))


def _value(name: str, control: Control) -> Any:
    kept = st.session_state.get(name, _MISSING)
    if kept is not _MISSING:
        return control.fit(kept)
    return control.parse(st.query_params[name])[0] if name in st.query_params else control.default


def value_of_part(name: str) -> Any:
    """The value of a parameter that belongs to the part that is drawn: it is in the link as long as this part is."""
    run, found = _run(), value(name)
    if part():
        run.of_parts.setdefault(part(), set()).add(name)
        if found != run.table[name].default and name not in st.query_params:
            _write_link(name, run.table[name], found)
    return found


def default(name: str) -> Any:
    """The default of a control in the page's table."""
    return _run().table[name].default


def set_value(name: str, new: Any) -> None:
    """Set a control from code, in a callback or before it is drawn. new: its value, None for its default."""
    run = _run()
    control = run.table[name]
    new = control.default if new is None else new
    if new is None:
        st.session_state.pop(name, None)
    else:
        st.session_state[name] = new
    if not is_bound(name):      # a drawn widget writes the link itself
        _write_link(name, control, new)


def reset(preset: Mapping[str, Any] | None = None) -> None:
    """Set the controls of a preset and all others of the page to their defaults. A button's callback.

    preset: name of a control -> its value. Own data that the page shows are no longer shown; they are kept.
    """
    st.query_params.pop(PARAMETER, None)        # another situation begins at the top
    for back in _run().own:
        back()
    for control in _run().table:
        set_value(control, (preset or {}).get(control))


def shows_own_data(back: Callable[[], None]) -> None:
    """Say that the page shows a visitor's own data, which no control has, in place of its own. back: undoes that."""
    _run().own.append(back)


def begin_part() -> None:
    """Forget the own data that the part showed when it was drawn before."""
    _run().own.clear()


def last_preset(active: str = "") -> str:
    """The name of the preset that the page was in last, "" before the first. active: the one that it is in now."""
    run = _run()
    run.preset = active or run.preset
    return run.preset


def active(presets: Mapping[str, Mapping[str, Any]]) -> str:
    """The first preset that the page is in: every control has the preset's value, or its default; "" for none.

    presets: name -> control -> value. A parameter that moves within a situation has any value, unless the preset gives
    one; so has a control that other parts draw and this one does not, unless one of the presets gives it a value. With
    a visitor's own data the page is in none.
    """
    if _run().own:
        return ""
    run, now, elsewhere = _run(), dict[str, Any](), _of_other_parts().difference(*presets.values())
    here = run.of_parts.get(part(), set())      # first: one of them has been moved, and the others are slow to look up
    table = {name: run.table[name] for name in sorted(run.table, key=lambda name: name not in here)}

    def equal(name: str, wanted: Any) -> bool:
        if name not in now:
            now[name] = _value(name, table[name])
        return _same(now[name], wanted)

    def has(preset: Mapping[str, Any]) -> bool:
        return all(equal(name, preset.get(name, control.default)) for name, control in table.items()
                   if name in preset or not (name in elsewhere or (isinstance(control, Parameter) and control.within)))

    return next((name for name, preset in presets.items() if has(preset)), "")


def _of_other_parts() -> set[str]:
    """The controls that other parts of the page have drawn in this session and this one has not."""
    found = _run().of_parts
    return set[str]().union(*found.values()) - found.get(part(), set())


def is_new(part: str) -> bool:
    """Whether a part is drawn for the first time in this session, after another one. Its controls are not yet known."""
    known = _run().of_parts
    return bool(known) and part not in known


def matches(preset: Mapping[str, Any]) -> bool:
    """Whether the page is in this preset. preset: control -> value."""
    return active({"it": preset}) != ""


def _same(one: Any, other: Any) -> bool:
    """Whether two values of a control are equal; None is the default of a control whose options come later."""
    return other is None or one == other or (isinstance(one, tuple | list) and list(one) == list(other))


def _control(run: _Run, name: str, limits: Mapping[str, Any]) -> Control:
    control: Any = run.table[name]
    return replace(control, **limits) if limits else control


def _read_link(name: str, control: Control) -> str:
    """Check the link's text: "" or a sentence. Store a value that no bound widget will read from the link."""
    found, problem = control.parse(st.query_params[name])
    if problem:
        _write_link(name, control, found)
    if found is not None and isinstance(control, Parameter):
        st.session_state[name] = found
    return problem


def _read_other(name: str) -> str:
    """Check a parameter that is no control, as `_read_link`, and drop it where it means nothing."""
    given = st.query_params[name]
    if name == PRESENT and given not in ("0", "1", "false", "true"):
        del st.query_params[name]
        return f"The link asks for `{PRESENT}={plain(given)}`; the lecture hall is `{PRESENT}=1`."
    if name in (*RESERVED, *EXPANDERS) or name.startswith(OWN_PARAMETERS):
        return ""
    del st.query_params[name]
    return f"The link has a parameter `{plain(name)}` that this page does not know; it was ignored."


def _hidden_value(run: _Run, name: str, control: Control) -> Any:
    """The value of a control that is not drawn, written to session and link again so that it is not lost."""
    found = value(name) if control is run.table[name] else control.fit(value(name))
    if name in st.session_state:
        st.session_state[name] = found   # Streamlit deletes the value of a widget that is not drawn
        _write_link(name, control, found)
    return found


def _write_link(name: str, control: Control, found: Any) -> None:
    """Write a value to the link, from which a widget begins that is drawn for the first time."""
    free_link(name)
    if found == control.default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = control.to_text(found)
    seed_from_link()


def expander(label: str, name: str, icon: str) -> Any:
    """An expander that the link opens with `?name=true`; draw its content only while its `open` is true.

    name: one of EXPANDERS.
    """
    return st.expander(label, icon=icon, key=name, bind="query-params")


@contextmanager
def advanced(label: str = "More settings", icon: str = ":material/tune:") -> Iterator[bool]:
    """An expander for controls that are rarely used. Yields whether to draw them: from its first opening on.

    They stay drawn when it closes, because Streamlit removes the query parameter of a bound widget that is not drawn.
    """
    run = _run()
    place, opened = expander(label, "more", icon), f"_opened {run.page}"
    if place.open:
        st.session_state[opened] = True
    with place:
        yield opened in st.session_state


__all__ = ["Choice", "Control", "LogSlider", "Number", "Parameter", "Slider", "Switch", "Text", "active", "advanced",
           "begin", "begin_part", "confirm_part", "default", "draw", "expander", "hidden", "is_new", "last_preset",
           "matches", "note", "open_link", "page", "part", "reset", "seed", "set_value", "shows_own_data", "use",
           "value", "value_of_part"]
