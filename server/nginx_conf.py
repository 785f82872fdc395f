"""The configuration of nginx in front of one or more servers: `python -m server.nginx_conf --help`.

Each visitor stays with one server, whose name is in a cookie that every answer sets again: where a server is gone, the
next one answers, and from then on the visitor stays with that one. deploy/nginx.conf is what this program prints for
a machine of its own.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

COOKIE = "dgm_server"
NAME_HEADER = "X-Dgm-Server"    # with which a server names itself; not passed on to browsers
FAILING = "max_fails=1 fail_timeout=2s"     # a server that refused is asked again after that time
UPLOAD_MB = 12                  # a little more than the app's own limit, whose sentence is the better one


@dataclass(frozen=True)
class Site:
    """What nginx serves. servers: host:port of each. path: a sub-path such as "/edu/lab", "" for none."""

    servers: tuple[str, ...]
    listen: str = "8501"
    name: str = "_"
    certificate: str = ""       # the folder with fullchain.pem and privkey.pem; "" without TLS
    path: str = ""
    keeps_path: bool = False    # the app knows the sub-path (DGM_BASE_PATH); otherwise nginx removes it
    static: str = ""            # the folder that `python -m server.static_files` filled; "" leaves them to the app
    folder: str = "/run/dgm"    # for nginx's own files
    pid: str = ""               # the file of its process id; "" is one in the folder
    embeds: bool = False        # other sites may embed the pages, so that the cookie has to be sent there too


def names(site: Site) -> list[str]:
    """The names of the servers, as DGM_SERVER_NAME gives them: a, b, ...

    >>> names(Site(("127.0.0.1:8601", "127.0.0.1:8602")))
    ['a', 'b']
    """
    return [ascii_lowercase[i] for i in range(len(site.servers))]


def config(site: Site) -> str:
    """The text of nginx.conf."""
    return "\n".join([*_process(site), "http {", *_indented([*_http(site), *_pools(site), *_site(site)]), "}", ""])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _process(site: Site) -> list[str]:
    pid = site.pid or f"{site.folder}/nginx.pid"
    return ["worker_processes auto;", f"pid {pid};", f"error_log {site.folder}/error.log warn;",
            "events { worker_connections 4096; }", ""]


def _http(site: Site) -> list[str]:
    temporary = [f"{kind}_temp_path {site.folder}/{kind};" for kind in
                 ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    return [
        "access_log off;    # addresses hold what visitors answered",
        "server_tokens off;", "sendfile on;", "tcp_nodelay on;", *temporary, "",
        "types { text/html html; text/css css; text/javascript js mjs; application/json json map; image/svg+xml svg;",
        "        image/png png; font/woff2 woff2; font/ttf ttf; application/wasm wasm; }",
        "default_type application/octet-stream;",
        "gzip on;", "gzip_comp_level 4;", "gzip_min_length 1000;", "gzip_proxied any;", "gzip_vary on;",
        "gzip_types text/css text/javascript application/javascript application/json image/svg+xml;", "",
        "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }", ""]


def _pools(site: Site) -> list[str]:
    """The servers for a visitor without a cookie, and for each server's own visitors the others in its place.

    nginx's processes share what they know of a server: one that is back is back for all of them.
    """
    lines = [f"map $cookie_{COOKIE} $pool {{", "    default any;", *(f"    {name} {name};" for name in names(site)),
             "}", "upstream any {", "    zone any 64k;", "    least_conn;",
             *(f"    server {address} {FAILING};" for address in site.servers), "}"]
    for name, own in zip(names(site), site.servers, strict=True):
        others = [f"    server {address} {FAILING} backup;" for address in site.servers if address != own]
        lines += [f"upstream {name} {{", f"    zone {name} 64k;", f"    server {own} {FAILING};", *others, "}"]
    return [*lines, ""]


def _site(site: Site) -> list[str]:
    root = f"{site.path}/"
    lines = ["server {", f"    listen {site.listen}{' ssl http2' if site.certificate else ''};",
             f"    server_name {site.name};", *_tls(site), f"    client_max_body_size {UPLOAD_MB}m;",
             "    client_body_timeout 20s;    # a client that sends a byte a minute holds nothing",
             "    client_header_timeout 10s;", ""]
    lines += [f"    location = {site.path} {{ return 301 {root}$is_args$args; }}",
              "    location / { return 404; }"] if site.path else []
    lines += [f"    location = {root}_stcore/metrics {{ return 404; }}", *_static(site, root),
              f"    location {root} {{", *_indented(_indented(_proxy(site))), "    }", "}"]
    return lines + _redirect(site)


def _tls(site: Site) -> list[str]:
    if not site.certificate:
        return []
    return [f"    ssl_certificate {site.certificate}/fullchain.pem;",
            f"    ssl_certificate_key {site.certificate}/privkey.pem;",
            "    ssl_protocols TLSv1.2 TLSv1.3;", "    ssl_session_cache shared:tls:5m;",
            "    ssl_session_tickets off;",
            '    add_header Strict-Transport-Security "max-age=31536000" always;']


def _static(site: Site, root: str) -> list[str]:
    if not site.static:
        return []
    return [f"    location {root}static/ {{    # the front end's scripts, compressed once, not by the app",
            f"        alias {site.static}/;", "        gzip_static on;",
            '        add_header Cache-Control "public, max-age=31536000, immutable";',
            '        add_header X-Content-Type-Options "nosniff" always;', "    }"]


def _proxy(site: Site) -> list[str]:
    stripped = bool(site.path) and not site.keeps_path
    cookie = f"{COOKIE}=$upstream_http_{NAME_HEADER.lower().replace('-', '_')}; Path={site.path or '/'}; HttpOnly; "
    cookie += ("SameSite=None; Secure; Partitioned" if site.embeds else
               f"SameSite=Lax{'; Secure' if site.certificate else ''}")
    return [
        *([f"rewrite ^{site.path}/(.*)$ /$1 break;"] if stripped else []),
        "proxy_pass http://$pool;", "proxy_http_version 1.1;",
        "proxy_set_header Host $http_host;", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection $connection_upgrade;",
        "proxy_connect_timeout 2s;", "proxy_read_timeout 120s;    # the app pings each websocket every 20 s",
        "proxy_next_upstream error timeout http_503;", "proxy_next_upstream_timeout 10s;",
        f"proxy_hide_header {NAME_HEADER};", f'add_header Set-Cookie "{cookie}" always;', *_hsts_again(site)]


def _hsts_again(site: Site) -> list[str]:
    """A location with headers of its own inherits none."""
    return [_tls(site)[-1].strip()] if site.certificate else []


def _redirect(site: Site) -> list[str]:
    if not site.certificate:
        return []
    return ["server {", "    listen 80;", f"    server_name {site.name};",
            "    location / { return 301 https://$host$request_uri; }", "}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the configuration that the arguments describe."""
    parser = argparse.ArgumentParser(prog="python -m server.nginx_conf", description=__doc__)
    parser.add_argument("servers", nargs="+", help="host:port of each server")
    parser.add_argument("--listen", default="8501", help="address or port, 443 with --certificate")
    parser.add_argument("--name", default="_", help="the host's name")
    parser.add_argument("--certificate", default="", help="folder with fullchain.pem and privkey.pem: TLS")
    parser.add_argument("--path", default="", help="a sub-path such as /edu/lab")
    parser.add_argument("--keeps-path", action="store_true", help="the servers have DGM_BASE_PATH; else it is removed")
    parser.add_argument("--static", default="", help="the folder that `python -m server.static_files` filled")
    parser.add_argument("--folder", default="/run/dgm", help="for nginx's own files")
    parser.add_argument("--pid", default="/run/nginx.pid", help="its process id's file, as Debian's service wants it")
    parser.add_argument("--embeds", action="store_true", help="other sites embed the pages (DGM_FRAME_ANCESTORS)")
    options = vars(parser.parse_args(arguments))
    sys.stdout.write(config(Site(**{**options, "servers": tuple(options["servers"])})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
