"""A scripted HTTP server in the place of Bancard's: it answers what it was told to and keeps what it was asked.

Each runs on a port of its own for as long as its ``with`` block, and leaves no thread behind.
"""

import json
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address

import h2.connection
import h2.events
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Reply:
    """``body`` as bytes, or what is written as JSON; ``missing`` bytes are promised and do not come.

    ``hangs_up``: the connection is closed after it, though nothing said so. ``drip``: seconds between its bytes.
    """

    body: object = b""
    status: int = 200
    delay: float = 0.0
    drip: float = 0.0
    missing: int = 0
    hangs_up: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def octets(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def error(*keys, dsc="Sorry"):
    """What Bancard answers of a failure, with a remark for each key."""
    return {"status": "error", "messages": [{"key": key, "level": "error", "dsc": dsc} for key in keys]}


@dataclass(frozen=True)
class Asked:
    """A request as it came, and the client's port, which tells connections apart."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int

    @property
    def told(self):
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the second answer on a connection waits 40 ms for an acknowledgement
    timeout = 30

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(
            Asked(self.command, self.path, dict(self.headers), body, self.client_address[1]),
        )
        self.server.heard.release()
        reply = self.server.reply
        self.server.closing.wait(reply.delay)
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(reply.octets) + reply.missing))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if reply.drip:
            for octet in reply.octets:
                self.wfile.write(bytes([octet]))
                self.server.closing.wait(reply.drip)
        else:
            self.wfile.write(reply.octets)
        self.close_connection = reply.hangs_up or bool(reply.missing)

    do_DELETE = do_POST  # noqa: N815

    def log_message(self, format, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request, client_address):
        """A client that hangs up is meant to."""

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.hung_up.release()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running():
    """The server: ``reply`` is what it answers from now on, ``asked`` the requests so far, ``url`` its address.

    ``heard`` counts the requests that it has read, ``hung_up`` the connections that it has closed.
    """
    server = _Server(("127.0.0.1", 0), _Handler)
    server.reply, server.asked, server.closing = Reply(), [], threading.Event()
    server.heard, server.hung_up = threading.Semaphore(0), threading.Semaphore(0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder):
    """Paths of a certificate for 127.0.0.1 that signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


@contextmanager
def speaking_tls(pem, secret, body, protocol="h2"):
    """One connection over TLS: gives its address, and a list that gets the protocol agreed on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    context.set_alpn_protocols([protocol])
    agreed = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        thread = threading.Thread(target=_answer_once, args=(listener, context, body, agreed))
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", agreed
        thread.join()


def _answer_once(listener, context, body, agreed):
    accepted = listener.accept()[0]
    accepted.settimeout(30)
    try:
        with context.wrap_socket(accepted, server_side=True) as line:
            agreed.append(line.selected_alpn_protocol())
            (_answer_http2 if agreed == ["h2"] else _answer_http1)(line, body)
    except OSError:
        accepted.close()  # the client does not trust us


def _answer_http1(line, body):
    """It hears the request out: who hangs up in the middle of it cuts off the client."""
    heard = b""
    while not heard.endswith(b"}}") and (octets := line.recv(65_536)):
        heard += octets
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def _answer_http2(line, body):
    speech = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    speech.initiate_connection()
    line.sendall(speech.data_to_send())
    while octets := line.recv(65_536):
        for event in speech.receive_data(octets):
            if isinstance(event, h2.events.StreamEnded):
                speech.send_headers(event.stream_id, [(":status", "200")])
                speech.send_data(event.stream_id, body, end_stream=True)
        line.sendall(speech.data_to_send())
