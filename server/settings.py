"""Settings of a deployment, read from the environment when the app starts; deploy/README.md lists all variables."""

import os

import streamlit as st

from dgm import environment

MESSAGE_BYTES = 8_000_000    # of a browser's message: more than any page sends


def apply() -> None:
    """Give Streamlit the settings that differ from machine to machine."""
    for variable, option in (("DGM_BASE_PATH", "server.baseUrlPath"), ("DGM_SECRET", "server.cookieSecret")):
        value = os.environ.get(variable, "").strip("/")
        if value:
            st.config.set_option(option, value)


def base_path() -> str:
    """The sub-path below which the app serves, "/edu/lab", or ""."""
    path = os.environ.get("DGM_BASE_PATH", "").strip("/")
    return f"/{path}" if path else ""


def frame_ancestors() -> str:
    """The sites that may embed the pages, as in a content security policy; only this one by default."""
    return os.environ.get("DGM_FRAME_ANCESTORS") or "'self'"


def server_name() -> str:
    """The name of this server among several, "" for the only one."""
    return os.environ.get("DGM_SERVER_NAME", "")


def check() -> None:
    """ArgumentError for a wrong number in a setting that is read later: by each of several servers, or by a run."""
    environment.threads()
    for name in ("DGM_WORKERS", "DGM_MAX_RUNS"):
        environment.whole(name, 1, 1)
    for name in ("DGM_CACHE_MB", "DGM_WORK_MB", "DGM_TAB_MB"):
        environment.megabytes(name, 1)


def servers() -> int:
    """How many servers DGM_SERVERS wants. ArgumentError for anything but a whole number from 1 to 26."""
    return environment.whole("DGM_SERVERS", 1, 1, 26)


__all__ = ["MESSAGE_BYTES", "apply", "base_path", "check", "frame_ancestors", "server_name", "servers"]
