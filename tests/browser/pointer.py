"""The pointer on the handles of a figure."""

import re

from playwright.sync_api import Page


def grab(page: Page, name: str) -> tuple[float, float]:
    """Press on the handle whose name begins so; returns where."""
    handle = page.get_by_role("button", name=re.compile(f"^{name}( at|:)"))
    handle.scroll_into_view_if_needed(timeout=30_000)
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y
