"""Requests as programs really send them, over HTTP: other charsets, answers sent back, what readers of feeds add."""

import pytest

from tests.journeys.visitors import LANGUAGE, problem

pytestmark = pytest.mark.journey
NANDUTI = '{"name": "Ñandutí", "email": " Ana@Example.com"}'


@pytest.fixture
def send(http, staff):
    """``send(path, raw, content_type)``: a POST of bytes as staff."""

    def sent(path, raw, content_type):
        headers = LANGUAGE | {"Authorization": f"Bearer {staff.token}", "Content-Type": content_type}
        return http.post(path, content=raw, headers=headers)

    return sent


def test_bytes_reach_the_function_as_they_were_sent(business, staff, send):
    customers = f"{business.api}/customers"

    named = send(customers, NANDUTI.encode("latin-1"), "application/json; charset=ISO-8859-1")
    plain = send(customers, NANDUTI.encode(), "application/json")
    unnamed = send(customers, NANDUTI.encode("latin-1"), "application/json")

    assert [answer.json()["name"] for answer in (named, plain)] == ["Ñandutí", "Ñandutí"]
    assert {answer.json()["email"] for answer in (named, plain)} == {"ana@example.com"}
    problem(unnamed, 400, "malformed_text")
    kept = staff.call("GET", customers).json()["items"]
    assert sorted(one["id"] for one in kept) == sorted(answer.json()["id"] for answer in (named, plain))


def test_what_get_answered_is_sent_back(business, admin):
    service = f"{business.api}/services/{business.service('Corte')['id']}"
    before = admin.call("GET", service).json()

    same = admin.call("PUT", service, before)

    assert same.status_code == 200, same.text
    assert {**same.json(), "version": before["version"]} == before
    problem(admin.call("PUT", service, same.json() | {"created_at": "2020-01-01T00:00:00Z"}), 403, "field_forbidden")


def test_a_feed_is_read_with_what_its_reader_adds(business, admin, http):
    made = admin.call("POST", f"{business.api}/feeds", {})

    assert http.get(f"{made.json()['path'].lstrip('/')}?nocache=1").text.startswith("BEGIN:VCALENDAR")
    problem(admin.call("GET", f"{business.api}/feeds?nocache=1"), 422, "unknown_parameter")
