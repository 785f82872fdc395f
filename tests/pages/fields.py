"""The fields in which a visitor can type, on every page and in every state that shows one: found, not listed."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.pages.visitor import Visitor
from ui.contents import LESSONS

KINDS = ("text_input", "number_input", "text_area")
CHOICES = ("selectbox", "button_group", "toggle")
NONSENSE = ("HTX1", "1 2 x", "nan", "1e400", "-1 1 1", "1:1 2:2 3", "a:b", "", "0 0 0", "орёл", "9" * 3000,
            "<b>x</b>", "$x$", "{}")


class Field(NamedTuple):
    """A field, and how to come to it: a link, and an option to choose that no link carries."""

    stem: str
    link: tuple[tuple[str, str], ...]
    option: str     # "" for none
    kind: str       # of KINDS
    label: str
    key: str        # of the widget, "" where it has none


@cache
def fields() -> tuple[Field, ...]:
    """Every field of every page, once."""
    found: dict[tuple[str, str, str], Field] = {}
    for lesson in LESSONS:
        for state in _states(lesson.stem, found):
            found.update({_name(field): field for field in state if _name(field) not in found})
    return tuple(found.values())


def _name(field: Field) -> tuple[str, str, str]:
    return field.stem, field.label, field.key


def _shown(page: Visitor, stem: str, option: str = "") -> list[Field]:
    link = tuple(page.link.items())
    return [Field(stem, link, option, kind, widget.label, widget.key or "")
            for kind in KINDS for widget in page.at.get(kind)]


def _states(stem: str, found: dict[tuple[str, str, str], Field]) -> Iterator[list[Field]]:
    """The fields of every part, and of the options of each choice that it shows.

    Of a choice the last two options are tried, and the others where one of these brings a field: options that open one
    ("formula", "given", "Paste a table") come last. A choice that brought none is not tried again in other parts.
    """
    page, useless = Visitor(stem), set()
    parts = [page.values["part"], *page.others("part")] if "part" in page.values else [""]
    for part in parts:
        if part and part != page.values["part"]:
            page.set("part", part)
        yield _shown(page, stem)
        for key, (now, *others) in _choices(page).items():
            brought = False
            for count, option in enumerate(others):
                if key in useless or (count >= 2 and not brought) or not _set(page, key, option):
                    break
                state = _shown(page, stem, "" if key in page.values else str(option))
                brought |= any(_name(field) not in found for field in state)
                yield state
            _set(page, key, now)
            if not brought:
                useless.add(key)


def _choices(page: Visitor) -> dict[str, list[Any]]:
    """Of every choice that is shown, except parts and questions, the value and the others, the last one first."""
    found = {}
    for kind in CHOICES:
        for widget in page.at.get(kind):
            key, now = widget.key or "", widget.value
            no_setting = key in {"part", "reveal", ""} or {"prediction", "chips"} & {*key.split()}
            if not no_setting and not widget.disabled:
                others = page.others(key) if key in page.values else getattr(widget, "options", [not now])
                found[key] = [now, *(other for other in reversed(others) if other != now)]
    return found


def _set(page: Visitor, key: str, value: Any) -> bool:
    """Choose an option; False where the choice is not shown, as after another choice."""
    widget = next((widget for kind in CHOICES for widget in page.at.get(kind) if widget.key == key), None)
    if widget is not None:
        widget.set_value(value)
        page.run()
    return widget is not None


def open_at(field: Field) -> Visitor:
    """A page that shows the field."""
    page = Visitor(field.stem, dict(field.link))
    if field.option:
        key = next(widget.key for widget in page.at.get("button_group") if field.option in widget.options)
        _set(page, key, field.option)
    return page


def type_into(page: Visitor, field: Field, text: str) -> Visitor:
    """Type a text, as far as the field takes it. A number field takes numbers alone."""
    widget = next(widget for widget in page.at.get(field.kind)
                  if widget.label == field.label and (widget.key or "") == field.key)
    widget.set_value(text[:widget.proto.max_chars or None])
    return page.run()
