"""The local address passes requests and answers on as they are, compresses, and tells failures as problems."""

import gzip
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from local import site, template
from tests.local.upstream import BASE, answer

BYTES = bytes(range(256)) * 8
TAG = '"3"'


def raw(address, method, target, body=b"", **headers):
    """One request whose target nobody tidies; the status, headers and body of its answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    given = connection.getresponse()
    found = given.status, given.headers, given.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    "target",
    [
        "/tenant/salon/api/appointments?status=PENDING&status=CONFIRMED&q=a%20b+c&empty=&bare",
        "/tenant/salon/public/orders/a%2Fb%3D%3D/receipt",
        "/tenant/salon/api/../../x",
        "/tenant/salon//api/%C3%91and%75t%C3%AD",
        "/calendar/f.ics?nocache=1?2",
        "/me",
        "/me/",
        "/admin/tenants",
        "/api/services/",
        "/openapi.json",
    ],
)
def test_the_stage_is_put_before_a_target_which_stays_as_it_came(upstream, address, target):
    assert raw(address, "GET", target)[0] == 200

    assert [asked.target for asked in upstream.asked] == [BASE + target]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_passes_with_its_body(upstream, address, method):
    body = b"" if method in ("GET", "HEAD") else BYTES

    assert raw(address, method, "/me", body)[0] == 200

    assert [(asked.method, asked.body) for asked in upstream.asked] == [(method, body)]


def test_an_answer_to_head_has_the_length_that_the_api_says_and_no_body(upstream, address):
    upstream.behave = lambda handler: answer(handler, 200, b"x" * 3000, ("ETag", TAG))

    status, headers, body = raw(address, "HEAD", "/me", Accept_Encoding="gzip")

    assert (status, headers["ETag"], body) == (200, TAG, b"")
    assert headers.get_all("Content-Length") == ["3000"]


def test_bytes_come_back_as_they_are(upstream, address):
    upstream.behave = lambda handler: answer(handler, 200, BYTES, ("Content-Type", "application/octet-stream"))

    _, headers, body = raw(address, "GET", "/me")

    assert (body, headers["Content-Length"]) == (BYTES, str(len(BYTES)))


def test_headers_of_a_request_pass_except_those_for_the_next_machine(upstream, address):
    raw(
        address, "GET", "/me", Authorization="Bearer a.b.c", If_Match=TAG, X_Forwarded_For="203.0.113.9",
        Connection="X-Hop", X_Hop="1", TE="trailers", Accept_Encoding="br", Expect="nothing",
    )  # fmt: skip

    (asked,) = upstream.asked
    assert [asked.values(name) for name in ("authorization", "if-match", "x-forwarded-for")] == [
        ["Bearer a.b.c"], [TAG], ["203.0.113.9"],
    ]  # fmt: skip
    assert [asked.values(name) for name in ("x-hop", "te", "expect", "connection")] == [[], [], [], []]
    assert asked.values("accept-encoding") == ["identity"]
    assert asked.values("host") == [urlsplit(upstream.url).netloc]


def test_headers_of_an_answer_pass_repeated_ones_too_except_those_for_the_next_machine(upstream, address):
    given = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Link", "<x>; rel=next"), ("Keep-Alive", "timeout=5")]
    upstream.behave = lambda handler: answer(handler, 200, b"{}", ("Connection", "X-Hop"), ("X-Hop", "1"), *given)

    _, headers, _ = raw(address, "GET", "/me")

    assert (headers.get_all("Set-Cookie"), headers["Link"]) == (["a=1", "b=2"], "<x>; rel=next")
    assert {"keep-alive", "x-hop"} & {name.lower() for name in headers} == set()
    assert len(headers.get_all("Date")) == len(headers.get_all("Content-Length")) == 1


def test_the_gateway_compresses_and_from_where_the_template_says_so_does_the_address(upstream, address):
    limit = template.properties("Api")["MinimumCompressionSize"]
    assert limit == 1024
    sizes = {}
    for size in (limit - 1, limit):
        upstream.behave = lambda handler, size=size: answer(handler, 200, b"a" * size, ("ETag", TAG))
        _, headers, body = raw(address, "GET", "/me", Accept_Encoding="gzip, br")
        sizes[size] = headers["Content-Encoding"]
        assert (headers["Content-Length"], headers["ETag"]) == (str(len(body)), TAG)

    assert sizes == {limit - 1: None, limit: "gzip"}
    assert gzip.decompress(body) == b"a" * limit
    assert "Accept-Encoding" in headers["Vary"]


def test_an_answer_is_not_compressed_for_who_cannot_read_that(upstream, address):
    upstream.behave = lambda handler: answer(handler, 200, b"a" * 5000)

    _, headers, body = raw(address, "GET", "/me", Accept_Encoding="identity")

    assert (headers["Content-Encoding"], body) == (None, b"a" * 5000)


def test_what_came_compressed_is_not_compressed_again(upstream, address):
    packed = gzip.compress(BYTES * 10, 0)
    upstream.behave = lambda handler: answer(handler, 200, packed, ("Content-Encoding", "gzip"))

    _, headers, body = raw(address, "GET", "/me", Accept_Encoding="gzip")

    assert (headers.get_all("Content-Encoding"), body) == (["gzip"], packed)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_no_length_either(upstream, address, status):
    upstream.behave = lambda handler: answer(handler, status, b"", ("ETag", TAG))

    given, headers, body = raw(address, "GET", "/me", If_None_Match=TAG, Accept_Encoding="gzip")

    assert (given, headers["ETag"], headers["Content-Length"], body) == (status, TAG, None, b"")
    assert upstream.asked[0].values("if-none-match") == [TAG]


def test_a_redirect_is_handed_back_and_not_followed(upstream, address):
    upstream.behave = lambda handler: answer(handler, 302, b"", ("Location", "/elsewhere"))

    status, headers, _ = raw(address, "GET", "/calendar/oauth/callback")

    assert (status, headers["Location"], len(upstream.asked)) == (302, "/elsewhere", 1)


def hung_up(handler):
    handler.close_connection = True


def cut_short(handler):
    answer(handler, 200, b"only a part", ("Content-Length", "100"))
    handler.close_connection = True


def silent(_handler):
    threading.Event().wait(3)


@pytest.mark.parametrize(
    ("behave", "status", "code"),
    [(hung_up, 502, "api_unreachable"), (cut_short, 502, "api_unreachable"), (silent, 504, "api_silent")],
    ids=["hung up", "cut short", "silent"],
)
def test_a_failure_is_a_problem_in_the_language_asked_for(upstream, browser, behave, status, code):
    upstream.behave = behave

    told = browser.get("/me", headers={"Accept-Language": "en-US,es;q=0.5"})

    assert_is_problem(told, status, code)
    assert "did not answer" in told.json()["detail"] or "does not answer" in told.json()["detail"]


def test_an_api_that_is_gone_is_a_problem_in_spanish_unless_asked_otherwise():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}{BASE}"
    with site.serving(site.app(gone)) as address:
        told = httpx.get(f"{address}/me", trust_env=False)

    assert_is_problem(told, 502, "api_unreachable")
    assert "no atiende" in told.json()["detail"]


def assert_is_problem(told, status, code):
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    found = told.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:mostrador:problem:{code}")
    assert found["errors"] == [{"field": None, "code": code, "detail": found["detail"], "value": None}]
    assert {"title", "request_id"} <= set(found)


def test_forty_requests_are_under_way_at_once(upstream, browser):
    together = threading.Barrier(40, timeout=20)  # it breaks where one waits for another
    upstream.behave = lambda handler: (together.wait(), answer(handler, 200, handler.path.encode()))
    patient = site.app(upstream.url)

    with site.serving(patient) as address, ThreadPoolExecutor(40) as clients:
        given = list(clients.map(lambda number: raw(address, "GET", f"/me/{number}"), range(40)))

    assert [body.decode() for _, _, body in given] == [f"{BASE}/me/{number}" for number in range(40)]


def test_no_request_waits_for_the_acknowledgement_of_the_last_one(browser):
    """The red control is a listener whose protocol is not named: asyncio leaves Nagle's delay of 40 ms on it."""
    seconds = [browser.get("/me").elapsed.total_seconds() for _ in range(20)]

    assert min(seconds[1:]) < 0.03


def test_who_leaves_disturbs_nobody(upstream, address, caplog):
    arrived, released = threading.Event(), threading.Event()
    upstream.behave = lambda handler: (arrived.set(), released.wait(0.5), answer(handler, 200, b"{}"))

    with socket.create_connection(address.removeprefix("http://").split(":")) as leaving:
        leaving.sendall(b"POST /me HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert arrived.wait(10)
    with socket.create_connection(address.removeprefix("http://").split(":")) as leaving:
        leaving.sendall(b"POST /me HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{")
    released.set()

    assert raw(address, "GET", "/me")[0] == 200
    assert [asked.body for asked in upstream.asked if asked.method == "POST"] == [b"{}"]
    assert caplog.records == []
