"""The frame of a playback in the link: a link opens the half-step that was seen.

In another part of the page it is not in the link, and comes back with its own part.

    "step": linked_frame.parameter(),                                     # in the page's table
    start, now = linked_frame.reached("step", "the key", base, count=len(frames))
    live_figures(..., key="the key", base=base, commit=True, start=start, alts=[alt(now)])

In the link stand the frame and a digest of the base, `?step=5~a1b2`: another base begins at its own first frame. A
number alone is the frame of whatever is shown.
"""

import re
from typing import Any

from ui import controls
from ui.components import edits
from ui.control_types import Parameter, plain, short_digest

DIGITS = 4      # of a frame's number, at most
_TEXT = re.compile(rf"(\d{{1,{DIGITS}}})(?:~([0-9a-f]{{4}}))?")


def parameter() -> Parameter:
    """The control: its value is the link's text, empty where nobody has moved to another frame."""
    return Parameter("", read=_read, within=True)


def _read(raw: str) -> tuple[str, str]:
    if not raw or _TEXT.fullmatch(raw):
        return raw, ""
    return "", (f"The link asks for frame `{plain(raw)}`; a frame is a whole number from 0 to {10**DIGITS - 1}, as in "
                "`5` or `5~a1b2`. The playback begins at its start.")


def start(name: str, base: Any, *, first: int = 0, count: int) -> int:
    """The frame to begin with: the link's, where it belongs to this base, else `first`; at most the last of `count`.

    name: of the control. base: identifies what is played, as for `live_figures`.
    """
    found = _TEXT.fullmatch(controls.value_of_part(name))
    fits = found is not None and found[2] in (None, short_digest(repr(base)))
    return min(int(found[1]) if found and fits else first, count - 1)


def reached(name: str, key: str, base: Any, *, first: int = 0, count: int, linked: Any = None) -> tuple[int, int]:
    """The frame that the component begins with, and the one that the visitor is at, which is kept in the link.

    Both are known before the figure is drawn, so that its sentence is about the frame that is shown. name, base, first,
    count: as for `start`. key: of the component. linked: identifies what is played for the link; None: base.
    """
    played = base if linked is None else linked
    begin = start(name, played, first=first, count=count)
    return begin, keep(name, played, edits.read(key, base, frames=count).frame, begin)


def keep(name: str, base: Any, frame: int | None, shown: int) -> int:
    """Write the frame that the visitor moved to into the link. Returns it, `shown` where there is none.

    frame: of the edits. shown: what `start` gave.
    """
    if frame is None:
        return shown
    if frame != shown or controls.value(name):
        text = f"{frame}~{short_digest(repr(base))}"
        if text != controls.value(name):
            controls.set_value(name, text)
    return frame
