"""Where a test of kept work acts: which browser's tab, which session, and what time it is."""

from ui.kept_work import work
from ui.kept_work.stored import Stored
from ui.kept_work.work import Work


class Place:
    """Which browser's tab and session the test acts for, and which sessions are connected."""

    def __init__(self) -> None:
        self.keys: tuple[str, str] | None = None
        self.session, self.connected = "", set[str]()
        self.clock = 1000.0

    def be(self, tab: str, session: str, browser: str = "b") -> None:
        """Act for this tab in this session; a new one knows nothing yet."""
        work.st.session_state.clear()
        self.keys, self.session = (tab, browser), session
        self.connected.add(session)


def table() -> Stored:
    return work.keep("table", Stored)


def mine() -> Work:
    found = work.current()
    assert found is not None
    return found
