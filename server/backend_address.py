"""Streamlit's first page, with the server's address in it, for visitors who come by a link to a lesson.

Without it Streamlit's script looks for its server below /vae first, is answered 404, and looks one level up.
All lessons lie side by side, so the address of one says where the root is, also behind a proxy's path.
"""

from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ui.contents import LESSONS
from ui.streamlit_internals import BACKEND_ADDRESS, GLOBAL_VARIABLE, INDEX_PAGE

STEMS = tuple(lesson.stem for lesson in LESSONS)
# What the front end reads where another page embeds it; such a page's own settings come last and so win.
SCRIPT = f"""<script>{{
  const root = location.pathname.match(/^(.*\\/)({"|".join(STEMS)})$/)?.[1];
  if (root) window.{GLOBAL_VARIABLE} = {{ {BACKEND_ADDRESS}: location.origin + root, ...window.{GLOBAL_VARIABLE} }};
}}</script>"""


@cache
def index_page() -> str:
    """Streamlit's index page with SCRIPT at the beginning of its head, before any script of its own."""
    return INDEX_PAGE.read_text(encoding="utf-8").replace("<head>", f"<head>{SCRIPT}", 1)


def answer(_request: Request) -> HTMLResponse:
    """The page, which browsers ask for anew each time: a release changes the addresses in it."""
    return HTMLResponse(index_page(), headers={"Cache-Control": "no-cache"})


def routes() -> list[Route]:
    """A route for each lesson, under any base path; `st.App` looks at them before its own."""
    return [Route(f"{base}/{stem}", answer) for base in ("", "/{base:path}") for stem in STEMS]
