"""Streamlit's own scripts, styles and fonts out of memory.

A first visit asks for a hundred of them before it shows anything, of the thread that also answers everybody else.
"""

import mimetypes
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(streamlit.__file__).parent / "static" / "static"
ADDRESS = re.compile(r"/static/((?:js|css|media)/[^/]+)$")     # under any base path
# Their names hold a digest of their content, so a browser never has to ask again: Streamlit says the same of them.
HEADERS = {"Cache-Control": "public, immutable, max-age=31536000"}
KINDS = {".js": "text/javascript", ".woff2": "font/woff2"}     # machines differ on them, or do not know them
LARGEST = 1_000_000     # bytes: larger ones draw charts that no page of ours has


@cache
def names() -> frozenset[str]:
    """The files that are kept, once somebody has asked for them."""
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*")
                     if path.is_file() and path.stat().st_size <= LARGEST)


@cache
def answer(name: str) -> Response:
    """One of the `names`, as it is sent."""
    kind = KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    return Response((FOLDER / name).read_bytes(), media_type=kind, headers=HEADERS)


class Files:
    """ASGI middleware: who asks for one of the `names`, whole, is answered here; all else goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        whole = scope["type"] == "http" and scope["method"] == "GET" and b"range" not in dict(scope["headers"])
        found = ADDRESS.search(scope["path"]) if whole else None
        kept = found is not None and found[1] in names()
        await (answer(found[1]) if found and kept else self.app)(scope, receive, send)


def middleware() -> list[Middleware]:
    """What `st.App(middleware=...)` takes."""
    return [Middleware(Files)]
