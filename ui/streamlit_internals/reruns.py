"""What each rerun does again and again: reading the session's state, writing the theme."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.state import SafeSessionState


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
