"""server.nginx_conf: what it prints is valid for nginx, and deploy/nginx.conf is what it prints."""

import contextlib
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from server import nginx_conf
from server.nginx_conf import Site
from server.several import free_ports
from tests.installed_nginx import NGINX, needs_nginx

ROOT = Path(__file__).parents[2]
TWO = ("127.0.0.1:8601", "127.0.0.1:8602")


def test_deploy_has_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    comment, _, rest = text.partition("\n\n")
    command = re.search(r"python -m server\.nginx_conf (.*)", comment)
    assert command, "deploy/nginx.conf begins with the command that prints it"
    nginx_conf.main(shlex.split(command[1]))
    assert rest == capsys.readouterr().out


@needs_nginx
@pytest.mark.parametrize("settings", [
    {}, {"path": "/edu/lab"}, {"path": "/edu/lab", "keeps_path": True}, {"embeds": True}, {"static": "/tmp"},
    {"servers": TWO[:1]}])
def test_nginx_takes_it(tmp_path: Path, settings: dict[str, object]) -> None:
    site = Site(**{"servers": TWO, "listen": "127.0.0.1:18500", "folder": str(tmp_path), **settings})  # type: ignore[arg-type]
    (tmp_path / "nginx.conf").write_text(nginx_conf.config(site), encoding="utf-8")
    assert NGINX, "nginx is not installed: run sh tools/nginx.sh as root"
    checked = subprocess.run([NGINX, "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr


def test_each_servers_visitors_have_all_others_in_its_place() -> None:
    text = nginx_conf.config(Site(TWO))
    for name, own, other in (("a", *TWO), ("b", *reversed(TWO))):
        assert re.search(rf"upstream {name} \{{[^}}]*server {own} [^;]*2s;\s*server {other} [^;]* backup;", text)


class Server(ThreadingHTTPServer):
    """One that takes many connections at once."""

    request_queue_size = 128


class Ready(BaseHTTPRequestHandler):
    """A server that answers every address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


def statuses(url: str, count: int) -> list[int]:
    """Of so many requests at once, each on a connection of its own, so that all of nginx's processes get some."""
    def status(_: int) -> int:
        try:
            with urlopen(url, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as refused:
            return refused.code

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(status, range(count)))


@needs_nginx
def test_a_server_that_is_back_is_back_for_all_of_nginxs_processes(tmp_path: Path) -> None:
    """Else visitors get 502 for two seconds more, by chance."""
    front, own, other = free_ports(3)
    site = Site((f"127.0.0.1:{own}", f"127.0.0.1:{other}"), listen=f"127.0.0.1:{front}", folder=str(tmp_path))
    text = nginx_conf.config(site).replace("worker_processes auto;", "worker_processes 4;")
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{front}/"
    assert NGINX, "nginx is not installed: run sh tools/nginx.sh as root"
    nginx = subprocess.Popen([NGINX, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path), "-e",
                              str(tmp_path / "error.log"), "-g", "daemon off;"])
    try:
        until(lambda: accepts(front))
        assert set(statuses(url, 40)) == {502}
        with Server(("127.0.0.1", own), Ready) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            until(lambda: statuses(url, 1) == [200])
            assert set(statuses(url, 40)) == {200}
            server.shutdown()
    finally:
        nginx.terminate()
        nginx.wait(30)


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_with_tls_every_location_with_headers_has_hsts() -> None:
    text = nginx_conf.config(Site(TWO, certificate="/etc/dgm"))
    assert text.count("Strict-Transport-Security") == 2
    assert "; Secure" in text
    assert "; Secure" not in nginx_conf.config(Site(TWO))
