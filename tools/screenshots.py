"""`python -m tools.screenshots [--out docs] [--wide] PAGE...`: pictures of the app, such as the README's.

Starts the server of `make run` on a free port. Without pages: the README's two animated pictures, of a point that is
dragged through the latent space and of EM. With pages, or --wide: a screenshot of each page.
"""

import argparse
import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page

from tools.browser import launched
from tools.local_server import ROOT, serving
from ui.contents import LESSONS

MARGIN = 10       # CSS pixels about what is shown
HEIGHT = 900      # of the window of an animated picture, CSS pixels
SETTLE = 2500     # milliseconds until the figures are drawn
DRAGGED = 48      # pictures of a drag
HALF_STEPS = 60   # of EM, at most
END = 1000        # milliseconds that the last picture stays, at least


def save_screenshot(browser: Browser, url: str, out: Path, width: int, scheme: str, height: int = 1250) -> None:
    """Save a screenshot of the page at `url`. width, height: CSS pixels. scheme: "light" or "dark"."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=out)
    page.close()


def opened(browser: Browser, url: str, ready: str) -> Page:
    """The page at `url`, light, once what the selector `ready` names is drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": HEIGHT}, color_scheme="light")
    page.goto(url)
    page.locator(ready).first.wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLE)
    return page


def picture(page: Page, part: Locator) -> Image.Image:
    """What the page shows of `part` in the window."""
    box = part.bounding_box()
    assert box
    x, y = box["x"] - MARGIN, max(0.0, box["y"] - MARGIN)
    clip: FloatRect = {"x": x, "y": y, "width": box["width"] + 2 * MARGIN,
                       "height": min(box["height"] + 2 * MARGIN, HEIGHT - y)}
    return Image.open(io.BytesIO(page.screenshot(clip=clip)))


def drag(browser: Browser, url: str) -> Iterator[Image.Image]:
    """The pad of the VAE page while a point is dragged once around, from its place and back."""
    page = opened(browser, f"{url}/vae", ".latent-pad[data-paints]")
    pad, area = page.locator(".latent-pad"), page.locator(".latent-pad .map")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    for number in range(DRAGGED):
        angle = 2 * math.pi * number / DRAGGED
        x, y = 0.5 + 0.2 * math.cos(angle), 0.5 + 0.2 * math.sin(angle) * math.cos(angle / 2)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if not number:
            page.mouse.down()
        page.wait_for_timeout(60)
        yield picture(page, pad)
    page.mouse.up()
    page.close()


def em(browser: Browser, url: str) -> Iterator[Image.Image]:
    """The figure of the mixture page, from EM's start to its end, a half-step a picture."""
    page = opened(browser, f"{url}/gmm?part=EM&start=random%20responsibilities&seed=2", ".dgm-live[data-paints]")
    live = page.locator(".dgm-live").first
    yield picture(page, live)
    for number in range(HALF_STEPS):
        press = live.get_by_role("button", name="EM"[number % 2], exact=True)
        if press.is_disabled():
            break
        press.click()
        page.wait_for_timeout(400)
        yield picture(page, live)
    page.close()


def save_animation(frames: Iterator[Image.Image], path: Path, width: int, milliseconds: int) -> None:
    """Save a GIF that repeats, in the colours of its first picture."""
    resized = [frame.convert("RGB").resize((width, round(frame.height * width / frame.width)), Image.Resampling.LANCZOS)
               for frame in frames]
    palette = resized[0].quantize(96)
    shown = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in resized]
    shown[0].save(path, save_all=True, append_images=shown[1:], loop=0, optimize=True,
                  duration=[milliseconds] * (len(shown) - 1) + [max(milliseconds, END)])


# What records it, its width, and the milliseconds of each picture.
ANIMATIONS: dict[str, tuple[Callable[[Browser, str], Iterator[Image.Image]], int, int]] = {
    "latent-space.gif": (drag, 640, 100), "em.gif": (em, 880, 400)}


def main() -> None:
    """The animated pictures, or the pages that are named."""
    stems = [entry.stem for entry in LESSONS]
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("pages", nargs="*", default=[], help=f"any of {', '.join(stems)}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--wide", action="store_true", help="390, 768 and 1280 px, light and dark")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [(w, s) for w in (390, 768, 1280) for s in ("light", "dark")] if options.wide else [(1280, "light")]
    with serving() as (url, _), launched() as browser:
        if not options.pages and not options.wide:
            for name, (record, width, milliseconds) in ANIMATIONS.items():
                save_animation(record(browser, url), options.out / name, width, milliseconds)
            return
        for stem in options.pages or stems:
            for width, scheme in kinds:
                name = f"{stem}-{width}-{scheme}.png" if options.wide else f"{stem}.png"
                save_screenshot(browser, f"{url}/{stem}", options.out / name, width, scheme)


if __name__ == "__main__":
    main()
