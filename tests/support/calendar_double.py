"""A stand-in for Google over real HTTP that says what it is told to, and keeps what it was asked."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Says:
    """One answer: ``claims`` more bytes than it has, comes after ``delay`` seconds, or is none (``hangs_up``).

    ``drip``: seconds between its bytes.
    """

    status: int = 200
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    claims: int = 0
    hangs_up: bool = False

    @property
    def written(self):
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: str
    caller: tuple[str, int]

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def form(self):
        return {name: values[0] for name, values in parse_qs(self.body).items()}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the second answer on a connection waits 40 ms for an acknowledgement

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body, self.client_address))
        says = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        time.sleep(says.delay)
        self.close_connection = bool(says.hangs_up or says.claims)
        if not says.hangs_up:
            self.write(says)

    def write(self, says):
        self.send_response(says.status)
        for name, value in says.headers.items():
            self.send_header(name, value)
        if says.status != 204:
            self.send_header("Content-Length", str(len(says.written) + says.claims))
        self.end_headers()
        for octet in says.written if says.drip else ():
            self.wfile.write(bytes([octet]))
            time.sleep(says.drip)
        if not says.drip:
            self.wfile.write(says.written)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, format, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def says(self, *answers):
        """What comes next, the last of them for ever."""
        self.answers = list(answers)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that hangs up is meant to."""


@contextmanager
def running():
    server = _Server(("127.0.0.1", 0), _Handler)
    server.asked, server.answers = [], [Says()]
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield server
    server.shutdown()
    server.server_close()


def error(reason, domain="global", *, code=400, also=()):
    """An error body as Google writes it (protocols.md, 2.5); ``also`` are further reasons."""
    told = [{"domain": domain, "reason": one, "message": "It is so."} for one in (reason, *also)]
    return {"error": {"errors": told, "code": code, "message": "It is so."}}
