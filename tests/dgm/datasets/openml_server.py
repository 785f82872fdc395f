"""A stand-in for OpenML: answers on this machine, in the protocol and the formats of the real server.

`Handler` sends what urllib would send to www.openml.org and its mirrors to the stand-in; paths and code stay the same.
"""

import gzip
import hashlib
import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

SEARCH = "/api/v1/json/data/list/data_name/mnist_784/limit/2/data_version/1"
DESCRIPTION, FEATURES, QUALITIES = (f"/api/v1/json/data/{part}554" for part in ("", "features/", "qualities/"))
TABLE = "/data/v1/download/52667/mnist_784.arff"
PIECE = 4096


def arff(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    """The images as OpenML's file: a line for each attribute, then the pixels and the class of each image."""
    names = "".join(f"@ATTRIBUTE pixel{i + 1} real\n" for i in range(pixels.shape[1]))
    rows = "\n".join(",".join(map(str, [*row, label])) for row, label in zip(pixels.tolist(), labels, strict=True))
    head = f"% 1. Title: MNIST\n@RELATION mnist_784\n\n{names}@ATTRIBUTE class {{0,1,2,3,4,5,6,7,8,9}}\n"
    return f"{head}\n@DATA\n{rows}\n".encode()


def answers(table: bytes, rows: int, columns: int) -> dict[str, bytes]:
    """Path -> body of every answer about the data set."""
    description = {
        "id": "554", "name": "mnist_784", "version": "1", "description": "The MNIST database of handwritten digits",
        "format": "ARFF", "licence": "Public", "file_id": "52667", "default_target_attribute": "class",
        "url": f"https://api.openml.org{TABLE}", "status": "active", "visibility": "public",
        "parquet_url": "https://data.openml.org/datasets/0000/0554/dataset_554.pq",
        "md5_checksum": hashlib.md5(table).hexdigest()}
    feature = [{"index": str(i), "name": f"pixel{i + 1}" if i < columns else "class",
                "data_type": "numeric" if i < columns else "nominal", "is_target": str(i == columns).lower(),
                "is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
               for i in range(columns + 1)]
    documents = {
        SEARCH: {"data": {"dataset": [{"did": 554, "name": "mnist_784", "version": 1, "status": "active",
                                       "format": "ARFF", "file_id": 52667}]}},
        DESCRIPTION: {"data_set_description": description},
        FEATURES: {"data_features": {"feature": feature}},
        QUALITIES: {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": f"{rows}.0"}]}}}
    return {path: json.dumps(document).encode() for path, document in documents.items()} | {TABLE: table}


@dataclass
class Server:
    """The stand-in's content and its faults; `asked` are the paths that were asked for, in order."""

    bodies: dict[str, bytes]
    encoding: str = "plain"                                  # "plain", "gzip" or "chunked"
    status: dict[str, int] = field(default_factory=dict)     # path -> status of its answer
    cut: dict[str, float] = field(default_factory=dict)      # path -> share of its answer that is sent
    pause: dict[str, float] = field(default_factory=dict)    # path -> seconds before each piece of its answer
    asked: list[str] = field(default_factory=list)
    address: str = ""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append(self.path)
            body = server.bodies.get(self.path, b"")
            status = server.status.get(self.path, 200 if body else 404)
            if status == 412:
                body = json.dumps({"error": {"code": "372", "message": "No results"}}).encode()
            body = gzip.compress(body) if server.encoding == "gzip" else body
            self.send_response(status)
            if server.encoding == "gzip":
                self.send_header("Content-Encoding", "gzip")
            if server.encoding == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._send(body)

        def _send(self, body: bytes) -> None:
            cut = server.cut.get(self.path)
            sent = body if cut is None else body[: int(cut * len(body))]
            for start in range(0, len(sent), PIECE):
                time.sleep(server.pause.get(self.path, 0))
                piece = sent[start : start + PIECE]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if server.encoding == "chunked" else piece)
            if cut is not None:
                self.close_connection = True
            elif server.encoding == "chunked":
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Answer


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that hung up."""


class Handler(urllib.request.HTTPSHandler):
    """urllib's way to https hosts: to the stand-in, without TLS."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        request.host = self._server.address
        return self.do_open(http.client.HTTPConnection, request)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The stand-in listens on a free port, and urllib sends every https request to it."""
    listener = _Quiet(("127.0.0.1", 0), _handler(server))
    server.address = f"127.0.0.1:{listener.server_port}"
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    before = urllib.request._opener
    urllib.request.install_opener(urllib.request.build_opener(Handler(server), urllib.request.ProxyHandler({})))
    try:
        yield server
    finally:
        urllib.request.install_opener(before)
        listener.shutdown()
        listener.server_close()
