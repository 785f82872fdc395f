"""Controls whose state is the link: drawn and read by their names in the page's table.

    CONTROLS = {"k": Slider("Components $K$", 1, 12, 2), ...}     # pages/<stem>/state.py
    controls.draw("k")       # draws the widget, bound to ?k=, and returns its value
    controls.value("k")      # reads it, at any time, also before it is drawn

The default stays out of the link. What a link says is checked when the page opens: clamped or ignored, and a note says
so. `?hide=a,b` takes the named controls off the page while their values hold.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ui.control_types import Choice, Control, Number, Parameter, Slider, Switch, Text, plain, seed
from ui.streamlit_internals import OWN_PARAMETERS

_RUN = "_controls"
RESERVED = ("hide", "present", "reveal")   # what a link may carry beside controls
EXPANDERS = ("code", "more")               # expanders that the link may open, on every page


@dataclass
class _Run:
    """The controls of one page in one run of its script and of the fragments that follow it."""

    page: str
    table: Mapping[str, Control] = field(default_factory=dict)
    checked: bool = False       # whether the link was checked since the page was opened
    preset: str = ""            # the preset chosen last
    resets: int = 0             # how often one was chosen
    drawn: dict[str, Control] = field(default_factory=dict)   # with the limits that they were drawn with
    values: dict[str, Any] = field(default_factory=dict)
    repaired: set[str] = field(default_factory=set)           # whose text in the link was not allowed


def begin(page: str) -> None:
    """Start a run of a page's script. The frame calls it."""
    before = st.session_state.get(_RUN)
    if before is not None and before.page != page:   # a name means something else there
        for name in (*before.table, *EXPANDERS):
            st.session_state.pop(name, None)
        before = None
    st.session_state[_RUN] = _Run(page) if before is None else _Run(page, before.table, before.checked, before.preset,
                                                                                before.resets)


def use(table: Mapping[str, Control]) -> None:
    """The controls of the page; on the first run, check the link and show here what in it is not allowed."""
    run = _run()
    run.table = table
    if run.checked:
        return
    run.checked = True
    _rename_old_parameters(run)
    for name in list(st.query_params):
        if name in table:
            _take_from_link(run, name, table[name])
        elif name not in (*RESERVED, *EXPANDERS) and not name.startswith(OWN_PARAMETERS):
            del st.query_params[name]
            note(f"The link has a parameter `{plain(name)}` that this page does not know; it was ignored.")
    for name in hidden() - set(table) - {*EXPANDERS}:
        note(f"`hide` names a control `{plain(name)}` that this page does not have.")


def _run() -> _Run:
    if _RUN not in st.session_state:
        begin("")
    return st.session_state[_RUN]


def _rename_old_parameters(run: _Run) -> None:
    for name, control in run.table.items():
        if control.formerly and control.formerly in st.query_params:
            st.query_params[name] = st.query_params[control.formerly]
            del st.query_params[control.formerly]
            run.repaired.add(name)


def note(text: str) -> None:
    """One sentence to the person, beside what is drawn now. A visitor's words in it become no link and no picture."""
    st.info(text.replace("[", r"\[").replace("<", r"\<"), icon=":material/info:")


def hidden() -> set[str]:
    """Names of controls that the link hides."""
    return {name.strip() for name in st.query_params.get("hide", "").split(",") if name.strip()}


def draw(name: str, *, disabled: bool = False, **limits: Any) -> Any:
    """Draw the control of this name, unless the link hides it, and return its value.

    `limits` replace fields of its entry in the table, where they depend on the data: options, high, label ...
    """
    run = _run()
    control = _control(run, name, limits)
    if name not in st.session_state and name in st.query_params:
        _take_from_link(run, name, control)
    if name in hidden():
        value = _hold(run, name, control)
    else:
        if name in st.session_state and (fitting := control.fit(st.session_state[name])) != st.session_state[name]:
            st.session_state[name] = fitting
        binding: dict[str, Any] = {"key": name}
        if name not in run.repaired:   # a bound widget reads the browser's own text first, and trips over infinity
            binding["bind"] = "query-params"
        value = control.widget(binding, disabled)
    run.drawn[name], run.values[name] = control, value
    return value


def value(name: str, **limits: Any) -> Any:
    """The value of the control of this name, drawn or not; `limits` as for `draw`."""
    control = _control(_run(), name, limits)
    if name in st.session_state:
        return control.fit(st.session_state[name])
    return control.parse(st.query_params[name])[0] if name in st.query_params else control.default


def default(name: str) -> Any:
    """What the page's table says the control of this name starts with."""
    return _run().table[name].default


def set_value(name: str, new: Any) -> None:
    """Set a control from code: in a callback, or before it is drawn. None puts it back to its default."""
    run = _run()
    control = run.table[name]
    new = control.default if new is None else new
    if new is None:
        st.session_state.pop(name, None)
    else:
        st.session_state[name] = new
    if name not in run.drawn:   # a drawn widget writes its own text into the link
        _write_link(name, control, new)


def reset(preset: Mapping[str, Any] | None = None, name: str = "") -> None:
    """Set the controls of a preset, and all others of the page to their defaults (a button's callback)."""
    run = _run()
    run.preset, run.resets = name, run.resets + 1
    for control in run.table:
        set_value(control, (preset or {}).get(control))


def preset() -> str:
    """The name of the preset chosen last on this page, empty before the first."""
    return _run().preset


def _control(run: _Run, name: str, limits: Mapping[str, Any]) -> Control:
    control: Any = run.table[name]
    return replace(control, **limits) if limits else control


def _take_from_link(run: _Run, name: str, control: Control) -> None:
    """Check the link's text; keep in the session what has no widget, or what had to be repaired."""
    found, complaint = control.parse(st.query_params[name])
    if complaint:
        note(complaint)
        run.repaired.add(name)
        _write_link(name, control, found)
    if found is not None and (name in run.repaired or isinstance(control, Parameter)):
        st.session_state[name] = found


def _hold(run: _Run, name: str, control: Control) -> Any:
    """The value of a control that is not drawn, kept in session and link."""
    found = value(name) if control is run.table[name] else control.fit(value(name))
    if name in st.session_state:
        st.session_state[name] = found   # Streamlit drops a widget's value when the widget is gone
        _write_link(name, control, found)
    return found


def _write_link(name: str, control: Control, found: Any) -> None:
    if found == control.default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = control.spell(found)


def expander(label: str, name: str, icon: str) -> Any:
    """An expander of EXPANDERS whose content is made while it is `open`; `?name=true` opens it."""
    return st.expander(label, icon=icon, key=name, bind="query-params")


@contextmanager
def advanced(label: str = "More settings", icon: str = ":material/tune:") -> Iterator[bool]:
    """An expander for controls that are rarely used. Yields whether they are drawn: once it has been opened, always.

    A control that was drawn and is no more would take its value out of the link.
    """
    run = _run()
    place, opened = expander(label, "more", icon), f"_opened {run.page}"
    if place.open:
        st.session_state[opened] = True
    with place:
        yield opened in st.session_state


__all__ = ["Choice", "Control", "Number", "Parameter", "Slider", "Switch", "Text", "advanced", "begin", "default",
           "draw", "expander", "hidden", "note", "preset", "reset", "seed", "set_value", "use", "value"]
