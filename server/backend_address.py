"""Streamlit's index page with the server's address, for visitors who follow a link to a lesson.

Without the address Streamlit's script requests its server below /vae first, receives 404, and tries one level up. All
lessons are at the same level, so the address of one determines the root, also behind a proxy with a base path.
"""

from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ui.contents import LESSONS
from ui.streamlit_internals import BACKEND_ADDRESS, GLOBAL_VARIABLE, INDEX_PAGE

STEMS = tuple(lesson.stem for lesson in LESSONS)
# The variable is meant for pages that embed Streamlit; settings that such a page has made replace the one made here.
SCRIPT = f"""<script>{{
  const root = location.pathname.match(/^(.*\\/)({"|".join(STEMS)})$/)?.[1];
  if (root) window.{GLOBAL_VARIABLE} = {{ {BACKEND_ADDRESS}: location.origin + root, ...window.{GLOBAL_VARIABLE} }};
}}</script>"""


@cache
def index_page() -> str:
    """Streamlit's index page with SCRIPT at the beginning of its head, before all other scripts."""
    return INDEX_PAGE.read_text(encoding="utf-8").replace("<head>", f"<head>{SCRIPT}", 1)


def answer(_request: Request) -> HTMLResponse:
    """The page, not cached by browsers, because a release of Streamlit changes the addresses in it."""
    return HTMLResponse(index_page(), headers={"Cache-Control": "no-cache"})


def routes() -> list[Route]:
    """A route for each lesson, under any base path; `st.App` matches them before its own."""
    return [Route(f"{base}/{stem}", answer) for base in ("", "/{base:path}") for stem in STEMS]
