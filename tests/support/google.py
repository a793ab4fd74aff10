"""The stand-in for Google Calendar over real HTTP, and what tests ask of it."""

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import urllib3

from functions.google_calendar_mock.app import handler
from tests.support.stand_ins import PORTAL

SCOPE = "https://www.googleapis.com/auth/calendar"
EMAIL = "agenda@example.com"
CLIENT = {"client_id": "client-1", "client_secret": "secret-1"}
REDIRECT = "https://mostrador.example/oauth"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
_BASE = "/google"


class _Gateway(BaseHTTPRequestHandler):
    """What API Gateway makes of a request, and of an answer."""

    def _answer(self):
        split = urlsplit(self.path)
        values = parse_qs(split.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        event = {
            "httpMethod": self.command,
            "path": split.path,
            "headers": dict(self.headers.items()),
            "queryStringParameters": {name: many[-1] for name, many in values.items()} or None,
            "multiValueQueryStringParameters": values or None,
            "body": body or None,
            "isBase64Encoded": False,
        }
        try:
            answer = handler(event, None)
        except Exception as error:  # noqa: BLE001 - as API Gateway answers for whatever a function fails of
            answer = {"statusCode": 502, "headers": {"X-Failed": repr(error)}, "body": "Internal server error"}
        self._send(answer["statusCode"], answer["headers"], answer["body"].encode())

    def _send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, format, *args):
        """Says nothing."""


@contextmanager
def serving():
    """The address below which the stand-in answers, such as ``http://127.0.0.1:1234/google``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    server.daemon_threads = False  # so that closing waits for what is still being answered
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{_BASE}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Any
    body: bytes

    @property
    def told(self):
        return json.loads(self.body)

    @property
    def reason(self):
        [error] = self.told["error"]["errors"]
        return self.status, error["reason"]


@dataclass(frozen=True)
class Google:
    """The stand-in at ``base_url``, with one client registered."""

    base_url: str
    pool: urllib3.PoolManager

    def send(self, method, path, body=None, *, token=None, query=(), **headers):
        """One request; ``body`` becomes JSON, unless it is bytes. Header names are written with ``_`` for ``-``."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = PORTAL | {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            given["Authorization"] = f"Bearer {token}"
        url = f"{self.base_url}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        answer = self.pool.request(method, url, body=sent, headers=given, redirect=False)
        assert "X-Failed" not in answer.headers, answer.headers["X-Failed"]
        return Reply(answer.status, answer.headers, answer.data)

    def portal(self, method, path, body=None):
        reply = self.send(method, f"/portal{path}", body)
        assert reply.status == 200, reply.body
        return reply.told

    def goes_wrong(self, how, **which):
        self.portal("POST", "/faults", {"how": how, **which})

    def form(self, path, **fields):
        return self.send("POST", path, urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")

    def consent(self, email=EMAIL, scope=SCOPE, **also):
        """The address a person is sent back to."""
        asked = {"client_id": CLIENT["client_id"], "redirect_uri": REDIRECT, "scope": scope, "account": email}
        told = self.portal("POST", "/consent", {**asked, "state": "s-1", "code_challenge": CHALLENGE, **also})
        return told["location"]

    def exchange(self, location, **also):
        """What the code in an address is good for."""
        [code] = parse_qs(urlsplit(location).query)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return self.form("/token", **{**form, **CLIENT, **also})

    def refresh(self, refresh_token):
        return self.form("/token", grant_type="refresh_token", refresh_token=refresh_token, **CLIENT)

    def token(self, email=EMAIL, scope=SCOPE):
        return self.exchange(self.consent(email, scope)).told["access_token"]

    def agenda(self, email=EMAIL, **settings):
        """The account's own calendar, which is made where there is none."""
        self.portal("PUT", f"/accounts/{quote(email)}", settings)
        return Agenda(self, email, self.token(email))


@dataclass(frozen=True)
class Agenda:
    """A calendar, and somebody's access to it."""

    google: Google
    calendar_id: str
    token: str

    def send(self, method, below="", body=None, **also):
        path = f"/calendar/v3/calendars/{quote(self.calendar_id, safe='')}/events{below}"
        return self.google.send(method, path, body, token=self.token, **also)

    def insert(self, **changed):
        return self.send("POST", body=event(**changed))

    def get(self, event_id, **also):
        return self.send("GET", f"/{event_id}", **also)

    def update(self, event_id, etag=None, **changed):
        return self.send("PUT", f"/{event_id}", event(**changed), **_if_match(etag))

    def patch(self, event_id, etag=None, **changed):
        return self.send("PATCH", f"/{event_id}", changed, **_if_match(etag))

    def delete(self, event_id, etag=None):
        return self.send("DELETE", f"/{event_id}", **_if_match(etag))

    def list(self, **query):
        return self.send("GET", query=query)

    def ids(self, **query):
        return [one["id"] for one in self.list(**query).told["items"]]

    def stored(self):
        return self.google.portal("GET", f"/calendars/{quote(self.calendar_id, safe='')}/events")


@pytest.fixture
def served(table):
    """For test modules, as ``google = served``."""
    with serving() as base_url, urllib3.PoolManager(retries=False) as pool:
        made = Google(base_url, pool)
        client = {"client_secret": CLIENT["client_secret"], "redirect_uris": [REDIRECT]}
        made.portal("PUT", f"/clients/{CLIENT['client_id']}", client)
        yield made


@pytest.fixture
def own_agenda(google):
    """For test modules, as ``agenda = own_agenda``."""
    return google.agenda()


def event(**changed):
    """One of Tuesday, 15:00 to 15:30 in Asuncion."""
    usual = {
        "summary": "Corte de Ana",
        "start": {"dateTime": "2026-12-01T15:00:00-03:00", "timeZone": "America/Asuncion"},
        "end": {"dateTime": "2026-12-01T15:30:00-03:00", "timeZone": "America/Asuncion"},
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def at(hour, day="2026-12-01"):
    """Start and end of an hour of that day."""
    moments = (f"{day}T{hour:02d}:00:00-03:00", f"{day}T{hour + 1:02d}:00:00-03:00")
    return dict(zip(("start", "end"), ({"dateTime": one} for one in moments), strict=True))


def _if_match(etag):
    return {"If_Match": etag} if etag else {}
