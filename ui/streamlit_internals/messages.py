"""Messages from a run to the browser: in their order, and together."""

import asyncio
from collections import deque
from typing import Any

from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import forward_msg_queue
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import SessionClientDisconnectedError

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
