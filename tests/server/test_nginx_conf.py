"""server.nginx_conf: what it prints is valid for nginx, and deploy/nginx.conf is what it prints."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from server import nginx_conf
from server.nginx_conf import Site
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
    assert re.search(r"upstream a \{\s*server 127.0.0.1:8601[^;]*;\s*server 127.0.0.1:8602 backup;", text)
    assert re.search(r"upstream b \{\s*server 127.0.0.1:8602[^;]*;\s*server 127.0.0.1:8601 backup;", text)


def test_with_tls_every_location_with_headers_has_hsts() -> None:
    text = nginx_conf.config(Site(TWO, certificate="/etc/dgm"))
    assert text.count("Strict-Transport-Security") == 2
    assert "; Secure" in text
    assert "; Secure" not in nginx_conf.config(Site(TWO))
