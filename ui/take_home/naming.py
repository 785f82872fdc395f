"""What a saved file is called: the page and the part that it comes from."""

from ui import controls
from ui.contents import HOME, LESSONS

TITLES = {entry.stem: entry.title for entry in (HOME, *LESSONS)}


def place() -> list[str]:
    """The title of the page that runs and the name of its part, where it has parts; nothing outside a page."""
    title = TITLES.get(controls.page() or HOME.stem, "")
    return [part for part in (title, controls.part()) if part]


def saved(key: str) -> dict[str, str]:
    """The title of a saved picture, and how the names of its files begin. key: of the component."""
    words = place()
    return {"title": " · ".join(words), "name": " ".join([controls.page(), *words[1:], key]).strip()}


__all__ = ["place", "saved"]
