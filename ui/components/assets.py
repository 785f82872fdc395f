"""Files that browsers load from the app's own host: plotly.js and the components' modules, cached without expiry."""

import gzip
import hashlib
from functools import lru_cache, reduce
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import streamlit_internals

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
# The path contains the version, so a browser can cache the file without expiry.
PLOTLY_NAME = f"plotly-{plotly.__version__}.min.js"
PLOTLY_PATH = f"/assets/{PLOTLY_NAME}"
# As a component's module requests it: relative to its own URL, because the app may be below any path of a host, and
# behind a proxy that removes this path the server does not know it.
PLOTLY_FROM_MODULE = f"../{PLOTLY_NAME}"
HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding",
           "X-Content-Type-Options": "nosniff"}


@lru_cache(maxsize=1)
def compressed() -> bytes:
    """plotly.js, gzipped: 4.8 MB -> 1.5 MB. The warm-up calls it, so that no visitor waits for it."""
    return gzip.compress(PLOTLY_JS.read_bytes(), 6, mtime=0)


def plotly_js(request: Request) -> Response:
    """The route of plotly.js, compressed for browsers that accept gzip."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(compressed(), media_type="text/javascript", headers=HEADERS | {"Content-Encoding": "gzip"})
    return Response(PLOTLY_JS.read_bytes(), media_type="text/javascript", headers=HEADERS)


HERE = Path(__file__).parent
LOAD_ERROR = "This part of the page needs a file that did not arrive. Check the connection and reload the page."
_MODULES: dict[str, bytes] = {}  # by a name that contains the content's hash
MODULES = "/assets/modules/{name}"
_LOADER = (HERE / "shared" / "loader.js").read_text(encoding="utf-8")


def script(*names: str) -> str:
    """The concatenation of files of ui/components as one ES module; later files use names of earlier ones."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def loader(source: str) -> str:
    """A short component script that imports `source`, an ES module, from the app's own host.

    Streamlit sends a component's script again with every change of its data; the module is sent once.
    """
    name = f"{hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}.js"
    _MODULES[name] = source.encode()
    texts = {"MODULE_PATH": MODULES.format(name=name).lstrip("/"), "LOAD_ERROR": LOAD_ERROR,
             "SCRIPT_FOLDER": streamlit_internals.SCRIPT_FOLDER}
    return reduce(lambda script, name: script.replace(name, texts[name]), texts, _LOADER)


def module_js(request: Request) -> Response:
    """The route of the modules that `loader` registered; 404 for any other name."""
    source = _MODULES.get(request.path_params["name"])
    if source is None:
        return Response("no such module", status_code=404, media_type="text/plain")
    return Response(source, media_type="text/javascript", headers=HEADERS)


def routes() -> list[Route]:
    """The routes that `st.App` serves beside Streamlit's own.

    They match under any base path: `server.baseUrlPath` cannot be read here, because settings that are read before the
    App exists come from the wrong folder.
    """
    return [Route(f"{base}{path}", answer) for base in ("", "/{base:path}")
            for path, answer in ((PLOTLY_PATH, plotly_js), (MODULES, module_js))]
