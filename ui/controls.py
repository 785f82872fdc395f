"""Controls whose state is the link.

Every control is bound to a URL parameter of its own name; the default stays out of the URL. A value that
arrives by link is checked here, at the border: clamped or ignored, and a note says so. `?hide=a,b` takes the
named controls off the page while their values hold, so that a lecturer can send one exact situation.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

_RUN = "_controls"
_CHECKED = "_link_checked"  # the page whose link has been looked at
_CHOSEN = "_presets_chosen"
RESERVED = ("hide", "present", "reveal")  # what a link may carry beside controls


@dataclass
class _Run:
    """What the controls of this page did in this run of the script."""

    page: str
    values: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)  # parameters that belong to components
    lids: set[str] = field(default_factory=set)    # parameters of expanders, which keep them themselves
    elsewhere: set[str] = field(default_factory=set)  # controls that another part of the page draws
    notes: list[str] = field(default_factory=list)
    place: Any = None  # where notes are shown
    over: bool = False  # the page's script has come to its end; what runs now is a part alone
    closed: bool = False  # inside a closed `more`: controls hold their values and are not drawn


def begin(page: str) -> None:
    """Start a page's run. The frame calls it."""
    before = st.session_state.get(_RUN)
    if before is not None and before.page != page:  # a name means something else there
        for name in {*before.values, *before.lids, *before.elsewhere}:
            st.session_state.pop(name, None)
    st.session_state[_RUN] = _Run(page)


def end() -> None:
    """Finish a page's run: on the first one, say what in the link belongs to nothing here."""
    run = _run()
    run.over = True
    if st.session_state.get(_CHECKED) == run.page:
        return
    st.session_state[_CHECKED] = run.page
    known = {*run.values, *run.others, *run.lids, *run.elsewhere, *RESERVED}
    for name in list(st.query_params):
        if name not in known and not name.startswith("embed"):
            del st.query_params[name]
            note(f"The link has a parameter `{_plain(name)}` that this page does not know; it was ignored.")
    for name in hidden() - known:
        note(f"`hide` names a control `{_plain(name)}` that this page does not have.")


def _run() -> _Run:
    if _RUN not in st.session_state:
        begin("")
    return st.session_state[_RUN]


def part_alone() -> bool:
    """Whether a part is run again by itself, the page around it standing."""
    return _run().over


def _plain(text: str) -> str:
    """A visitor's text made fit to be shown inside a code span."""
    return "".join(c for c in text[:40] if c.isalnum() or c in " .,-+_")


def notes_here() -> None:
    """Show notes at this place of the page; `lesson.opening` calls it."""
    _run().place = st.container()
    for text in _run().notes:
        _run().place.info(text, icon=":material/info:")


def note(text: str) -> None:
    """Tell the person one thing, at the top of the page. Words of a visitor in it stay words: no link, no picture."""
    run = _run()
    text = text.replace("[", r"\[").replace("<", r"\<")
    if text not in run.notes:
        run.notes.append(text)
        (run.place or st).info(text, icon=":material/info:")


def hidden() -> set[str]:
    """Names of controls that the link hides."""
    return {name.strip() for name in st.query_params.get("hide", "").split(",") if name.strip()}


def values() -> dict[str, Any]:
    """Every control of this page so far, by name."""
    return dict(_run().values)


def held(name: str, default: Any) -> Any:
    """What the control of this name holds before it is drawn; None while its word has yet to be read from the link."""
    if name in st.session_state:
        return st.session_state[name]
    return None if name in st.query_params else default


def belongs(name: str) -> None:
    """Declare a URL parameter that a component of the page reads and writes itself."""
    _run().others.add(name)


def elsewhere(names: Iterable[str]) -> None:
    """Declare controls that another part of the page draws: what the link says of them waits there until they are."""
    _run().elsewhere.update(names)


def lid(label: str, name: str, icon: str) -> Any:
    """An expander whose content is only made while it is `open`; `?name=true` opens it."""
    _run().lids.add(name)
    return st.expander(label, icon=icon, key=name, bind="query-params")


@contextmanager
def more(label: str, name: str = "more", icon: str = ":material/tune:") -> Iterator[bool]:
    """A lid over controls that are rarely used: their values hold, but they are drawn only once it has been opened.

    Yields whether it has been, for what else belongs there; `?name=true` opens it.
    """
    run = _run()
    under, before, opened = lid(label, name, icon), run.closed, f"_opened {run.page} {name}"
    if under.open:  # from now on: a control that was drawn and is no more would take its value out of the link
        st.session_state[opened] = True
    run.closed = before or opened not in st.session_state
    try:
        with under:
            yield not run.closed
    finally:
        run.closed = before


def columns(count: int) -> Sequence[AbstractContextManager[Any]]:
    """Columns for controls; where those are not drawn there is nothing to draw for them either."""
    return [nullcontext()] * count if _run().closed else st.columns(count)


def visit() -> tuple[str, int]:
    """The page, and how many presets were chosen in this session.

    While it stays the same, what a component keeps is newer than the link: the browser sends its address with every
    event, and that address may be older than what the run before wrote into it.
    """
    return _run().page, st.session_state.get(_CHOSEN, 0)


def choose(preset: Mapping[str, Any], page_defaults: Mapping[str, Any] | None = None) -> None:
    """Set controls to a preset's values and all others of the page to their defaults (a button's callback)."""
    run = _run()
    st.session_state[_CHOSEN] = st.session_state.get(_CHOSEN, 0) + 1
    chosen = {name: value for name, value in preset.items() if name not in run.others}  # drawn now, or after this
    for name in chosen.keys() - st.session_state.keys():  # Streamlit leaves what was never drawn out of the link
        _keep_in_link(name, chosen[name], (page_defaults or {}).get(name))
    st.session_state.update({**run.defaults, **(page_defaults or {}), **chosen})
    for name in run.others:  # components read their own parameters from the link
        if name in preset:
            st.query_params[name] = str(preset[name])
        else:
            st.query_params.pop(name, None)


def _control(name: str, default: Any, parse: Callable[[str], tuple[Any, str]],
             draw: Callable[[Mapping[str, Any]], Any]) -> Any:
    """The life of every control: check what the link says, then draw (or hide) and record the value."""
    run = _run()
    run.defaults[name] = default
    binding: dict[str, Any] = {"key": name, "bind": "query-params"}
    if name not in st.session_state and name in st.query_params:
        value, complaint = parse(st.query_params[name])
        if complaint:
            note(complaint)
            st.session_state[name] = value
            _keep_in_link(name, value, default)
            del binding["bind"]  # bound, the widget would read the link's own value first, and trip over infinity
    value = _hidden_value(name, default, parse) if run.closed or name in hidden() else draw(binding)
    run.values[name] = value
    return value


def _keep_in_link(name: str, value: Any, default: Any) -> None:
    """What a drawn widget's binding does in the browser."""
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value).lower() if isinstance(value, bool) else str(value)


def _hidden_value(name: str, default: Any, parse: Callable[[str], tuple[Any, str]]) -> Any:
    if name in st.session_state:
        value = st.session_state[name]
        st.session_state[name] = value  # keeps it alive without its widget
        _keep_in_link(name, value, default)
        return value
    return parse(st.query_params[name])[0] if name in st.query_params else default


def _number_parser(label: str, name: str, low: float, high: float, default: float,
                   whole: bool) -> Callable[[str], tuple[Any, str]]:
    cast = int if whole else float

    def parse(raw: str) -> tuple[Any, str]:
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            return default, f"The link asks for {label} = `{_plain(raw)}`, which is not a number; it is {default:g}."
        bounded = cast(min(max(value, low), high))
        if bounded != value:
            return bounded, (f"The link asks for {label} = `{_plain(raw)}`; {name} goes from {low:g} to {high:g}"
                             f"{' in whole numbers' if whole else ''}, so it is {bounded:g}.")
        return bounded, ""

    return parse


def slider(label: str, name: str, low: float, high: float, default: float, *, step: float | None = None,
           help: str | None = None, format: str | None = None, disabled: bool = False) -> Any:
    """A slider from `low` to `high`; whole numbers when all of them are. Returns the value."""
    whole = all(isinstance(v, int) for v in (low, high, default))
    parse = _number_parser(label, name, low, high, default, whole)
    return _control(name, default, parse, lambda binding: st.slider(
        label, low, high, default, step, **binding, help=help, format=format, disabled=disabled))


def number(label: str, name: str, low: float, high: float, default: float, *, step: float | None = None,
           help: str | None = None, format: str | None = None) -> Any:
    """A number field with bounds; whole numbers when all of them are. Returns the value."""
    whole = all(isinstance(v, int) for v in (low, high, default))
    parse = _number_parser(label, name, low, high, default, whole)

    def draw(binding: Mapping[str, Any]) -> Any:
        value = st.number_input(label, low, high, default, step, **binding, help=help,
                                format=format)
        return default if value is None else value

    return _control(name, default, parse, draw)


def seed(label: str = "Seed", name: str = "seed", default: int = 0) -> int:
    """The seed of every random number on the page, in the URL like any control."""
    return int(number(label, name, 0, 9999, default, step=1, help="Same seed, same random numbers, same picture."))


def _choice_parser(label: str, options: Sequence[str], default: str) -> Callable[[str], tuple[Any, str]]:
    def parse(raw: str) -> tuple[Any, str]:
        if raw in options:
            return raw, ""
        return default, (f"The link asks for {label} = `{_plain(raw)}`, which is not one of "
                         f"{', '.join(options)}; it is {default}.")

    return parse


def choice(label: str, name: str, options: Sequence[str], default: str | None = None, *,
           help: str | None = None, many: bool | None = None, disabled: bool = False) -> str:
    """One of `options` (the keys of a registry): buttons side by side, or a menu when there are many."""
    names = list(options)
    first = default or names[0]
    as_menu = many if many is not None else len(names) > 4 or sum(map(len, names)) > 48

    def draw(binding: Mapping[str, Any]) -> str:
        if as_menu:
            return str(st.selectbox(label, names, names.index(first), **binding, help=help,
                                    disabled=disabled))
        return str(st.segmented_control(label, names, default=first, required=True, **binding, help=help,
                                        disabled=disabled))

    return str(_control(name, first, _choice_parser(label, names, first), draw))


def switch(label: str, name: str, default: bool = False, *, help: str | None = None,
           disabled: bool = False) -> bool:
    """On or off."""

    def parse(raw: str) -> tuple[bool, str]:
        if raw.lower() in ("true", "false", "1", "0"):
            return raw.lower() in ("true", "1"), ""
        return default, f"The link asks for {label} = `{_plain(raw)}`; it is on (true) or off (false)."

    return bool(_control(name, default, parse, lambda binding: st.toggle(
        label, default, **binding, help=help, disabled=disabled)))


def text(label: str, name: str, default: str, *, max_chars: int = 120, help: str | None = None) -> str:
    """A line of text; what it means is checked by whoever parses it."""

    def parse(raw: str) -> tuple[str, str]:
        if len(raw) <= max_chars:
            return raw, ""
        return default, f"The link's text for {label} is longer than {max_chars} characters; it was ignored."

    return str(_control(name, default, parse, lambda binding: st.text_input(
        label, default, max_chars=max_chars, **binding, help=help) or ""))
