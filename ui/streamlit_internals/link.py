"""The address of a page: its parameters, and the widgets that are bound to them."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import ScriptRunContext, get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams


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


def free_link(name: str = "") -> None:
    """Let st.query_params be set before the widgets that are bound to it are drawn again.

    Streamlit refuses that from the first drawing of a bound widget on, as long as its page is open.
    name: the only parameter that is to be set; "": all of them.
    """
    context = get_script_run_ctx()
    if context is not None:
        with context.session_state.query_params() as params:
            for widget, binding in list(params._bindings_by_widget.items()):
                if name in ("", binding.param_key):
                    params.unbind_widget(widget)


def is_bound(name: str) -> bool:
    """Whether a widget writes this parameter: it was drawn in the last run, or in this one."""
    context = get_script_run_ctx()
    if context is None:
        return False
    with context.session_state.query_params() as params:
        return params.is_bound(name)


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
