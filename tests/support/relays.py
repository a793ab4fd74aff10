"""A relay of a beacon that is our own: it signs any round, as drand's would, and tells its chain at ``/info``."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mostrador import settings
from tests.support import beacons


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        number = int(self.path.rsplit("/", 1)[1])
        told = {"round": number, "signature": beacons.own_signature(number).hex()}
        self.send_response(200 if self.server.is_up else 425)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, format, *args):
        pass


@contextmanager
def running(monkeypatch):
    """The relay, with the settings that trust it: ``asked`` are the paths, without ``is_up`` no round is published."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.is_up = [], True
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    monkeypatch.setenv("DRAND_URL", f"http://127.0.0.1:{server.server_port}")
    chain = beacons.own_chain()
    named = f"{chain.chain_hash}:{chain.public_key}:{chain.genesis}:{chain.period}"
    monkeypatch.setenv("DRAND_CHAIN", named)
    forget()
    yield server
    server.shutdown()
    server.server_close()
    forget()


def info():
    """What drand's ``/info`` would answer of the chain."""
    chain = beacons.own_chain()
    return {
        "hash": chain.chain_hash,
        "public_key": chain.public_key,
        "genesis_time": chain.genesis,
        "period": chain.period,
    }


def forget():
    settings.drand_url.cache_clear()
    settings.drand_chain.cache_clear()
