"""A visitor without a browser: speaks the websocket protocol of the pages, for loads, faults and measurements.

    async with Visitor("http://127.0.0.1:8501", "gmm") as visitor:
        seconds = await visitor.move()     # a slider of the page, to another value, until the page has been drawn
        await visitor.press("Train")

It opens a page as a browser does (the page's cookie, then the websocket with the keys of its tab), keeps large messages
so that the server need not send them again, answers what is asked, and knows no figures: what is sent is read and
counted.
"""

import asyncio
import http.client
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

DRAWN = (0, 3)    # statuses of a script that ran to its end: the page's, a fragment's
STEP = re.compile(r"step ([\d,]+)")
OLDEST = 2        # runs for which a browser keeps a large message without another use


@dataclass
class Widget:
    """A widget as the server sent it."""

    kind: str
    proto: Any
    fragment: str


@dataclass
class Cached:
    """A large message that a browser keeps. used: the number of the run that had it last."""

    message: ForwardMsg
    used: int


@dataclass
class MessageCache:
    """What a browser keeps of the messages: the server sends a message of these again as its hash alone."""

    messages: dict[str, Cached] = field(default_factory=dict)    # by hash
    runs: int = 0

    def whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message that arrived, or the kept one to which it refers."""
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            found = self.messages[message.ref_hash]
            found.used = self.runs
            return found.message
        if message.metadata.cacheable and message.hash:
            self.messages[message.hash] = Cached(message, self.runs)
        if kind == "script_finished" and message.script_finished in DRAWN:
            self._end_run(message.metadata.run.fragment_ids)
        return message

    def _end_run(self, fragments: Sequence[str]) -> None:
        """Drop what the fragments that ran, or the page if there are none, have not had for more than OLDEST runs."""
        self.runs += 1
        self.messages = {
            key: cached for key, cached in self.messages.items()
            if (fragments and cached.message.delta.fragment_id not in fragments)
            or self.runs - cached.used <= OLDEST}


@dataclass
class Visitor:
    """One tab. url: of the app, with its sub-path. page: the lesson's stem. query: of its link."""

    url: str
    page: str
    query: str = ""
    cookie: str = ""
    tab: str = field(default_factory=lambda: secrets.token_hex(16))
    session: str = ""
    browser: str = field(default_factory=lambda: secrets.token_hex(16))
    random: Random = field(default_factory=lambda: Random(1))
    timeout: float = 60.0

    widgets: dict[str, Widget] = field(default_factory=dict)     # by id
    states: dict[str, WidgetState] = field(default_factory=dict)
    refreshes: dict[str, float] = field(default_factory=dict)    # fragments that rerun by themselves, and how often
    texts: list[str] = field(default_factory=list)               # markdown and progress texts of the last run
    errors: list[str] = field(default_factory=list)
    received: int = 0                                            # bytes
    cache: MessageCache = field(default_factory=MessageCache)
    socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.leave()

    async def open(self) -> float:
        """Load the page and draw it. Returns the seconds that it took."""
        start = time.perf_counter()
        await asyncio.to_thread(self._load)
        await self.connect()
        await self.rerun()
        return time.perf_counter() - start

    async def connect(self) -> None:
        """Open the websocket, also after it was cut."""
        split = urlsplit(self.url)
        stream = f"ws{self.url.removeprefix('http')}/_stcore/stream"
        keys = f"dgm-{self.tab}-{self.browser}"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.socket = await connect(
            stream, subprotocols=["streamlit", "no-token", "no-session", keys],  # type: ignore[list-item]
            origin=f"{split.scheme}://{split.netloc}",  # type: ignore[arg-type]
            additional_headers=headers, max_size=None, open_timeout=self.timeout, close_timeout=2)
        self._remember(self.socket.response.headers.get_all("Set-Cookie") if self.socket.response else [])

    def cut(self) -> None:
        """Cut the line, without a word to the server."""
        assert self.socket is not None
        self.socket.transport.abort()

    async def leave(self) -> None:
        """Close the tab."""
        if self.socket is not None:
            await self.socket.close()

    async def rerun(self, fragment: str = "", automatic: bool = False) -> float:
        """Run the page, or a fragment of it, until it has been drawn. Returns the seconds."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.is_auto_rerun = self.query, self.page, automatic
        state.fragment_id = fragment
        state.widget_states.widgets.extend(self.states.values())
        state.cached_message_hashes.extend(self.cache.messages)
        if not fragment:
            self.texts.clear()
        assert self.socket is not None
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self._until_drawn(), self.timeout)
        return time.perf_counter() - start

    async def move(self) -> float:
        """Move a slider of the page to another value; without one, run the page. Returns the seconds."""
        sliders = [found for found in self.widgets.items() if found[1].kind == "slider" and not found[1].proto.disabled]
        if not sliders:
            return await self.rerun()
        key, widget = self.random.choice(sliders)
        low, high, step = widget.proto.min, widget.proto.max, widget.proto.step or 1
        value = low + step * self.random.randint(0, max(0, int((high - low) / step)))
        state = WidgetState(id=key)
        if widget.proto.options:
            state.string_array_value.data[:] = [self.random.choice(widget.proto.options)]
        else:
            state.double_array_value.data[:] = [value] * len(widget.proto.default)
        self.states[key] = state
        return await self.rerun(widget.fragment)

    async def press(self, label: str) -> float:
        """Press a button. LookupError when the page has none with this label."""
        key = next((key for key, widget in self.widgets.items()
                    if widget.kind == "button" and widget.proto.label == label), None)
        if key is None:
            raise LookupError(f"no button {label!r} on {self.page}")
        self.states[key] = WidgetState(id=key, trigger_value=True)
        try:
            return await self.rerun(self.widgets[key].fragment)
        finally:
            del self.states[key]

    async def refresh(self) -> float:
        """Rerun each fragment that reruns by itself once. Returns the seconds of the slowest."""
        return max([await self.rerun(fragment, automatic=True) for fragment in list(self.refreshes)], default=0.0)

    # What it sees

    @property
    def server(self) -> str:
        """The name of the server that nginx has given this visitor; "" where there is one server."""
        found = re.search(r"dgm_server=(\w+)", self.cookie)
        return found[1] if found else ""

    @property
    def step(self) -> int:
        """The step of the run that the page shows; 0 without one."""
        return max((int(found[1].replace(",", "")) for text in self.texts if (found := STEP.search(text))), default=0)

    # What arrives

    async def _until_drawn(self) -> None:
        assert self.socket is not None
        while True:
            data = await self.socket.recv()
            self.received += len(data)
            message = ForwardMsg()
            message.ParseFromString(data)  # type: ignore[arg-type]
            if self._read(self.cache.whole(message)):
                return

    def _read(self, message: ForwardMsg) -> bool:
        """Note what matters of a message. Returns whether the page has been drawn."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        elif kind == "delta":
            self._read_delta(message.delta)
        elif kind == "auto_rerun":
            self.refreshes[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            self.refreshes.clear()
        return kind == "script_finished" and message.script_finished in DRAWN

    def _read_delta(self, delta: Any) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        proto = getattr(element, kind) if kind else None
        if kind == "exception" or (kind == "alert" and "Something went wrong" in proto.body):
            self.errors.append(getattr(proto, "message", "") or proto.body)
        elif kind in ("slider", "button", "bidi_component"):
            self.widgets[proto.id] = Widget(kind, proto, delta.fragment_id)
        elif kind in ("markdown", "alert"):
            self.texts.append(proto.body)
        elif kind == "progress":
            self.texts.append(proto.text)

    # HTTP

    def _load(self) -> None:
        """Request the page and what its script asks first, for their cookies."""
        for path in (f"/{self.page}", "/_stcore/health", "/_stcore/host-config"):
            status, headers, _ = self.get(path)
            if status != 200:
                raise ConnectionError(f"{path} answers {status}")
            self._remember(headers.get_all("Set-Cookie") or [])

    def _remember(self, cookies: list[str]) -> None:
        own = dict(pair.split("=", 1) for pair in self.cookie.split("; ") if pair)
        own |= dict(cookie.partition(";")[0].split("=", 1) for cookie in cookies)
        self.cookie = "; ".join(f"{name}={value}" for name, value in own.items())

    def get(self, path: str, method: str = "GET", body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, Any, bytes]:
        """One request: status, headers and content."""
        split = urlsplit(self.url)
        connection = http.client.HTTPConnection(split.netloc, timeout=self.timeout)
        try:
            own = {"Cookie": self.cookie} if self.cookie else {}
            connection.request(method, f"{split.path}{path}", body, own | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()
