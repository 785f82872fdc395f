"""ui.streamlit_internals: the installed release of Streamlit has each internal that the project uses."""

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import streamlit
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.state.query_params import QueryParams

from ui import streamlit_internals as internals
from ui.streamlit_internals import link as link_of_page
from ui.streamlit_internals import messages, reruns

UI = Path(__file__).parents[2] / "ui"
START, MESSAGE, END = (ScriptRunnerEvent.SCRIPT_STARTED, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG,
                       ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
SHEETS = "".join(path.read_text() for path in UI.glob("*.css"))


@cache
def front_end() -> str:
    """All scripts of Streamlit's front end."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace")
                     for path in internals.FRONT_END.rglob("static/js/*.js"))


@cache
def back_end() -> str:
    """All Python of Streamlit's server."""
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(streamlit.__file__).parent.rglob("web/**/*.py"))


def ensure(found: object, what: str) -> None:
    assert found, f"Streamlit {streamlit.__version__} has no {what}: see ui/streamlit_internals/ for its benefit"


@pytest.mark.parametrize("name", internals.STYLED)
def test_every_name_in_our_style_sheets_is_one_of_the_front_end(name: str) -> None:
    kind = name.partition("-")[0]     # stBaseButton-primary is composed in the browser
    ensure(re.search(rf"[`\"' .]{kind}[`\"' \-]", front_end()), f"class or test id {name}")


def test_our_style_sheets_use_exactly_the_listed_names() -> None:
    used = re.findall(r"\.(st[A-Z]\w+(?:-\w+)?)|data-testid\^?=\"(st[\w-]+)\"", SHEETS)
    assert {a or b for a, b in used} == set(internals.STYLED)


def test_the_index_page_has_a_head_and_its_scripts_read_the_address() -> None:
    page = internals.INDEX_PAGE
    ensure(page.is_file() and page.read_text(encoding="utf-8").count("<head>") == 1, "<head> in index.html")
    ensure(re.search(rf"window\.{internals.GLOBAL_VARIABLE}\W", front_end()), f"window.{internals.GLOBAL_VARIABLE}")
    ensure(internals.BACKEND_ADDRESS in front_end(), f"setting {internals.BACKEND_ADDRESS}")


def test_the_server_has_a_health_path() -> None:
    ensure(internals.HEALTH_PATH.removeprefix("/_stcore/") in back_end() and "_stcore" in back_end(),
           f"address {internals.HEALTH_PATH}")


@pytest.mark.parametrize("name", re.findall(r"data-[\w-]+", internals.IDLE))
def test_the_page_has_an_attribute_for_running_scripts(name: str) -> None:
    ensure(name in front_end(), f"attribute {name}")


def test_streamlits_query_parameters_begin_with_the_prefix() -> None:
    from streamlit.runtime.state import query_params

    own = {query_params.EMBED_QUERY_PARAM, query_params.EMBED_OPTIONS_QUERY_PARAM}
    ensure(all(name.startswith(internals.OWN_PARAMETERS) for name in own), "query parameters that begin with `embed`")


def test_the_index_page_loads_its_scripts_from_the_folder() -> None:
    ensure(internals.SCRIPT_FOLDER in internals.INDEX_PAGE.read_text(encoding="utf-8"),
           f"script of {internals.SCRIPT_FOLDER} in index.html")


@pytest.mark.parametrize("name", ["_query_params", "_send_query_param_msg", "is_bound", "set_with_no_forward_msg",
                                  "set_initial_query_params", "populate_from_query_string",
                                  "set_initial_query_params_from_current", "unbind_widget", "_bindings_by_widget"])
def test_the_query_parameters_have_what_the_link_uses(name: str) -> None:
    ensure(hasattr(QueryParams(), name), f"QueryParams.{name}")


def test_the_connection_leaves_a_fourth_protocol_to_us() -> None:
    from starlette.datastructures import Headers
    from streamlit.web.server.starlette import starlette_websocket

    ensure(hasattr(starlette_websocket, "_parse_subprotocols"), "_parse_subprotocols")
    sent = Headers({"Sec-WebSocket-Protocol": "streamlit, no-token, no-session, dgm-1-2"})
    ensure(starlette_websocket._parse_subprotocols(sent) == ("streamlit", "no-token", "no-session"),
           "websocket handshake with three protocols of its own, which leaves a fourth to us")
    ensure("[`streamlit`,..." in front_end(), "protocol `streamlit` as the first")


@pytest.mark.parametrize("fragments", [["refresh"], None])
def test_the_end_of_a_fragment_is_sent_when_another_one_begins_at_once(fragments: list[str] | None) -> None:
    """Else the browser keeps the elements of the part before. A run of the whole page removes them by itself."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime import forward_msg_queue

    ensure(hasattr(forward_msg_queue, "_update_script_finished_message"), "_update_script_finished_message")
    internals.keep_order_of_messages()
    queue, message = forward_msg_queue.ForwardMsgQueue(), ForwardMsg()
    message.script_finished = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)
    [kept] = queue.flush()
    ended = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY if fragments else ForwardMsg.FINISHED_EARLY_FOR_RERUN
    ensure(kept.script_finished == ended, "end of a fragment that stays in the queue")


@pytest.mark.parametrize(("fragments", "kept"), [(["part"], [(0, 0), (0, 1), (0, 1, 0), (0, 2)]), (None, [])])
def test_what_waits_stays_in_its_order_when_a_fragment_begins(fragments: list[str] | None,
                                                              kept: list[tuple[int, ...]]) -> None:
    """Else [0, 2] arrives without [0, 1], and the browser ends the connection. A run of the page sends all again."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    internals.keep_order_of_messages()
    queue = ForwardMsgQueue()
    for path, fragment in (((0, 0), ""), ((0, 1), "part"), ((0, 1, 0), "inner"), ((0, 2), "")):
        message = ForwardMsg()
        message.metadata.delta_path[:] = path
        message.delta.fragment_id = fragment
        message.delta.add_block.vertical.SetInParent()
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)
    found = [tuple(message.metadata.delta_path) for message in queue.flush()]
    ensure(found == kept, "messages that wait when another run begins")


# Late requests -------------------------------------------------------------------------------------------------------


class Link:
    """The runs of one session, which begin with the address that its browser has."""

    def __init__(self) -> None:
        from streamlit.runtime.pages_manager import PagesManager
        from streamlit.runtime.scriptrunner import ScriptRunContext
        from streamlit.runtime.state import SafeSessionState, SessionState

        self.state = SafeSessionState(SessionState(), lambda: None)
        pages, context = PagesManager("frame.py"), cast(Any, ScriptRunContext)
        pages.set_current_page_script_hash("gmm")
        self.context = context(session_id="1", _enqueue=lambda message: None, query_string="",
                               session_state=self.state, uploaded_file_mgr=None, main_script_path="frame.py",
                               user_info={}, fragment_storage=None, pages_manager=pages)

    def run(self, address: str, page: str = "gmm", **settings: Any) -> dict[str, str]:
        """The parameters with which a run begins."""
        link_of_page._reset_unless_late(self.context, address, page, **settings)
        with self.state.query_params() as params:
            return dict(params._query_params)      # type: ignore[arg-type]

    def set(self, **values: str | None) -> None:
        with self.state.query_params() as params:
            for name, text in values.items():
                params._query_params.pop(name, None)
                if text is not None:
                    params.set_with_no_forward_msg(name, text)

    def bind(self, name: str) -> None:
        with self.state.query_params() as params:
            params.bind_widget(name, f"id of {name}", "int_value", "gmm")


@pytest.fixture
def link() -> Link:
    return Link()


def test_a_late_request_does_not_bring_back_what_the_session_has_removed(link: Link) -> None:
    link.run("present=1&k=2")
    assert link.run("present=1&k=2") == {"present": "1", "k": "2"}
    link.set(present=None, step="1")
    for _ in range(2):      # two that were under way
        assert link.run("present=1&k=2") == {"k": "2", "step": "1"}
    assert link.run("k=2&step=1") == {"k": "2", "step": "1"}


def test_what_the_browser_has_changed_since_counts(link: Link) -> None:
    link.run("step=1")
    link.set(step="2")
    assert link.run("step=7") == {"step": "7"}


def test_the_first_run_has_the_address_of_the_browser(link: Link) -> None:
    assert link.run("step=1") == {"step": "1"}


@pytest.mark.parametrize("settings", [{"is_history_navigation": True}, {"page": "vae"}])
def test_back_and_another_page_bring_their_own_address(link: Link, settings: dict[str, Any]) -> None:
    link.run("step=1")
    link.set(step="2")
    with link.state.query_params() as params:
        params.populate_from_query_string("step=1")     # as Streamlit does on the way to another page
    assert link.run("step=1", **settings) == {"step": "1"}


def test_a_request_with_the_old_address_after_a_while_means_it(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    link.run("step=1")
    link.set(step="2")
    later = link_of_page.time.monotonic() + link_of_page.LATE_SECONDS
    monkeypatch.setattr(link_of_page.time, "monotonic", lambda: later)
    assert link.run("step=1") == {"step": "1"}


def test_the_value_of_a_bound_widget_is_the_browsers(link: Link) -> None:
    link.run("k=2&step=1")
    link.bind("k")
    link.set(k="3", step="2")
    assert link.run("k=2&step=1") == {"k": "2", "step": "2"}


# Messages of a run together ------------------------------------------------------------------------------------------


class Session:
    """What `join_messages` needs of Streamlit's AppSession: its event loop, and the method that takes an event."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.id, self._event_loop, self.received, self.calls = "1", loop, [], 0

    def _call_soon_on_event_loop(self, callback: Callable[[], None]) -> None:
        self.calls += 1
        self._event_loop.call_soon_threadsafe(callback)

    def _handle_scriptrunner_event_on_event_loop(self, sender: Any, event: Any, number: int) -> None:
        assert asyncio.get_running_loop() is self._event_loop
        self.received.append((sender, event, number))


def test_the_session_has_what_joined_messages_use() -> None:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.runtime import Runtime
    from streamlit.runtime.session_manager import SessionManager

    for owner, names in {AppSession: ("_on_scriptrunner_event", "_handle_scriptrunner_event_on_event_loop",
                                      "_call_soon_on_event_loop", "flush_browser_queue", "request_rerun"),
                         Runtime: ("_send_message", "_enqueued_some_message", "_get_async_objs"),
                         SessionManager: ("num_active_sessions", "get_active_session_info")}.items():
        for name in names:
            ensure(hasattr(owner, name), f"{owner.__name__}.{name}")


def test_all_events_of_a_run_arrive_in_their_order_with_few_calls() -> None:
    async def run() -> Session:
        session = Session(asyncio.get_running_loop())
        order = [START, *[MESSAGE] * 50, END]

        def script() -> None:
            for number, event in enumerate(order):
                messages._collect(session, "runner", event, number=number)  # type: ignore[arg-type]

        await asyncio.to_thread(script)
        await asyncio.sleep(3 * messages.JOIN_SECONDS)
        assert session.received == [("runner", event, number) for number, event in enumerate(order)]
        return session

    assert asyncio.run(run()).calls <= 8


def test_what_comes_behind_an_error_is_received() -> None:
    class Failing(Session):
        def _handle_scriptrunner_event_on_event_loop(self, sender: Any, event: Any, number: int) -> None:
            super()._handle_scriptrunner_event_on_event_loop(sender, event, number)
            if number == 1:
                raise ValueError

    async def run() -> list[int]:
        loop, errors = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, context: errors.append(context["exception"]))
        session = Failing(loop)
        for number, event in enumerate((START, MESSAGE, MESSAGE, END)):
            messages._collect(session, "runner", event, number=number)  # type: ignore[arg-type]
        await asyncio.sleep(3 * messages.JOIN_SECONDS)
        assert [type(error) for error in errors] == [ValueError]
        return [number for _, _, number in session.received]

    assert asyncio.run(run()) == [0, 1, 2, 3]


@pytest.mark.parametrize("fails", [False, True])
def test_a_request_comes_after_all_that_the_run_before_has_sent(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another runner carries it out, and what waits from the one before is ignored from then on."""
    async def run() -> None:
        session = Session(asyncio.get_running_loop())
        monkeypatch.setattr(messages, "_request_rerun",
                            lambda session, state: session.received.append(("visitor", "request", state)))
        messages._request_in_order(session, 0)  # type: ignore[arg-type]
        script = threading.Thread(target=send, args=(session,))
        script.start()
        script.join()       # without a turn of the loop: all of it waits
        if fails:
            session._handle_scriptrunner_event_on_event_loop = none  # type: ignore[method-assign]
        with pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext():
            messages._request_in_order(session, 4)  # type: ignore[arg-type]
        assert [number for *_, number in session.received] == ([0, 4] if fails else [0, 1, 2, 3, 4])

    def send(session: Session) -> None:
        for number, event in enumerate((MESSAGE, MESSAGE, END), 1):
            messages._collect(session, "runner", event, number=number)  # type: ignore[arg-type]

    def none(sender: Any, event: Any, number: int) -> None:
        raise ZeroDivisionError

    asyncio.run(run())


def test_a_message_does_not_wait_for_the_end_of_its_run() -> None:
    async def run() -> None:
        session = Session(asyncio.get_running_loop())
        for number in range(3):
            messages._collect(session, "runner", MESSAGE, number=number)  # type: ignore[arg-type]
            await asyncio.sleep(5 * messages.JOIN_SECONDS)
            assert len(session.received) == number + 1

    asyncio.run(run())


def test_the_loop_is_woken_from_within_and_from_a_thread() -> None:
    async def run() -> None:
        own = SimpleNamespace(eventloop=asyncio.get_running_loop(), need_send_data=asyncio.Event())
        server: Any = SimpleNamespace(_get_async_objs=lambda: own)
        messages._wake_from_within(server)
        assert own.need_send_data.is_set()
        own.need_send_data.clear()
        await asyncio.to_thread(messages._wake_from_within, server)
        await asyncio.wait_for(own.need_send_data.wait(), 5)

    asyncio.run(run())


@pytest.mark.parametrize("count", [0, 1, 2, 80, 250])
def test_a_queue_is_sent_at_once_but_for_its_last_message(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    server = SimpleNamespace(_send_message=lambda session, message: sent.append(message),
                             _session_mgr=SimpleNamespace(get_active_session_info=lambda session: "one"))
    monkeypatch.setattr(messages.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(messages, "_flush", lambda session: list(range(count)))
    left = messages._send_at_once(SimpleNamespace(id="1"))  # type: ignore[arg-type]
    assert sent + left == list(range(count))
    assert len(left) >= min(1, count)
    assert len(sent) <= messages.MOST_AT_ONCE


def test_a_message_that_a_gone_browser_does_not_take_stays_for_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(session: Any, message: Any) -> None:
        if message == 2:
            raise messages.SessionClientDisconnectedError

    server = SimpleNamespace(_send_message=gone,
                             _session_mgr=SimpleNamespace(get_active_session_info=lambda session: "one"))
    monkeypatch.setattr(messages.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(messages, "_flush", lambda session: list(range(5)))
    assert messages._send_at_once(SimpleNamespace(id="1")) == [2, 3, 4]  # type: ignore[arg-type,comparison-overlap]


def test_the_state_by_key_is_the_state_of_the_session() -> None:
    from streamlit.runtime.state import SafeSessionState, SessionState

    whole = SafeSessionState.__dict__["filtered_state"]
    ensure(whole, "SafeSessionState.filtered_state")
    state = SafeSessionState(SessionState(), lambda: None)
    state["a"], state["b"] = 1, None
    found = reruns._State(state)
    assert dict(found) == state._state.filtered_state == {"a": 1, "b": None}
    assert len(found) == 2
    assert "a" in found
    assert "c" not in found
    assert repr(found) in ("{'a': 1, 'b': None}", "{'b': None, 'a': 1}")


@pytest.mark.parametrize("section", ["theme", "theme.light", "theme.dark", "theme.sidebar", "theme.dark.sidebar"])
def test_a_copied_theme_is_the_theme(section: str) -> None:
    from streamlit.proto.NewSession_pb2 import CustomThemeConfig

    ensure(reruns._write_theme.__name__ == "_populate_theme_msg", "app_session._populate_theme_msg")
    for _ in range(2):
        written, copied = CustomThemeConfig(), CustomThemeConfig()
        reruns._write_theme(written, section)
        reruns._copy_theme(copied, section)
        assert written == copied
