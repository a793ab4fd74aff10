"""Stand-ins over real HTTP, each handler behind what API Gateway would make of a request."""

import importlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

PORTAL = {"X-Stand-Ins-Token": os.environ["STAND_INS_TOKEN"]}
"""The headers of a request to a portal."""
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for what is still being answered
    handlers: Mapping[str, Handler]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is meant to."""


class _Gateway(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        split = urlsplit(self.path)
        handler = next((one for at, one in self.server.handlers.items() if split.path.startswith(f"{at}/")), None)
        if handler is None:
            self._send({"statusCode": 403, "headers": {}, "body": '{"message":"Missing Authentication Token"}'})
            return
        try:
            answer = handler(self._event(split.path, split.query), None)
        except Exception:  # noqa: BLE001 - as API Gateway answers for whatever a function fails of
            answer = {"statusCode": 502, "headers": {}, "body": '{"message":"Internal server error"}'}
        self._send(answer)

    def _event(self, path: str, query: str) -> dict[str, Any]:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        return {
            "httpMethod": self.command,
            "path": path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "multiValueHeaders": {name.lower(): [value] for name, value in self.headers.items()},
            "queryStringParameters": {name: many[-1] for name, many in values.items()} or None,
            "multiValueQueryStringParameters": values or None,
            "body": body or None,
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "request-1",
                "stage": "test",
                "path": f"/test{path}",
                "identity": {"sourceIp": self.client_address[0]},
            },
        }

    def _send(self, answer: dict[str, Any]) -> None:
        body = (answer.get("body") or "").encode()
        self.send_response(answer["statusCode"])
        for name, value in (answer.get("headers") or {}).items():
            self.send_header(name, value)
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            for value in values:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving(name: str, *, also: Mapping[str, Handler] | None = None) -> Iterator[str]:
    """The address below which ``functions/<name>`` answers for its system, such as ``http://127.0.0.1:1234/bancard``.

    ``also``: more handlers by the beginning of their paths, such as ``{"/tenant": handler}``, on the same host.
    """
    base = f"/{name.removesuffix('_mock')}"
    server = _Server(("127.0.0.1", 0), _Gateway)
    server.handlers = {base: importlib.import_module(f"functions.{name}.app").handler, **(also or {})}
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    own = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STAND_INS_POST_TO", own)
            yield f"{own}{base}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
