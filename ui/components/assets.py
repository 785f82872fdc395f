"""Files the pages need from our own host: plotly.js, compressed once and cached by browsers for good."""

import gzip
import hashlib
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
    """plotly.js, gzipped: 4.8 MB -> 1.5 MB. Call it in the warm-up to spare the first visitor."""
    return gzip.compress(PLOTLY_JS.read_bytes(), 6, mtime=0)


def plotly_js(request: Request) -> Response:
    """plotly.js, compressed for those who take gzip."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(compressed(), media_type="text/javascript", headers=HEADERS | {"Content-Encoding": "gzip"})
    return Response(PLOTLY_JS.read_bytes(), media_type="text/javascript", headers=HEADERS)


HERE = Path(__file__).parent
LOST = "This part of the page needs a file that did not arrive. Check the connection and reload the page."
_MODULES: dict[str, bytes] = {}  # by a name that holds the content's digest
MODULES = "/assets/modules/{name}"
_LOADER = (HERE / "shared" / "loader.js").read_text(encoding="utf-8")


def script(*names: str) -> str:
    """One ES module out of files of ui/components; later ones use earlier ones."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def loader(source: str) -> str:
    """A component's script that fetches `source`, an ES module, once from our own host.

    Streamlit sends a component's script anew with every change of its data: this one is short.
    """
    name = f"{hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}.js"
    _MODULES[name] = source.encode()
    return _LOADER.replace("MODULE_PATH", MODULES.format(name=name).lstrip("/")).replace("LOST", LOST)


def module_js(request: Request) -> Response:
    """A module that `loader` knows, 404 for any other name."""
    source = _MODULES.get(request.path_params["name"])
    if source is None:
        return Response("no such module", status_code=404, media_type="text/plain")
    return Response(source, media_type="text/javascript", headers=HEADERS)


def routes() -> list[Route]:
    """The routes that `st.App` serves beside Streamlit's own.

    They match under any base path, because settings read before the App exists would be read from the wrong folder.
    """
    return [Route(f"{base}{path}", answer) for base in ("", "/{base:path}")
            for path, answer in ((PLOTLY_PATH, plotly_js), (MODULES, module_js))]
