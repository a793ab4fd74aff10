"""`make dev` prints its welcome whatever its one request becomes: a stack that is ready stays up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from local import __main__ as dev
from local import ministack, up, welcome
from local.stack import Login, Stack

CLERK = Login("staff@salon.example", "Mostrador-2026", "staff", "salon")
Behave = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def an_api(behave: Behave) -> Iterator[Stack]:
    """A stack whose API behaves so, and at whose user pool anybody signs in."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, 200, b'{"AuthenticationResult": {"AccessToken": "a.b.c"}}')

        def do_GET(self) -> None:
            behave(self)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield Stack(url, "us-east-1", f"{url}/api", "table", "pool", "client")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Hang up without a word."""
    handler.close_connection = True


def slow(handler: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(0.5)
    silent(handler)


def test_the_first_service_is_in_the_commands():
    with an_api(lambda handler: answer(handler, 200, b'{"items": [{"id": "s-1"}]}')) as stack:
        site = f"{stack.endpoint}/people"
        text = welcome.welcome(stack, [CLERK], site)

    assert text.split()[:4] == ["Address", site, "Reference", f"{site}/docs"]
    assert f"curl -s {site}/tenant/salon/api/services" in text
    assert "availability?service=s-1&date=" in text
    assert "could not be listed" not in text


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (slow, "timed out"),
        (silent, "disconnected"),
        (lambda handler: answer(handler, 504, b"too slow"), "answered 504: too slow"),
    ],
    ids=["slow", "silent", "failing"],
)
def test_a_request_that_fails_is_told_and_the_rest_is_printed(monkeypatch, behave, reason):
    monkeypatch.setattr(welcome, "PATIENCE", 0.2)
    with an_api(behave) as stack:
        text = welcome.welcome(stack, [CLERK], stack.api_url)

    assert reason in text
    assert f"{CLERK.email}  {CLERK.password}" in text
    assert "availability?service=<service id>&date=" in text


def test_a_ready_stack_stays_up_until_it_is_stopped(monkeypatch, capsys):
    """The red control is what was there before: a time-out at the welcome ended ``make dev``."""
    monkeypatch.setattr(welcome, "PATIENCE", 0.2)
    free = ministack.free_port()
    monkeypatch.setenv("MOSTRADOR_PORT", str(free - dev.ABOVE))
    seen: list[str] = []

    def stopped_by_a_person() -> None:
        seen.append("waited")
        raise KeyboardInterrupt

    with an_api(slow) as stack:
        server = SimpleNamespace(process=SimpleNamespace(wait=stopped_by_a_person), log="log")
        running: Any = SimpleNamespace(stack=stack, logins=[CLERK], server=server)
        monkeypatch.setattr(up, "up", lambda *_args, **_more: running)
        monkeypatch.setattr(up, "down", lambda _running: seen.append("down"))
        monkeypatch.setattr("signal.signal", lambda *_: None)
        with pytest.raises(SystemExit) as ended:
            dev.main()

    assert (seen, ended.value.code) == (["waited", "down"], 0)
    out = capsys.readouterr().out
    assert "Ready. Ctrl-C stops it" in out
    assert f"Address     http://127.0.0.1:{free}\n" in out
