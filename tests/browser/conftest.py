"""Fixtures of the browser tests: a served app, one Chromium, and pages whose errors fail the test.

    def test_it(serve, page, seen):
        page.goto(serve("tests/browser/apps/own.py"))   # a script, or "app.py" for the whole app
        ...                                             # errors and requests to other hosts fail the test
        assert seen.sent == []                          # websocket messages since seen.sent.clear()

`new_page(width=390, color_scheme="dark", has_touch=True)` opens a page with other options. `shared_page` is for modules
whose tests need no page that is loaded anew: each gets it as the one before has left it.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    WebSocket,
    sync_playwright,
)

from server.health import wait_until_healthy
from tools.browser import FLAGS, OFFLINE, find, kept_context
from tools.local_server import ROOT

STARTUP_SECONDS = 90
EMPTY = "about:blank"
SIZE: ViewportSize = {"width": 1280, "height": 900}     # of a page, unless it is given another one
MEDIA = ("color_scheme", "forced_colors", "reduced_motion")     # options that a page has without a context of its own
# What moves is at its end at once: a frame in between costs the processor as much as the last one.
AT_ONCE = """{
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { animation: none !important; transition: none !important; }");
    document.adoptedStyleSheets.push(sheet);
}"""
# The process inherits the listening socket, so that no other process can take the port meanwhile.
ENTRY = """
import runpy, socket, sys
import streamlit as st, uvicorn
script, fd = sys.argv[1], int(sys.argv[2])
if script.endswith("app.py"):
    app = runpy.run_path(script)["app"]
else:
    from ui.components import assets
    st.config.set_option("browser.gatherUsageStats", False)
    app = st.App(script, routes=assets.routes())
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[socket.socket(fileno=fd)])
"""


@dataclass
class Server:
    """A child process that serves one script."""

    process: subprocess.Popen[bytes]
    url: str
    output: IO[bytes]
    final_log: str = ""

    def log(self, tail: int = 4000) -> str:
        """The end of its output, read without moving the file's position, which is shared with the child."""
        if self.output.closed:
            return self.final_log
        size = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), tail, max(0, size - tail)).decode(errors="replace")

    def wait(self) -> "Server":
        try:
            wait_until_healthy(self.url, STARTUP_SECONDS, running=lambda: self.process.poll() is None)
        except RuntimeError as error:
            self.stop()
            raise RuntimeError(f"{error}; its log ends with\n{self.log()}") from error
        return self

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.final_log = self.log()
        self.output.close()


def start(script: Path, by: str) -> Server:
    """Serve `script` by "uvicorn" or by "streamlit" (as `streamlit run` does) on a free loopback port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port, inherited = listening.getsockname()[1], (listening.fileno(),)
    if by == "uvicorn":
        command = ["-c", ENTRY, str(script), str(listening.fileno())]
    else:
        listening.close()
        inherited = ()
        command = ["-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.address=127.0.0.1",
                   "--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server runs
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, pass_fds=inherited, stdout=output,
                               stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    listening.close()
    return Server(process, f"http://127.0.0.1:{port}", output)


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[tuple[Path, str], Server]]:
    running: dict[tuple[Path, str], Server] = {}
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture(scope="session")
def serve(servers: dict[tuple[Path, str], Server]) -> Callable[..., str]:
    """`serve(script, by="uvicorn")` -> base URL. One server per script and session, started at the first call."""

    def of(script: str | Path, by: str = "uvicorn") -> str:
        key = (ROOT / script).resolve(), by
        if key not in servers:
            servers[key] = start(*key).wait()
        return servers[key].url

    return of


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        running = getattr(item, "funcargs", {}).get("servers", {})
        report.sections += [(f"log of {key[0].name} ({key[1]})", server.log()) for key, server in running.items()]
    return report


@pytest.fixture(scope="session")
def play() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(play: Playwright) -> Iterator[Browser]:
    """A Chromium for contexts that begin without any cache."""
    opened = play.chromium.launch(executable_path=find(play), args=[*FLAGS, OFFLINE])
    yield opened
    opened.close()


@dataclass
class Seen:
    """Events of the pages of one test. The first three have to be empty at its end; clear expected ones."""

    page_errors: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)   # requests to another host
    requests: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)       # websocket messages, browser to server
    received: list[Any] = field(default_factory=list)
    watched: list[tuple[Page | WebSocket, str, Callable[..., None]]] = field(default_factory=list)

    def assert_no_errors(self) -> None:
        """No error of a page or its console, and no request to another host."""
        assert (self.page_errors, self.console_errors, self.foreign) == ([], [], [])

    def watch(self, page: Page) -> None:
        for event, listener in (("pageerror", lambda error: self.page_errors.append(str(error))),
                                ("console", self.console),
                                ("request", lambda request: self.request(request.url)),
                                ("websocket", self.websocket)):
            self.listen(page, event, listener)

    def listen(self, source: Page | WebSocket, event: str, listener: Callable[..., None]) -> None:
        source.on(event, listener)    # type: ignore[call-overload]
        self.watched.append((source, event, listener))

    def end(self) -> None:
        """Watch no page any longer: the next test may get the same one."""
        for source, event, listener in self.watched:
            source.remove_listener(event, listener)

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def request(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname != "127.0.0.1":
            self.foreign.append(url)

    def websocket(self, socket: WebSocket) -> None:
        self.request(socket.url)  # Playwright marks its listeners, which a bound builtin does not allow
        self.listen(socket, "framesent", lambda message: self.sent.append(message))  # noqa: PLW0108
        self.listen(socket, "framereceived", lambda message: self.received.append(message))  # noqa: PLW0108


@pytest.fixture
def seen() -> Iterator[Seen]:
    watching = Seen()
    yield watching
    watching.end()


@pytest.fixture(scope="session")
def contexts(play: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bool], BrowserContext]]:
    """One context without and one with touch, for all tests of a session."""
    made: dict[bool, BrowserContext] = {}

    def of(touch: bool) -> BrowserContext:
        if touch not in made:
            made[touch] = kept_context(play, str(tmp_path_factory.mktemp("profile")), OFFLINE, viewport=SIZE,
                                       has_touch=touch)
            made[touch].add_init_script(AT_ONCE)
        return made[touch]

    yield of
    for context in made.values():
        context.close()


@pytest.fixture
def kept(contexts: Callable[[bool], BrowserContext]) -> Iterator[Callable[..., BrowserContext]]:
    """`kept(touch=False)` -> a context as a new visitor has it, but with Chromium's compiled scripts.

    Its first page is the tab of all tests: a page of the app takes three fifths of the processor's time there that it
    takes in another tab, which is another process.
    """
    taken: dict[bool, BrowserContext] = {}

    def of(touch: bool = False) -> BrowserContext:
        taken[touch] = contexts(touch)
        forget(taken[touch])
        return taken[touch]

    yield of
    for context in taken.values():
        forget(context)


def forget(context: BrowserContext) -> None:
    """Leave one empty tab, and clear all that its pages have stored."""
    tab, *others = context.pages
    for page in others:
        page.close()
    tab.unroute_all()
    tab.evaluate("try { sessionStorage.clear(); } catch { /* an empty tab has none */ }")
    tab.goto(EMPTY)
    tab.emulate_media(media="null", **dict.fromkeys(MEDIA, "null"))
    context.clear_cookies()
    context.clear_permissions()
    session = context.new_cdp_session(tab)
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    session.send("Page.resetNavigationHistory")
    session.detach()


@pytest.fixture
def new_page(kept: Callable[..., BrowserContext], request: pytest.FixtureRequest,
             seen: Seen) -> Iterator[Callable[..., Page]]:
    """`new_page(width=1280, height=900, **options of a Playwright context)` -> a page of another visitor at each call.

    The first visitor in a test with a kept context's options takes the tab of that context. `own_tab=True`: another
    one, for scripts that stay in a tab.
    """
    own: list[BrowserContext] = []
    taken: dict[bool, BrowserContext] = {}

    def of(width: int = 1280, height: int = 900, own_tab: bool = False, **options: Any) -> Page:
        media = {name: options.pop(name) for name in MEDIA if name in options}
        touch = options.get("has_touch", False)
        if touch in taken or options.keys() - {"has_touch"}:
            context = request.getfixturevalue("browser").new_context(**options)
            context.add_init_script(AT_ONCE)
            own.append(context)
        else:
            context = taken[touch] = kept(touch)
        page = context.new_page() if own_tab or context in own else context.pages[0]
        page.emulate_media(**media)
        page.set_viewport_size({"width": width, "height": height})
        seen.watch(page)
        return page

    yield of
    for context in own:
        context.close()
    seen.assert_no_errors()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of 1280 x 900 whose errors, console errors and foreign requests fail the test."""
    return new_page()


@pytest.fixture(scope="module")
def kept_tab(contexts: Callable[[bool], BrowserContext]) -> Iterator[tuple[Page, list[WebSocket]]]:
    """The tab of all tests, for the whole of a module, and the connections that it has opened meanwhile."""
    context, sockets = contexts(False), list[WebSocket]()
    forget(context)
    tab = context.pages[0]

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    tab.on("websocket", opened)
    yield tab, sockets
    tab.remove_listener("websocket", opened)
    forget(context)


@pytest.fixture
def shared_page(kept_tab: tuple[Page, list[WebSocket]], seen: Seen) -> Iterator[Page]:
    """`page`, as the test before has left it: at EMPTY, where that was the first or took a page of its own."""
    tab, sockets = kept_tab
    tab.set_viewport_size(SIZE)
    tab.emulate_media(media="null", **dict.fromkeys(MEDIA, "null"))    # type: ignore[arg-type]
    seen.watch(tab)
    for connection in sockets:
        seen.websocket(connection)
    yield tab
    tab.mouse.up()
    tab.mouse.move(0, 0)
    seen.assert_no_errors()
