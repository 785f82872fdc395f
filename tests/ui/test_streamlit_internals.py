"""ui.streamlit_internals: the installed release of Streamlit has each internal that the project uses."""

import re
from functools import cache
from pathlib import Path

import pytest
import streamlit
from streamlit.runtime.state.query_params import QueryParams

from ui import streamlit_internals as internals

UI = Path(__file__).parents[2] / "ui"
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
    assert found, f"Streamlit {streamlit.__version__} has no {what}: see ui/streamlit_internals.py for its benefit"


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
                                  "set_initial_query_params_from_current"])
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
    internals.keep_ends_of_fragments()
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
