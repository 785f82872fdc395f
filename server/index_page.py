"""Streamlit's index page with scripts of our own before all others, and the addresses that lead to it.

- The server's address, for visitors who follow a link to a lesson. Without it Streamlit's script requests its server
  below /vae first, receives 404, and tries one level up. All lessons are at the same level, so the address of one
  determines the root, also behind a proxy with a base path.
- The keys of the tab and the browser: see tab_key.js.
- The way back after a cut: see reconnect.js.
- The browser's history: see history.js.
- The way of Tab into a group of choices: see focus.js.

Redirects are relative, because a proxy may have removed the beginning of the path that the visitor sees.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Match, Route
from starlette.types import Scope

from ui.contents import HOME, LESSONS, SLIDE_LINKS
from ui.controls import STEPS
from ui.streamlit_internals import BACKEND_ADDRESS, GLOBAL_VARIABLE, IDLE, INDEX_PAGE

STEMS = (*(lesson.stem for lesson in LESSONS), SLIDE_LINKS)
# The variable is meant for pages that embed Streamlit; settings that such a page has made replace the one made here.
ADDRESS = f"""{{
  const root = location.pathname.match(/^(.*\\/)({"|".join(STEMS)})$/)?.[1];
  if (root) window.{GLOBAL_VARIABLE} = {{ {BACKEND_ADDRESS}: location.origin + root, ...window.{GLOBAL_VARIABLE} }};
}}"""
HISTORY = ((Path(__file__).parent / "history.js").read_text(encoding="utf-8")
           .replace("STEP_SELECTOR", STEPS).replace("IDLE_SELECTOR", IDLE))
TAB_KEY, RECONNECT, FOCUS = ((Path(__file__).parent / name).read_text(encoding="utf-8") for name in
                             ("tab_key.js", "reconnect.js", "focus.js"))
SCRIPT = f"<script>{ADDRESS}\n{TAB_KEY}\n{RECONNECT}\n{HISTORY}\n{FOCUS}</script>"


@cache
def index_page() -> str:
    """Streamlit's index page with SCRIPT at the beginning of its head, before all other scripts."""
    return INDEX_PAGE.read_text(encoding="utf-8").replace("<head>", f"<head>{SCRIPT}", 1)


def answer(_request: Request) -> HTMLResponse:
    """The page, not cached by browsers, because a release of Streamlit changes the addresses in it."""
    return HTMLResponse(index_page(), headers={"Cache-Control": "no-cache"})


def _redirect(path: str) -> Callable[[Request], RedirectResponse]:
    """The answer that leads to a relative path, with the request's query."""
    def redirect(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{path}?{request.url.query}" if request.url.query else path)

    return redirect


class _Root(Route):
    """The app's root under `server.baseUrlPath`, which can be read when a request comes, and not before."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Route."""
        base = str(st.get_option("server.baseUrlPath") or "").strip("/")
        return super().matches(scope) if scope.get("path") == (f"/{base}/" if base else "/") else (Match.NONE, {})


def routes() -> list[Route]:
    """A route for home and for each other page, under any base path; `st.App` matches them before its own."""
    found: list[Route] = [_Root("/{path:path}", answer)]
    for base in ("", "/{base:path}"):
        found += [Route(f"{base}/{stem}", answer) for stem in STEMS]
        found += [Route(f"{base}/{stem}/", _redirect(f"../{stem}")) for stem in STEMS]
        found += [Route(f"{base}/{HOME.stem}", _redirect("./")), Route(f"{base}/{HOME.stem}/", _redirect("../"))]
    return found


__all__ = ["ADDRESS", "SCRIPT", "STEMS", "answer", "index_page", "routes"]
