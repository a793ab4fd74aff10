"""What only the stand-in has: misbehaviour on demand, what it kept, and a person's own doings."""

import time

import pytest

from stand_ins.google import faults
from tests.support.google import EMAIL, at, own_agenda, served

google, agenda = served, own_agenda


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("401", (401, "authError")),
        ("403_rate", (403, "userRateLimitExceeded")),
        ("403_quota", (403, "quotaExceeded")),
        ("403_forbidden", (403, "forbidden")),
        ("404", (404, "notFound")),
        ("429", (429, "rateLimitExceeded")),
        ("500", (500, "backendError")),
        ("503", (503, "backendError")),
        ("lost", (503, "backendError")),
    ],
)
def test_a_call_goes_wrong_as_often_as_was_asked(google, agenda, how, expected):
    google.goes_wrong(how, operation="get", times=2)
    agenda.insert(id="event09")

    assert [agenda.get("event09").status for _ in range(3)] == [expected[0], expected[0], 200]
    google.goes_wrong(how)
    assert agenda.get("event09").reason == expected


@pytest.mark.parametrize("how", ["403_rate", "403_quota", "429"])
def test_limits_of_usage_are_in_their_own_domain(google, agenda, how):
    google.goes_wrong(how)

    assert agenda.list().told["error"]["errors"][0]["domain"] == "usageLimits"


def test_what_stands_before_google_answers_in_html(google, agenda):
    google.goes_wrong("html_502")

    reply = agenda.insert(id="event09")

    assert (reply.status, reply.headers["Content-Type"]) == (502, "text/html; charset=UTF-8")
    assert agenda.ids() == []


def test_a_lost_answer_is_one_of_a_call_that_was_carried_out(google, agenda):
    google.goes_wrong("lost", operation="insert")

    assert agenda.insert(id="event09").status == 503
    assert agenda.insert(id="event09").reason == (409, "duplicate")
    assert agenda.stored()["writes"] == {"insert": 1}


def test_a_refused_call_was_not_carried_out(google, agenda):
    google.goes_wrong("500", operation="insert")

    agenda.insert(id="event09")

    assert agenda.stored()["writes"] == {}


def test_a_slow_call_is_carried_out_in_the_end(google, agenda):
    google.goes_wrong("slow", operation="insert", seconds=0.3)
    began = time.monotonic()

    assert agenda.insert().status == 200
    assert time.monotonic() - began >= 0.3


def test_only_the_calendar_that_was_named_goes_wrong(google, agenda):
    other = google.agenda("otra@example.com")
    google.goes_wrong("500", calendar=EMAIL, times=9)

    assert (agenda.list().status, other.list().status) == (500, 200)
    google.portal("DELETE", "/faults")
    assert agenda.list().status == 200


def test_a_full_sync_is_required_of_who_has_a_sync_token(google, agenda):
    token = agenda.list().told["nextSyncToken"]
    google.goes_wrong("full_sync", operation="list")

    assert agenda.list().status == 200
    assert agenda.list(syncToken=token).reason == (410, "fullSyncRequired")
    assert agenda.list(syncToken=token).status == 200


def test_a_grant_is_refused_to_the_account_that_was_named(google, agenda):
    refresh_token = google.exchange(google.consent()).told["refresh_token"]
    google.goes_wrong("invalid_grant", operation="token", calendar=EMAIL)

    refused = google.refresh(refresh_token)

    assert (refused.status, refused.told) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )
    assert google.refresh(refresh_token).status == 200


@pytest.mark.parametrize(("how", "status"), [("503", 503), ("429", 429), ("html_502", 502), ("lost", 503)])
def test_the_token_endpoint_goes_wrong_too(google, agenda, how, status):
    refresh_token = google.exchange(google.consent()).told["refresh_token"]
    google.goes_wrong(how, operation="token")

    assert google.refresh(refresh_token).status == status
    assert google.refresh(refresh_token).status == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"how": "418"},
        {"how": "500", "operation": "draw"},
        {"how": "401", "operation": "token"},
        {"how": "full_sync", "operation": "insert"},
        {"how": "500", "times": "many"},
    ],
)
def test_a_wrong_fault_is_refused(google, asked):
    assert google.send("POST", "/portal/faults", asked).reason == (400, "invalid")


def test_every_operation_can_go_wrong(google):
    for operation in faults.OPERATIONS:
        google.goes_wrong("500", operation=operation)


def test_the_portal_tells_each_event_with_its_writes(google, agenda):
    agenda.insert(id="event09")
    agenda.patch("event09", summary="Otra")
    agenda.patch("event09", summary="Otra más")
    agenda.update("event09")
    agenda.delete("event09")
    agenda.insert(id="event10")

    told = agenda.stored()

    assert [one["event"]["status"] for one in told["items"]] == ["cancelled", "confirmed"]
    assert told["items"][0]["writes"] == {"insert": 1, "patch": 2, "update": 1, "delete": 1}
    assert told["writes"] == {"insert": 2, "patch": 2, "update": 1, "delete": 1}
    assert told["changes"] == 6


def test_a_person_adds_moves_and_deletes_events_by_hand(google, agenda):
    token = agenda.list().told["nextSyncToken"]
    agenda.insert(id="event09")
    path = f"/calendars/{EMAIL}/events"

    added = google.portal("POST", path, {"summary": "Dentista", "account": "eva@example.com", **at(12)})
    google.portal("PATCH", f"{path}/event09", at(17))
    google.portal("DELETE", f"{path}/{added['id']}")

    assert added["creator"] == {"email": "eva@example.com"}
    assert agenda.get("event09").told["start"]["dateTime"] == "2026-12-01T17:00:00-03:00"
    assert agenda.stored()["writes"] == {"insert": 1, "person_insert": 1, "person_patch": 1, "person_delete": 1}
    told = agenda.list(syncToken=token).told["items"]
    assert {one["id"]: one["status"] for one in told} == {"event09": "confirmed", added["id"]: "cancelled"}


def test_a_calendar_can_be_emptied(google, agenda):
    agenda.insert(id="event09")

    assert google.portal("DELETE", f"/calendars/{EMAIL}") == {"removed": 1}
    assert agenda.stored()["items"] == []
    assert agenda.insert(id="event09").status == 200


def test_registering_an_account_again_keeps_what_it_has(google, agenda):
    agenda.insert(id="event09")

    google.portal("PUT", f"/accounts/{EMAIL}", {})

    assert agenda.ids() == ["event09"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/clients/c", {"client_secret": "s"}, 400),
        ("PUT", "/accounts/a@example.com", {"timeZone": "America/Nowhere"}, 400),
        ("POST", "/consent", {"client_id": "nobody"}, 400),
        ("POST", "/consent", {"client_id": "client-1", "redirect_uri": "https://elsewhere.example/"}, 400),
        ("POST", "/revoke", {"account": "nobody@example.com"}, 404),
        ("GET", "/calendars/nobody@example.com/events", None, 404),
        ("POST", "/calendars/nobody@example.com/shares", {"account": "a@example.com"}, 404),
        ("DELETE", "/calendars/nobody@example.com", None, 404),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_the_portal_says_what_is_wrong(google, method, path, body, status):
    assert google.send(method, f"/portal{path}", body).status == status
