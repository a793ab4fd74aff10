"""An API to stand behind the local address: it remembers what it was asked, and behaves as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = "/_aws/execute-api/a1b2/local"
Behave = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Asked:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for of, value in self.headers if of.lower() == name]


@dataclass
class Upstream:
    url: str = ""
    behave: Behave = lambda handler: answer(handler, 200, b"{}")
    asked: list[Asked] = field(default_factory=list)


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, *headers: tuple[str, str]) -> None:
    """A whole answer; its length is left to the test where that gives one."""
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    if status not in (204, 304) and "Content-Length" not in dict(headers):
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@contextmanager
def standing() -> Iterator[Upstream]:
    upstream = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer leaves in one piece

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream.asked.append(Asked(self.command, self.path, self.headers.items(), body))
            upstream.behave(self)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    upstream.url = f"http://127.0.0.1:{server.server_port}{BASE}"
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
