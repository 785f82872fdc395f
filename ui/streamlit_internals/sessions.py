"""Sessions: whose run this is, who is connected, and an end for those that are stored."""

import asyncio
import re
from typing import cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

END_SECONDS = 10.0      # the event loop has this long to end sessions


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


def end_stored_sessions() -> None:
    """End the sessions of visitors who have left, from another thread than the event loop's.

    Streamlit keeps each for two minutes, for whoever comes back, and looks for older ones when the next visitor leaves:
    those of the last ones stay for ever.
    """
    if runtime.exists():
        instance = runtime.get_instance()
        manager = cast(WebsocketSessionManager, instance._session_mgr)
        asyncio.run_coroutine_threadsafe(_end_stored(manager), instance._get_async_objs().eventloop).result(END_SECONDS)


async def _end_stored(manager: WebsocketSessionManager) -> None:
    for stored in manager._session_storage.list():
        manager.close_session(stored.session.id)
