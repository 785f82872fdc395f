"""Observations as the text of a control, which is the link: a visitor types it, and clicks and drags change it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import streamlit as st
from torch import Tensor

from dgm.errors import DataError
from pages.bayes import observation_text
from pages.bayes.scene import MAX_LISTED
from ui import controls, messages
from ui.components.edits import Edits, Fold, places, unrounded

T = TypeVar("T")
ParsePoints = Callable[[str], tuple[Tensor, Tensor]]


class TypedPoints(NamedTuple):
    """Points that a visitor typed or clicked, in the order in which they came."""

    text: str    # the control's text, the base of the figure that edits it
    x: Tensor    # (N,)
    y: Tensor    # (N,)


def parse_or(parse: Callable[[str], T], text: str, otherwise: T, until_then: str) -> T:
    """What the text means; where it has an error, a note that says so, and `otherwise`.

    until_then: what is shown while the text has an error, as the end of a sentence.
    """
    try:
        return parse(text)
    except DataError as error:
        controls.note(f"{messages.escaped(messages.sentence(error))} Until then {until_then}.")
        return otherwise


def typed_points(name: str, parse: ParsePoints = observation_text.parse_points) -> TypedPoints:
    """Draw the text control `name` and parse its points; where they have an error, a note and the default's points."""
    text = controls.draw(name)
    return TypedPoints(text, *parse_or(parse, text, parse(controls.default(name)), "the page's own points are shown"))


def fold_into(name: str, spell: Callable[[Edits], str | None]) -> Fold:
    """The fold that writes the edits of a figure into the control `name`.

    The figure's base is that control's text, so that a text that was typed, or came with a preset or a link, ends the
    edits. spell: the text after the edits; None where they change nothing.
    """
    def fold(edits: Edits) -> None:
        text = spell(edits)
        if text is not None:
            controls.set_value(name, text)

    return fold


def fold_points(name: str, typed: TypedPoints, labels: bool = False) -> Fold:
    """The fold of clicked points into the control `name`; points that were not clicked stay as they were typed.

    typed: the points that the figure shows. labels: whether y of a new point is the nearer one of 0 and 1.
    """
    before = list(zip(typed.x.tolist(), typed.y.tolist(), strict=True))

    def spell(edits: Edits) -> str | None:
        if edits.points is None:
            return None
        x, y = ([point[axis] for point in (*before, *edits.points)] for axis in (0, 1))
        points = unrounded(edits.points, before, (places(x), places(y)))
        return observation_text.format_points([(x, float(y > 0.5)) if labels else (x, y) for x, y in points])

    return fold_into(name, spell)


def fold_numbers(name: str, shown: Tensor) -> Fold:
    """The fold of clicked numbers into the control `name`; numbers that were not clicked stay as they were typed.

    shown: (N,) the numbers that the figure shows.
    """
    before = shown.tolist()

    def spell(edits: Edits) -> str | None:
        if edits.points is None:
            return None
        clicked = [x for x, _ in edits.points]
        kept = unrounded([(x, 0.0) for x in clicked], [(x, 0.0) for x in before], (places([*before, *clicked]), 0))
        return observation_text.format_numbers([x for x, _ in kept])

    return fold_into(name, spell)


def append(name: str, piece: str) -> None:
    """Add an observation to the text of the control `name` (a button's callback)."""
    controls.set_value(name, f"{controls.value(name)} {piece}".strip())


def chips(name: str, labels: Sequence[str], without: Callable[[int], str]) -> None:
    """One button per observation of the control `name`, which removes it. None for more than MAX_LISTED.

    without: the text without the i-th observation.
    """
    if not 0 < len(labels) <= MAX_LISTED:
        return
    st.caption("Press an observation to take it out (its number: its value)")
    with st.container(horizontal=True, gap="small", key=f"{name} chips"):
        for place, label in enumerate(labels):
            # Keys by place: the next observation's button takes the pressed one's place, and keeps the focus.
            # Numbered, because a screen reader says the name of a button alone, and observations may be equal.
            st.button(f"{place + 1}: {label}", key=f"{name} chip {place}", on_click=_take_out,
                      args=(name, place, without), width="content")


def _take_out(name: str, place: int, without: Callable[[int], str]) -> None:
    controls.set_value(name, without(place))
