"""`python -m tools.screenshots [--out docs] [--wide] PAGE...`: pictures of the running app, the README's among them.

Starts the server of `make run` on a free port, opens each page in a real Chromium and saves what is seen.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from server.__main__ import listen
from ui.contents import LESSONS

ROOT = Path(__file__).parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
SETTLE = 2500  # milliseconds until figures have drawn themselves


def chromium() -> str | None:
    """An installed Chromium, None for Playwright's own."""
    names = (os.environ.get("DGM_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def served() -> Iterator[str]:
    """The app on a free port, until the block ends."""
    probe = listen("127.0.0.1", None)
    port = probe.getsockname()[1]
    probe.close()
    process = subprocess.Popen([sys.executable, "-m", "server", "--port", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the server at {url} did not answer within {seconds:g} s")


def shoot(browser: Browser, url: str, out: Path, width: int, scheme: str, height: int = 1250) -> None:
    """One page at one width in one theme."""
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
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for stem in options.pages or stems:
            for width, scheme in kinds:
                name = f"{stem}-{width}-{scheme}.png" if options.wide else f"{stem}.png"
                shoot(browser, f"{url}/{stem}", options.out / name, width, scheme)
        browser.close()


if __name__ == "__main__":
    main()
