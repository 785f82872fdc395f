"""`python -m tools.screenshots [--out docs] [--wide] PAGE...`: screenshots of the app, such as the README's.

Starts the server of `make run` on a free port, opens each page in Chromium and saves a screenshot.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser

from tools.browser import launched
from tools.local_server import ROOT, serving
from ui.contents import LESSONS

SETTLE = 2500  # milliseconds until the figures are drawn


def save_screenshot(browser: Browser, url: str, out: Path, width: int, scheme: str, height: int = 1250) -> None:
    """Save a screenshot of the page at `url`. width, height: CSS pixels. scheme: "light" or "dark"."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=out)
    page.close()


def main() -> None:
    """The pages named, or all; at 1280 px in the light theme, with --wide at three widths in both."""
    stems = [entry.stem for entry in LESSONS]
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("pages", nargs="*", default=[], help=f"any of {', '.join(stems)}; default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--wide", action="store_true", help="390, 768 and 1280 px, light and dark")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [(w, s) for w in (390, 768, 1280) for s in ("light", "dark")] if options.wide else [(1280, "light")]
    with serving() as (url, _), launched() as browser:
        for stem in options.pages or stems:
            for width, scheme in kinds:
                name = f"{stem}-{width}-{scheme}.png" if options.wide else f"{stem}.png"
                save_screenshot(browser, f"{url}/{stem}", options.out / name, width, scheme)


if __name__ == "__main__":
    main()
