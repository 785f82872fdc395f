"""`python -m tools.slide_links [--host URL] [--out docs/slides.md]`: the links for the lecture, as a file.

The links begin with the address of your server, where the pages are served to the audience.
"""

import argparse
from pathlib import Path

from tools.local_server import ROOT
from ui import slides

FILE = ROOT / "docs" / "slides.md"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.slide_links", description=__doc__)
    parser.add_argument("--host", default=slides.LOCAL, help="address of the app, with its path on the host")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    options.out.write_text(slides.file(options.host.rstrip("/")), encoding="utf-8")


if __name__ == "__main__":
    main()
