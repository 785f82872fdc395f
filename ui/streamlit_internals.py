"""The internals of Streamlit 1.67 that the project uses, each with its benefit.

They are undocumented, so any release may change them. tests/ui/test_streamlit_internals.py looks each one up in the
installed release and names the one that is missing.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session, forward_msg_queue
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunContext, ScriptRunnerEvent, get_script_run_ctx
from streamlit.runtime.session_manager import SessionClientDisconnectedError
from streamlit.runtime.state import SafeSessionState
from streamlit.runtime.state.query_params import QueryParams

FRONT_END = Path(st.__file__).parent / "static"

# Answers 200 once the server is ready: `--open`, tests and benchmarks poll it.
HEALTH_PATH = "/_stcore/health"

# The page that a browser loads first, and the global variable from which its script reads the server's address; without
# it the script tries one address after the other. With it a visitor who follows a link to a lesson sees the first
# figure 0.1 s sooner, and the console shows no 404.
INDEX_PAGE = FRONT_END / "index.html"
GLOBAL_VARIABLE = "__streamlit"
BACKEND_ADDRESS = "BACKEND_BASE_URL"

# The folder of the front end's own scripts, below the app's root. From the tag that loads them a component finds the
# root, under any base path: without it no figure is drawn behind a proxy with a path of its own.
SCRIPT_FOLDER = "static/js/"

# Prefix of Streamlit's own query parameters (`?embed=true`): the page ignores them without a note.
OWN_PARAMETERS = "embed"

# Matches while no script runs: browser tests and benchmarks wait for it until a page has been drawn.
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

# Class names and test ids in style.css and lecture_hall.css.
STYLED = {
    "stMainBlockContainer": "the width of the text and the space above it, wider with ?present=1",
    "stVerticalBlock": "less space between the elements with ?present=1",
    "stSidebar": "no menu with ?present=1",
    "stHeader": "no bar above the page with ?present=1",
    "stStatusWidget": "no flickering status icon on pages that refresh themselves",
    "stNumberInputContainer": "the sentence about a typed number that is out of range, below its field",
    "stHorizontalBlock": "one gap within the lists of lessons and slides where their columns stand below each other",
    "stCaptionContainer": "captions that reach a contrast of 4.5 to 1",
    "stBaseButton-primary": "a label that is readable on the accent colour of the dark theme",
    **dict.fromkeys(("stPopoverButton", "stBaseButton-secondary", "stBaseButton-tertiary"),
                    "a label that is readable on the dark theme while the button is pressed or open"),
    "stSlider": "a track and a thumb under forced colours",
    "stCheckbox": "a switch under forced colours",
    "stRadioOption": "the chosen option under forced colours",
    "stProgressBarTrack": "progress under forced colours",
    **dict.fromkeys(("stLayoutWrapper", "stHorizontalBlock", "stColumn", "stElementContainer", "stExpander"),
                    "with ?present=1 the elements of all containers flow in lines"),
    **dict.fromkeys(("stSelectbox", "stButtonGroup", "stNumberInput", "stTextInput", "stButton"),
                    "with ?present=1 controls share a line"),
    **dict.fromkeys(("stBidiComponent", "stMarkdown", "stMarkdownContainer"),
                    "with ?present=1 rows of figures and of text stay rows"),
}


def connection_keys() -> tuple[str, str] | None:
    """The keys of the visitor's tab and browser, which server/tab_key.js sends; None where there are none.

    Streamlit reads the first three protocols of the websocket's handshake and leaves a fourth to whoever wants it.
    """
    found = re.search(r"dgm-([0-9a-f]{32})-([0-9a-f]{32})\s*$", st.context.headers.get("Sec-WebSocket-Protocol") or "")
    return (found[1], found[2]) if found else None


def session_id() -> str:
    """The id of the session that this run belongs to; "" outside one."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def is_connected(session: str) -> bool:
    """Whether a browser is connected to the session with this id."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def visitors() -> int:
    """How many browsers are connected."""
    return runtime.get_instance()._session_mgr.num_active_sessions() if runtime.exists() else 0


def is_history_step() -> bool:
    """Whether this run answers the browser's Back or Forward: the address has a state that the session has left."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def restore_link() -> None:
    """Set st.query_params to the address with which the browser started this run.

    On the way from one page to another Streamlit drops every parameter that has the name of a control of the first one,
    also on the way Back to a page whose own control has this name.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    left = set(st.query_params)
    with context.session_state.query_params() as params:
        params.set_initial_query_params(context.query_string)
        params.populate_from_query_string(context.query_string)
    for name in set(st.query_params) - left:
        st.query_params[name] = st.query_params[name]   # the browser, too, was told that it is dropped


def seed_from_link() -> None:
    """Let the bound widgets that are drawn next begin with st.query_params as it is now, after a correction.

    Otherwise they begin with the address that the browser sent, and a slider fails at infinity.
    """
    context = get_script_run_ctx()
    if context is not None:
        with context.session_state.query_params() as params:
            params.set_initial_query_params_from_current()


def free_link() -> None:
    """Let st.query_params be set as a whole before the widgets that are bound to it are drawn again.

    Streamlit refuses that from the first drawing of a bound widget on, as long as its page is open.
    """
    context = get_script_run_ctx()
    if context is not None:
        with context.session_state.query_params() as params:
            for widget in list(params._bindings_by_widget):
                params.unbind_widget(widget)


def send_link(values: Mapping[str, str | None]) -> None:
    """Send the browser the address with these parameters of bound widgets; None removes one.

    When a part of the page has been drawn, Streamlit sends the address without the controls of the part before. A press
    that comes in between is lost from the address, although the page shows what was pressed.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as params:
        for name, text in values.items():
            if params.is_bound(name):
                params._query_params.pop(name, None)
                if text is not None:
                    params.set_with_no_forward_msg(name, text)
        params._send_query_param_msg()


LATE_SECONDS = 5.0      # so long a request may be under way that does not yet know the address

_reset = ScriptRunContext.reset


def _reset_unless_late(self: ScriptRunContext, query_string: str = "", page_script_hash: str = "",
                       **settings: Any) -> None:
    """Begin a run. The parameters of a late request that no widget is bound to stay what the session has made them."""
    with self.session_state.query_params() as params:
        same_page = self.page_script_hash == page_script_hash and not settings.get("is_history_navigation")
        newer = _newer(params, query_string) if same_page else None
        _reset(self, query_string, page_script_hash, **settings)
        params.__dict__["_asked"] = time.monotonic(), dict(params._query_params)
        if newer is not None:
            for name in _unbound(params, params._query_params):
                params._query_params.pop(name)
            params._query_params.update(newer)


def _newer(params: QueryParams, query_string: str) -> dict[str, Any] | None:
    """What the session has made of the unbound parameters, where the browser sent this address before it knew."""
    if "_asked" not in params.__dict__:
        return None
    began, asked_before = params.__dict__["_asked"]
    own, before = _unbound(params, params._query_params), _unbound(params, asked_before)
    asked = _unbound(params, parse_qs(query_string, keep_blank_values=True))
    late = asked == before != own and time.monotonic() - began < LATE_SECONDS
    return {name: params._query_params[name] for name in own} if late else None


def _unbound(params: QueryParams, values: Mapping[str, Any]) -> dict[str, str]:
    return {name: text if isinstance(text, str) else text[-1] for name, text in values.items()
            if not params.is_bound(name)}


def keep_late_requests_from_the_link() -> None:
    """Let a request that was on its way when the address changed not change it back.

    Streamlit begins each run with the address that the browser sent. A press 0.1 s after another one comes with the
    address from before both: the lecture hall was left, and the page went on in it.
    """
    ScriptRunContext.reset = _reset_unless_late  # type: ignore[method-assign,assignment]


_clear = forward_msg_queue.ForwardMsgQueue.clear


def _clear_unless_fragment(self: forward_msg_queue.ForwardMsgQueue, retain_lifecycle_msgs: bool = False,
                           fragment_ids_this_run: list[str] | None = None) -> None:
    """Clear the queue of messages, except where a fragment's run begins: what waits stays, in its order.

    The end of another fragment's run stays what it is; Streamlit would rewrite it to "ended early".
    """
    if not retain_lifecycle_msgs or fragment_ids_this_run is None:
        return _clear(self, retain_lifecycle_msgs, fragment_ids_this_run)
    self._queue = [msg if _ends_fragment(msg) else forward_msg_queue._update_script_finished_message(msg, True)
                   for msg in self._queue]
    self._delta_index_map = {}
    return None


def _ends_fragment(msg: ForwardMsg) -> bool:
    return (msg.WhichOneof("type") == "script_finished"
            and msg.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def keep_order_of_messages() -> None:
    """Let the browser get all that waits to be sent when a fragment's run begins.

    Streamlit drops what the fragment itself had sent and keeps what came after it, whose place does not exist without
    it: the browser then finds a "Bad delta path" and ends the connection for ever. On a busy server, where messages
    wait, that met more than half of the visitors who trained. And where the browser does not learn that a fragment's
    run has ended it removes nothing: while a run trains, a refresh begins right after a chosen part is drawn, and
    elements of the part before stay on the page.
    """
    forward_msg_queue.ForwardMsgQueue.clear = _clear_unless_fragment  # type: ignore[method-assign]


# Messages of a run together ------------------------------------------------------------------------------------------

JOIN_SECONDS = 0.004    # so long the first message of a run waits for others
MOST_AT_ONCE = 100      # messages that a session sends without a pause: a browser's queue holds 500


class _Waiting:
    """What the run of a session has sent and the event loop has not yet received."""

    def __init__(self) -> None:
        self.events: deque[tuple[Any, ScriptRunnerEvent, dict[str, Any]]] = deque()
        self.called = False     # whether the loop has been called for them


def _collect(self: AppSession, sender: Any, event: ScriptRunnerEvent, **payload: Any) -> None:
    """An event of a run, in its thread. A message waits for others; the end of the run, or its begin, does not."""
    waiting: _Waiting = self.__dict__.setdefault("_waiting_events", _Waiting())
    waiting.events.append((sender, event, payload))
    if event is not ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
        self._call_soon_on_event_loop(lambda: _receive(self, waiting))
    elif not waiting.called:
        waiting.called = True
        self._call_soon_on_event_loop(lambda: _receive_later(self, waiting))


def _receive_later(self: AppSession, waiting: _Waiting) -> None:
    self._event_loop.call_later(JOIN_SECONDS, _receive, self, waiting)


def _receive(self: AppSession, waiting: _Waiting) -> None:
    """All events that wait, in their order, in the event loop."""
    waiting.called = False      # before the look at the queue: what comes from now on calls again
    try:
        while waiting.events:
            sender, event, payload = waiting.events.popleft()
            self._handle_scriptrunner_event_on_event_loop(sender, event, **payload)
    finally:
        if waiting.events:      # after an error: those behind it are not lost
            self._event_loop.call_soon(_receive, self, waiting)


_request_rerun = AppSession.request_rerun


def _request_in_order(self: AppSession, client_state: ClientState | None) -> None:
    """Request a run after the event loop has received all that the run before has sent.

    Where that one has just ended Streamlit starts another script runner and ignores from then on what waits from the
    runner before: a whole run's drawing, or the end of it, without which the browser removes nothing.
    """
    waiting: _Waiting | None = self.__dict__.get("_waiting_events")
    try:
        if waiting is not None and asyncio._get_running_loop() is self._event_loop:
            _receive(self, waiting)
    finally:
        _request_rerun(self, client_state)


_flush = AppSession.flush_browser_queue


def _send_at_once(self: AppSession) -> list[ForwardMsg]:
    """Send the messages of the queue but the last; the event loop sends those that are returned, with pauses."""
    messages = _flush(self)
    if len(messages) < 2:       # the loop asks every session whenever one has something to send
        return messages
    server = runtime.get_instance()
    session, sent = server._session_mgr.get_active_session_info(self.id), 0
    if session is not None:
        try:
            for message in messages[:MOST_AT_ONCE][:-1]:
                server._send_message(session, message)
                sent += 1
        except SessionClientDisconnectedError:
            pass                # the loop meets it again and ends the connection
    return messages[sent:]


_wake = Runtime._enqueued_some_message


def _wake_from_within(self: Runtime) -> None:
    """Let the event loop look at the queues: from within the loop without a write to the socket that wakes it."""
    own = self._get_async_objs()
    if asyncio._get_running_loop() is own.eventloop:
        own.need_send_data.set()
    else:
        _wake(self)


def join_messages() -> None:
    """Let the messages of a run reach the event loop, and the browser, together.

    Streamlit calls the loop for each message, and the loop pauses after each one that it sends. At every such place the
    run and the loop wait for each other's turn in the interpreter: a quarter of a rerun of 80 messages.
    """
    AppSession._on_scriptrunner_event = _collect  # type: ignore[method-assign,assignment]
    AppSession.flush_browser_queue = _send_at_once  # type: ignore[method-assign]
    AppSession.request_rerun = _request_in_order  # type: ignore[method-assign]
    Runtime._enqueued_some_message = _wake_from_within  # type: ignore[method-assign]


class _State(Mapping[str, Any]):
    """The state of a session, read where it is asked for."""

    def __init__(self, state: SafeSessionState) -> None:
        self._kept = state

    def __getitem__(self, key: str) -> Any:
        with self._kept._lock:
            return self._kept._state[key]

    def _all(self) -> dict[str, Any]:
        with self._kept._lock:
            return self._kept._state.filtered_state

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def read_state_by_key() -> None:
    """Let a widget that looks for its own value not copy the state of the whole session.

    Sliders, menus and fields do so, once each: with a component on the page the copy also makes a class for it.
    """
    SafeSessionState.filtered_state = property(_State)  # type: ignore[method-assign,assignment]


_write_theme = app_session._populate_theme_msg


@cache
def _theme(section: str) -> CustomThemeConfig:
    theme = CustomThemeConfig()
    _write_theme(theme, section)
    return theme


def _copy_theme(msg: CustomThemeConfig, section: str = "theme") -> None:
    theme = _theme(section)
    if theme.ByteSize():        # one without a setting stays absent
        msg.MergeFrom(theme)


def write_theme_once() -> None:
    """Let each run begin with a copy of the theme's message, which the settings give once.

    Streamlit reads some hundred settings for it at the begin of each rerun, a fragment's too: a tenth of a short one.
    """
    app_session._populate_theme_msg = _copy_theme
