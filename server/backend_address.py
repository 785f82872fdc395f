"""The page that a browser loads first, told where its server is.

Streamlit's script finds that out by asking: below /vae first, and only when nobody answers there one level up. That
costs a visitor who comes by a link 0.1 s. Our pages lie side by side, so the address of one says where the root is.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.contents import LESSONS

# What the front end reads where another page embeds it; a proxy's path in front of ours belongs to the root.
TOLD = f"""<head><script>{{
  const root = location.pathname.match(/^(.*\\/)({"|".join(entry.stem for entry in LESSONS)})\\/?$/)?.[1];
  if (root) window.__streamlit = {{ BACKEND_BASE_URL: location.origin + root, ...window.__streamlit }};
}}</script>""".encode()


class Front:
    """ASGI middleware that adds TOLD to the page; everything else passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a page that comes back is changed on its way."""
        asked = Headers(scope=scope).get("accept", "") if scope["type"] == "http" and scope["method"] == "GET" else ""
        if "text/html" not in asked:
            return await self.app(scope, receive, send)
        start: Message = {}
        body = b""

        async def answer(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message     # it goes out with the end of the body, when the length is known
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            if start["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
                body = body.replace(b"<head>", TOLD, 1)
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        # Compressed, it could not be changed.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, answer)


def middleware() -> list[Middleware]:
    """What `st.App(middleware=...)` takes."""
    return [Middleware(Front)]
