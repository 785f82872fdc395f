"""What a saved file is called: the page and the part that it comes from."""

import re

from ui import controls
from ui.contents import HOME, LESSONS

TITLES = {entry.stem: entry.title for entry in (HOME, *LESSONS)}


def place() -> list[str]:
    """The title of the page that runs and the name of its part, where it has parts; nothing outside a page."""
    title = TITLES.get(controls.page() or HOME.stem, "")
    return [part for part in (title, controls.part()) if part]


def saved(key: str) -> dict[str, str]:
    """The title of a saved picture, and how the names of its files begin. key: of the component."""
    return {"title": " · ".join(place()), "name": _words(key)}


def file_name(what: str) -> str:
    """The name of a file of this part, without its ending. what: it is."""
    return re.sub(r"[^\w-]+", "_", _words(what)).strip("_")


def _words(last: str) -> str:
    return " ".join(word for word in (controls.page() or HOME.stem, controls.part(), last) if word)


__all__ = ["file_name", "place", "saved"]
