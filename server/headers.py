"""Headers of every HTTP response, with which a browser sends no request to another host."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.middleware import Middleware

from server import settings
from server.nginx_conf import NAME_HEADER

# Streamlit has inline styles and loads components from blob: URLs; plotly compiles its shaders.
POLICY = "; ".join((
    "default-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:", "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self' ws: wss: data: blob:",
    "worker-src 'self' blob:", "object-src 'none'", "base-uri 'self'"))
HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]


class Headers:
    """ASGI middleware that adds the policy and HEADERS to each HTTP response, and this server's name to all answers."""

    def __init__(self, app: Asgi) -> None:
        self.app = app
        policy = f"{POLICY}; frame-ancestors {settings.frame_ancestors()}"
        name = settings.server_name().encode()
        self.named = ((NAME_HEADER.lower().encode(), name),) if name else ()
        self.added = ((b"content-security-policy", policy.encode()), *HEADERS, *self.named)

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        """Pass the request on and add the headers to the first message of its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.added]
            elif message["type"] == "websocket.accept" and self.named:
                message["headers"] = [*message.get("headers", ()), *self.named]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def middleware() -> list[Middleware]:
    """The middleware of the app, for `st.App(middleware=...)`."""
    return [Middleware(Headers)]
