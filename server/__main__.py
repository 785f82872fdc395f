"""`python -m server [--port N] [--open]`: the app under uvicorn, with a browser opened once it answers."""

import argparse
import contextlib
import socket
import sys
import threading
import webbrowser

import uvicorn

from dgm.errors import ArgumentError
from server import settings
from server.health import wait_until_healthy
from server.joined_writes import WebSocket
from server.several import serve

FIRST_PORT = 8501
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def listen(host: str, port: int | None) -> socket.socket:
    """A bound socket on `port`, or on the first free one from 8501. OSError when there is none."""
    for candidate in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + 100):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it: small messages are sent at once, without waiting for an acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.bind((host, candidate))
        except OSError:
            sock.close()
            if port is not None:
                raise
            continue
        return sock
    raise OSError(f"no free port between {FIRST_PORT} and {FIRST_PORT + 99}: name one with --port")


def open_when_ready(url: str) -> None:
    """Open a browser at `url` once the server is healthy, not at all when it does not start."""
    with contextlib.suppress(RuntimeError):
        wait_until_healthy(url)
        webbrowser.open(url)


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--port", type=int, default=None, help="default: the first free one from 8501")
    parser.add_argument("--open", action="store_true", help="open a browser when the server is ready")
    parser.add_argument("--behind-proxy", action="store_true", help="visitors come over a network, through a proxy")
    options = parser.parse_args()
    try:
        settings.check()
        several = settings.servers()
    except ArgumentError as cause:
        print(cause, file=sys.stderr)
        return 1
    try:
        sock = listen(options.host, options.port)
    except OSError as cause:
        print(f"cannot listen on port {options.port}: {cause}", file=sys.stderr)
        return 1
    base = settings.base_path()
    shown = "127.0.0.1" if options.host == "0.0.0.0" else options.host  # noqa: S104
    port = sock.getsockname()[1]
    url = f"http://{shown}:{port}{base}"
    print(f"Serving on {url} (stop with Ctrl-C)", flush=True)
    if options.open:
        threading.Thread(target=open_when_ready, args=(url,), daemon=True).start()
    if several > 1:
        sock.close()
        return serve(several, options.host, port)
    # Compression blocks the server and hardly shrinks weights, so it is used only over a network.
    local = options.host in LOOPBACK and not options.behind_proxy
    config = uvicorn.Config("app:app", log_level="warning", access_log=False, ws=WebSocket,
                            ws_per_message_deflate=not local, ws_max_size=settings.MESSAGE_BYTES)
    try:
        config.load()
    except ArgumentError as cause:      # a setting that a module of the app reads when it is imported
        print(cause, file=sys.stderr)
        return 1
    uvicorn.Server(config).run(sockets=[sock])
    return 0


if __name__ == "__main__":
    sys.exit(main())
