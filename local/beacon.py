"""A stand-in for drand on this machine: a chain of its own, each of whose rounds it signs when that is due."""

import json
import threading
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

from local.ministack import LOOPBACK
from mostrador.raffles.rules import bls, bls_curve, bls_hash, drand
from mostrador.raffles.rules.drand import BeaconChain

T = TypeVar("T")
_SECRET = 0x10CA1
"""Known to everybody: whoever draws by this chain draws for practice."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}"


def start(port: int = 0, host: str = LOOPBACK) -> Server:
    """Answers as a relay of drand's does, on ``port`` or, where that is taken, on any that is free."""
    try:
        server = Server((host, port), _Handler)
    except OSError:
        server = Server((host, 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def stop(server: Server) -> None:
    server.shutdown()
    server.server_close()


@cache
def chain() -> BeaconChain:
    x, y = _known(bls_curve.times(_SECRET, bls_curve.G2))
    public_key = _compressed(x.im, x.re, is_larger=y.is_larger())
    return BeaconChain(
        chain_hash=sha256(public_key).hexdigest(), public_key=public_key.hex(), genesis=1_700_000_000, period=3
    )


def setting() -> str:
    """The chain as the functions' settings name it."""
    own = chain()
    return f"{own.chain_hash}:{own.public_key}:{own.genesis}:{own.period}"


def _signature(number: int) -> bytes:
    message = sha256(number.to_bytes(8)).digest()
    x, y = _known(bls_curve.times(_SECRET, bls_hash.hashed(message, bls.DOMAIN)))
    return _compressed(x.re, is_larger=y.is_larger())


def _known(point: T | None) -> T:
    if point is None:
        raise ValueError("the point at infinity signs nothing")
    return point


def _compressed(*coordinates: int, is_larger: bool) -> bytes:
    """A point as it travels, from the halves of its x and the sign of its y."""
    plain = b"".join(coordinate.to_bytes(bls_curve.FIELD_BYTES) for coordinate in coordinates)
    return bytes([plain[0] | (0xA0 if is_larger else 0x80)]) + plain[1:]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        own = chain()
        of, _, asked = self.path.strip("/").partition("/")
        number = asked.removeprefix("public/")
        if of != own.chain_hash:
            self._answer(404, {})
        elif asked == "info":
            info = {"hash": own.chain_hash, "public_key": own.public_key}
            self._answer(200, info | {"genesis_time": own.genesis, "period": own.period})
        elif number.isdecimal():
            self._answer_round(own, int(number))
        else:
            self._answer(404, {})

    def _answer_round(self, own: BeaconChain, number: int) -> None:
        if not 0 < number < 2**40 or drand.published_at(own, number) > datetime.now(UTC):
            self._answer(425, {})
            return
        signature = _signature(number)
        randomness = drand.randomness(signature).hex()
        self._answer(200, {"round": number, "randomness": randomness, "signature": signature.hex()})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: `make dev` writes for people."""
