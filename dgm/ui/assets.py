"""Files the pages need from our own host: plotly.js, compressed once and cached by browsers for good."""

import gzip
from functools import lru_cache
from pathlib import Path

import plotly
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
# The version names the content, so a browser never has to ask again.
PLOTLY_PATH = f"/assets/plotly-{plotly.__version__}.min.js"
HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding",
           "X-Content-Type-Options": "nosniff"}


def plotly_url() -> str:
    """Where the browser finds plotly.js: a path on our own host, under `server.baseUrlPath` if there is one."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PLOTLY_PATH}" if base else PLOTLY_PATH


@lru_cache(maxsize=1)
def compressed() -> bytes:
    """plotly.js, gzipped: 4.8 MB -> 1.5 MB in half a second. Call it in the warm-up to spare the first visitor."""
    return gzip.compress(PLOTLY_JS.read_bytes(), 9, mtime=0)


def plotly_js(request: Request) -> Response:
    """plotly.js, compressed for those who take gzip."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(compressed(), media_type="text/javascript", headers=HEADERS | {"Content-Encoding": "gzip"})
    return Response(PLOTLY_JS.read_bytes(), media_type="text/javascript", headers=HEADERS)


def routes() -> list[Route]:
    """The routes that `st.App` serves beside Streamlit's own.

    They match under any base path, because settings read before the App exists would be read from the wrong folder.
    """
    return [Route(path, plotly_js) for path in (PLOTLY_PATH, f"/{{base:path}}{PLOTLY_PATH}")]
