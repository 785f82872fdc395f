"""What a run tells the browser leaves together: it is rendered once, not once for every few elements."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

LONGEST = 0.06  # seconds that anything is held back


@contextmanager
def together() -> Iterator[None]:
    ctx: Any = get_script_run_ctx()
    if ctx is None:
        yield
        return
    send, held, lock, open_ = ctx._enqueue, [], threading.Lock(), [True]

    def let_go():
        with lock:
            open_[0] = False
            for m in held:
                send(m)
            held.clear()

    def keep(message):
        with lock:
            if open_[0]:
                held.append(message)
                return
        send(message)

    timer = threading.Timer(LONGEST, let_go)
    timer.daemon = True
    ctx._enqueue = keep
    timer.start()
    try:
        yield
    finally:
        ctx._enqueue = send
        timer.cancel()
        let_go()

