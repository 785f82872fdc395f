"""Touch input in Chromium, which Playwright can only tap."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

Point = tuple[float, float]


@contextmanager
def finger(page: Page, start: Point, end: Point, steps: int = 8) -> Iterator[None]:
    """Touch the screen at `start` and move to `end` in equal steps; the finger is lifted after the block."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, *points: Point) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for i in range(1, steps + 1):
        share = i / steps
        send("touchMove", (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    yield
    send("touchEnd")
