"""The Chromium of browser tests, benchmarks and screenshots. `python -m tools.browser` prints its path.

It is the one that DGM_CHROMIUM names, else the system's, else the one that Playwright has downloaded.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

# The shell draws no window's frame: the same pages for a tenth less of the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--font-render-hinting=none")      # letters as wide as a window has them
# No name but loopback resolves: a request to another host is recorded by the tests and never sent.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def find(play: Playwright) -> str:
    """The path of a Chromium. RuntimeError when there is none."""
    named = os.environ.get("DGM_CHROMIUM")
    names = (named,) if named else NAMES
    own = play.chromium.executable_path
    found = [path for path in map(shutil.which, names) if path]
    if not found and not named and Path(own).exists():
        found = [own]
    if not found:
        places = ", ".join(names) + ("" if named else f" and {own}")
        raise RuntimeError(f"no Chromium found (looked for {places}): install one, run `playwright install chromium`, "
                           "or name its path in DGM_CHROMIUM")
    return found[0]


def kept_context(play: Playwright, folder: str, *flags: str, **options: Any) -> BrowserContext:
    """A context of a Chromium of its own, with its profile in a folder: a page's second visit takes half the time.

    There alone Chromium keeps the compiled scripts of the pages. flags: in addition to FLAGS. options: of the context.
    RuntimeError when no Chromium is found.
    """
    return play.chromium.launch_persistent_context(folder, executable_path=find(play), args=[*FLAGS, *flags], **options)


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """A headless Chromium, closed at the end. flags: in addition to FLAGS. RuntimeError when none is found."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find(play), args=[*FLAGS, *flags])
        yield browser
        browser.close()


def main() -> int:
    """Print the path; 1 when there is no Chromium."""
    with sync_playwright() as play:
        try:
            print(find(play))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
