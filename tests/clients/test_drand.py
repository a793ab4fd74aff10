"""The client against a stand-in for drand's relay, over real HTTP."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3

from mostrador.clients import drand, http_bodies
from mostrador.errors import Conflict, Unavailable
from mostrador.raffles.rules.drand import QUICKNET
from tests.support import beacons

SIGNATURE = beacons.QUICKNET[1000]
GOOD = f'{{"round":1000,"randomness":"{beacons.RANDOMNESS_1000}","signature":"{SIGNATURE}"}}'


class Relay(BaseHTTPRequestHandler):
    """Answers every call with what the server was told: a status, a body, after some seconds."""

    def do_GET(self):
        status, body, delay, drip = self.server.answer
        self.server.asked.append(self.path)
        time.sleep(delay)
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        for octet in body.encode():
            self.wfile.write(bytes([octet]))
            time.sleep(drip)

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that hangs up is meant to."""


@pytest.fixture
def relay():
    """Starts the stand-in; ``relay(status, body)`` says what it answers and gives its address."""
    server = Server(("127.0.0.1", 0), Relay)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()

    def answering(status, body="", delay=0.0, drip=0.0):
        server.answer = (status, body, delay, drip)
        return f"http://127.0.0.1:{server.server_port}"

    answering.asked = server.asked
    yield answering
    server.shutdown()
    server.server_close()


def test_a_round_comes_with_its_signature_and_its_randomness(relay):
    found = drand.fetch(relay(200, GOOD), QUICKNET, 1000)

    assert found == drand.Beacon(1000, SIGNATURE, beacons.RANDOMNESS_1000)


def test_the_round_is_asked_of_its_chain(relay):
    with pytest.raises(drand.NotYetPublished):
        drand.fetch(relay(425) + "/", QUICKNET, 7)

    assert relay.asked == [f"/{QUICKNET.chain_hash}/public/7"]


@pytest.mark.parametrize("status", [404, 425])
def test_a_round_that_is_not_due_yet_is_a_conflict_that_says_when(relay, status):
    with pytest.raises(drand.NotYetPublished, match="round 1000 .* 2023-08-23T15:59:24") as refused:
        drand.fetch(relay(status, "Requested future beacon"), QUICKNET, 1000)

    assert isinstance(refused.value, Conflict)


def test_a_signature_of_another_round_is_not_passed_on(relay):
    with pytest.raises(drand.NotGenuine, match="round 1001") as refused:
        drand.fetch(relay(200, GOOD), QUICKNET, 1001)

    assert isinstance(refused.value, Unavailable)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (502, "<html>Bad gateway</html>", "status 502"),
        (500, GOOD, "status 500"),
        (302, GOOD, "status 302"),
        (200, "<html>Hello</html>", "not a round"),
        (200, "[]", "not a round"),
        (200, '{"signature": 1}', "not a round"),
        (200, '{"signature": "zz"}', "not a round"),
        (200, "[" * 4096, "not a round"),
        (200, " " * 4096 + GOOD, "not a round"),
    ],
    ids=["502", "500", "redirect", "html", "list", "number", "no hex", "nested", "too long"],
)
def test_an_answer_that_is_no_round_is_unavailable_and_says_why(relay, status, body, reason):
    with pytest.raises(drand.BeaconUnavailable, match=reason):
        drand.fetch(relay(status, body), QUICKNET, 1000)


def test_a_relay_that_is_slow_is_unavailable(relay, monkeypatch):
    monkeypatch.setattr(drand, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.05))

    with pytest.raises(drand.BeaconUnavailable, match="ReadTimeoutError"):
        drand.fetch(relay(200, GOOD, delay=0.2), QUICKNET, 1000)


def test_a_relay_whose_answer_drips_is_unavailable(relay, monkeypatch):
    monkeypatch.setattr(http_bodies, "WITHIN", 0.1)

    with pytest.raises(drand.BeaconUnavailable, match="TooSlow"):
        drand.fetch(relay(200, GOOD, drip=0.05), QUICKNET, 1000)


def test_a_relay_that_is_not_there_is_unavailable():
    with pytest.raises(drand.BeaconUnavailable, match="NewConnectionError"):
        drand.fetch("http://127.0.0.1:9", QUICKNET, 1000)
