"""The fixtures: a script is served by both commands, and errors are recorded."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_script_is_served_once_and_its_events_are_recorded(serve: Callable[..., str], page: Page, seen) -> None:  # type: ignore[no-untyped-def]
    script = "tests/browser/apps/hello.py"
    assert serve(script) == serve(script)
    page.goto(serve(script))
    expect(page.get_by_text("ready")).to_be_visible(timeout=20_000)
    assert seen.sent
    assert seen.received
    seen.assert_no_errors()
    page.evaluate("fetch('http://elsewhere.test/').catch(() => 0)")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw Error('boom') })")
    assert (seen.foreign, len(seen.page_errors)) == (["http://elsewhere.test/"], 1)
    assert seen.console_errors
    for events in (seen.page_errors, seen.console_errors, seen.foreign):
        events.clear()


def test_streamlit_run_serves_it_too(serve: Callable[..., str], page: Page) -> None:
    page.goto(serve("tests/browser/apps/hello.py", by="streamlit"))
    expect(page.get_by_text("ready")).to_be_visible(timeout=20_000)
