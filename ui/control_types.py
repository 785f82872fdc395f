"""The kinds of controls: the entries of a page's table, their texts in a link, and their widgets.

A kind has a `default`, `fit`s any value to its limits, `parse`s the text of a link, converts a value `to_text` for a
link, and draws its `widget`. Limits that depend on the data are given when the control is drawn or read.
"""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import streamlit as st

_TAGS = str.maketrans("<>", "‹›")
LONGEST_NAME = 100   # characters of an option in a link


class Control(Protocol):
    """One entry of a page's table."""

    @property
    def default(self) -> Any:
        """The value that neither link nor visitor has set; None where it depends on limits given later."""

    @property
    def formerly(self) -> str:
        """The query parameter of older links, empty for none."""

    def fit(self, value: Any) -> Any:
        """The nearest allowed value."""

    def parse(self, raw: str) -> tuple[Any, str]:
        """The value of a link's text, and "" or, where the text is not allowed, a sentence that says what is used."""

    def to_text(self, value: Any) -> str:
        """The value as a link's text."""

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> Any:
        """Draw the widget and return its value."""


def plain(text: str) -> str:
    """A visitor's text reduced to characters that are safe inside a markdown code span, at most 40; < as ‹.

    >>> plain("<b>x</b>`")
    '‹b›x‹/b›'
    """
    return "".join(c for c in text[:40].translate(_TAGS) if c.isalnum() or c in " .,;-+_/=~()‹›")


def short_digest(text: str) -> str:
    """Four hexadecimal digits that tell states apart in a link.

    >>> short_digest("3 heads")
    '7108'
    """
    return f"{zlib.crc32(text.encode()) & 0xFFFF:04x}"


@dataclass(frozen=True)
class _Numeric:
    """A number from `low` to `high`; an integer when low, high and default are integers.

    An infinite `high` stands for one that depends on the data and is given when the control is drawn.
    """

    label: str
    low: float
    high: float
    default: float
    step: float | None = None
    help: str | None = None
    format: str | None = None
    formerly: str = ""

    @property
    def whole(self) -> bool:
        """Whether the values are integers."""
        return all(isinstance(v, int) for v in (self.low, self.high, self.default) if v != math.inf)

    def fit(self, value: Any) -> Any:
        """`value` between the limits, the default where it is no number."""
        if not isinstance(value, int | float) or math.isnan(value):
            return self.default
        bounded = min(max(value, self.low), self.high)
        if bounded == math.inf:
            return self.default
        return int(bounded) if self.whole else float(bounded)

    def parse(self, raw: str) -> tuple[Any, str]:
        """See `Control.parse`."""
        try:
            value = math.nan if "_" in raw else float(raw)    # 1_0 is 10 in Python alone
        except ValueError:
            value = math.nan
        bounded = self.fit(value if math.isfinite(value) else math.nan)
        if math.isnan(value):
            return bounded, (f"The link asks for {self.label} = `{plain(raw)}`, which is not a number; it is "
                             f"{bounded:g}.")
        if bounded != value:
            limits = f"is {self.low:g} or more" if self.high == math.inf else f"goes from {self.low:g} to {self.high:g}"
            return bounded, (f"The link asks for {self.label} = `{plain(raw)}`; it {limits}"
                             f"{' in whole numbers' if self.whole else ''}, so it is {bounded:g}.")
        return bounded, ""

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return str(value)


@dataclass(frozen=True)
class Slider(_Numeric):
    """A slider."""

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> Any:
        """See `Control.widget`."""
        return st.slider(self.label, self.low, self.high, self.default, self.step, **binding, help=self.help,
                         format=self.format, disabled=disabled)


MANTISSAS = (1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.7, 3, 3.3, 3.6, 4, 4.5, 5, 5.5, 6, 6.5, 7, 8, 9)


def round_numbers(low: float, high: float, *others: float) -> list[float]:
    """Round numbers at about equal ratios from `low` to `high`, both included, 23 in each power of ten, and `others`.

    >>> round_numbers(0.5, 2)[:4], len(round_numbers(1, 10))
    ([0.5, 0.55, 0.6, 0.65], 24)
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    grid = {float(f"{mantissa}e{power}") for power in powers for mantissa in MANTISSAS}
    return sorted({value for value in grid if low < value < high} | {float(low), float(high), *map(float, others)})


@dataclass(frozen=True)
class LogSlider(_Numeric):
    """A slider with equal distances for equal ratios; a link may set any number between the limits."""

    now: float | None = None      # the current value, which `controls.draw` gives: it is one of the slider's stops

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> Any:
        """See `Control.widget`."""
        options = round_numbers(self.low, self.high, self.default, self.fit(self.now))
        return float(st.select_slider(self.label, options, float(self.default), format_func="{:.12g}".format, **binding,
                                      help=self.help, disabled=disabled))

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return f"{value:.12g}"


@dataclass(frozen=True)
class Number(_Numeric):
    """A number field."""

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> Any:
        """See `Control.widget`."""
        value = st.number_input(self.label, self.low, self.high, self.default, self.step, **binding, help=self.help,
                                format=self.format, disabled=disabled)
        return self.default if value is None else value


def seed(label: str = "Seed", default: int = 0) -> Number:
    """The seed of random numbers, in the link like any control."""
    return Number(label, 0, 9999, default, step=1, help="Same seed, same random numbers, same picture.")


@dataclass(frozen=True)
class Choice:
    """One of `options`: buttons side by side, or a menu when there are many. Empty where options are given later."""

    label: str
    options: Sequence[str] = ()
    first: str | None = None      # the default; None: the first option
    help: str | None = None
    menu: bool | None = None      # None: by the number and length of the options
    formerly: str = ""
    labelled: bool = True         # whether the label is seen; a screen reader always reads it
    renamed: Mapping[str, str] = field(default_factory=dict)   # options of older links -> their names now
    # Parameters of older links, `name` or `name=value`, -> the option they meant; the first that fits counts.
    implied: Mapping[str, str] = field(default_factory=dict)

    @property
    def default(self) -> str | None:
        """See `Control.default`."""
        return self.first if self.first is not None else next(iter(self.options), None)

    def fit(self, value: Any) -> Any:
        """`value` where it is an option, else the default."""
        if not self.options:
            return value if isinstance(value, str) and len(value) <= LONGEST_NAME else None
        return value if value in self.options else self.default

    def parse(self, raw: str) -> tuple[Any, str]:
        """See `Control.parse`."""
        if self.fit(raw) == raw:
            return raw, ""
        names = ", ".join(f"“{option}”" for option in self.options)     # options have commas
        among = f", which is not one of {names}; it is “{self.default}”" if self.options else ""
        return self.fit(raw), f"The link asks for {self.label} = `{plain(raw)}`{among}."

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return str(value)

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> str:
        """See `Control.widget`."""
        names = list(self.options)
        as_menu = self.menu if self.menu is not None else len(names) > 4 or sum(map(len, names)) > 48
        if as_menu:
            return str(st.selectbox(self.label, names, names.index(str(self.default)), **binding, help=self.help,
                                    disabled=disabled))
        return str(st.segmented_control(self.label, names, default=self.default, required=True, **binding,
                                        help=self.help, disabled=disabled,
                                        label_visibility="visible" if self.labelled else "collapsed"))


@dataclass(frozen=True)
class Switch:
    """On or off."""

    label: str
    default: bool = False
    help: str | None = None
    formerly: str = ""

    def fit(self, value: Any) -> bool:
        """`value` where it is true or false, else the default."""
        return value if isinstance(value, bool) else self.default

    def parse(self, raw: str) -> tuple[Any, str]:
        """See `Control.parse`."""
        if raw.lower() in ("true", "false", "1", "0"):
            return raw.lower() in ("true", "1"), ""
        return self.default, (f"The link asks for {self.label} = `{plain(raw)}`, which is not true or false; it is "
                              f"{self.to_text(self.default)}.")

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return str(value).lower()

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> bool:
        """See `Control.widget`."""
        return bool(st.toggle(self.label, self.default, **binding, help=self.help, disabled=disabled))


@dataclass(frozen=True)
class Text:
    """A line of text; the page that parses it checks its content."""

    label: str
    default: str
    max_chars: int = 120
    help: str | None = None
    formerly: str = ""

    def fit(self, value: Any) -> str:
        """`value` where it is a text of allowed length, else the default."""
        return value if isinstance(value, str) and len(value) <= self.max_chars else self.default

    def parse(self, raw: str) -> tuple[Any, str]:
        """See `Control.parse`."""
        if len(raw) <= self.max_chars:
            return raw, ""
        return self.default, (f"The link's text for {self.label} is longer than {self.max_chars} characters; it was "
                              "ignored.")

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return str(value)

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> str:
        """See `Control.widget`."""
        return st.text_input(self.label, self.default, max_chars=self.max_chars, **binding, help=self.help,
                             disabled=disabled) or ""


def _read_unchanged(raw: str) -> tuple[Any, str]:
    return raw, ""


@dataclass(frozen=True)
class Parameter:
    """A query parameter whose value a component of the page edits: it has no widget.

    read: as `Control.parse`. write: as `Control.to_text`. within: a situation stays marked when this alone has changed,
    because it is about moving it.
    """

    default: Any
    read: Callable[[str], tuple[Any, str]] = _read_unchanged
    write: Callable[[Any], str] = str
    formerly: str = ""
    within: bool = False

    def fit(self, value: Any) -> Any:
        """`value` itself: it was checked when it was stored in the session."""
        return value

    def parse(self, raw: str) -> tuple[Any, str]:
        """See `Control.parse`."""
        return self.read(raw)

    def to_text(self, value: Any) -> str:
        """See `Control.to_text`."""
        return self.write(value)

    def widget(self, binding: Mapping[str, Any], disabled: bool) -> Any:
        """ValueError: a component draws it."""
        raise ValueError(f"{binding['key']} is edited by a component: read it with controls.value")


__all__ = ["Choice", "Control", "LogSlider", "Number", "Parameter", "Slider", "Switch", "Text", "plain",
           "round_numbers", "seed", "short_digest"]
