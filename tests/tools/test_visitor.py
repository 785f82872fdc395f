"""tools.visitor keeps large messages as a browser does, so the server sends them again as their hash alone."""

import asyncio

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tools.local_server import serving
from tools.visitor import OLDEST, MessageCache, Visitor


def large(text: str, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg(hash=f"hash of {text}")
    message.delta.new_element.markdown.body = text
    message.delta.fragment_id = fragment
    message.metadata.cacheable = True
    return message


def reference(message: ForwardMsg) -> ForwardMsg:
    return ForwardMsg(ref_hash=message.hash)


def end(*fragments: str) -> ForwardMsg:
    status = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY if fragments else ForwardMsg.FINISHED_SUCCESSFULLY
    message = ForwardMsg(script_finished=status)
    message.metadata.run.fragment_ids.extend(fragments)
    return message


def test_a_reference_is_the_message_that_came_before() -> None:
    cache, message = MessageCache(), large("a figure")
    assert cache.whole(message) is message
    assert cache.whole(reference(message)) is message
    assert list(cache.messages) == [message.hash]


def test_a_small_message_is_not_kept() -> None:
    cache, message = MessageCache(), large("a word")
    message.metadata.cacheable = False
    cache.whole(message)
    assert not cache.messages


def test_what_the_page_has_no_more_is_forgotten_and_what_it_has_stays() -> None:
    cache, gone, shown = MessageCache(), large("gone"), large("shown")
    cache.whole(gone)
    cache.whole(shown)
    for _ in range(OLDEST + 1):
        cache.whole(reference(shown))
        cache.whole(end())
    assert list(cache.messages) == [shown.hash]


def test_a_fragment_that_runs_forgets_its_own_messages_alone() -> None:
    cache, own, other = MessageCache(), large("own", "one"), large("other", "two")
    cache.whole(own)
    cache.whole(other)
    for _ in range(OLDEST + 1):
        cache.whole(end("one"))
    assert list(cache.messages) == [other.hash]


def test_the_server_sends_a_figure_that_did_not_change_once() -> None:
    async def visit(url: str) -> tuple[int, int, list[str]]:
        async with Visitor(url, "elbo") as visitor:
            first = visitor.received
            await visitor.rerun()
            return first, visitor.received - first, visitor.errors

    with serving() as (url, _):
        first, again, errors = asyncio.run(visit(url))
    assert not errors
    assert again < first / 2
