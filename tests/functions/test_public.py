"""The door for those without an account."""

import json
from dataclasses import replace

import pytest

from tests.support import gateway, logs, template
from tests.support.days import shifted
from tests.support.http import admin, anybody, superuser

NINE = shifted("2026-12-01T09:00:00-03:00")
TEN = shifted("2026-12-01T10:00:00-03:00")
INTERNAL = {"plan", "is_active", "max_appointments_per_month", "max_raffles", "max_active_bookings", "hold_minutes"}
PUBLIC = "/tenant/salon/public"

ANA = {"name": "Ana López", "phone": "0981 123 456"}


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


def form(service, **more):
    return {"service_id": service.id, "scheduled_at": NINE, "customer_data": ANA} | more


def book(service, who=anybody, **more):
    answer = who.call("POST", f"{PUBLIC}/appointments", form(service, **more))
    assert answer.status == 201, answer.text
    return answer.json


def test_its_routes_ask_for_no_account_and_only_they_do():
    open_ones = {path for _, path in gateway._open_routes()}

    assert {path for path in open_ones if "/public" in path} == {
        path for _, path, _ in template.routes() if "/public" in path
    }
    for_machines = {path for _, path, _ in template.machine_routes()}
    assert not any("/api/" in path or path.startswith("/admin") for path in open_ones - for_machines)


def test_a_tenant_shows_its_counter_and_nothing_internal(salon):
    admin.call("PATCH", "/tenant/salon/api/tenant", {"contact_phone": "021 600 100", "cancel_notice_minutes": 60})

    told = anybody.call("GET", PUBLIC).json

    assert (told["name"], told["contact_phone"], told["currency"]) == ("Salón Ñandutí", "+59521600100", "PYG")
    assert told["business_hours"]["monday"] == [{"opens": "09:00", "closes": "18:00"}]
    assert told["cancel_notice_minutes"] == 60
    assert not INTERNAL & set(told)


def test_services_show_what_a_customer_chooses_by(haircut):
    (told,) = anybody.call("GET", f"{PUBLIC}/services").json["items"]

    assert (told["name"], told["price"], told["duration_minutes"]) == ("Corte", "80000", 30)
    assert told["resources"] == [{"id": haircut.resource_ids[0], "name": "Salón Ñandutí"}]
    assert not {"is_active", "max_bookings_per_day", "buffer_time_minutes", "version", "created_at"} & set(told)


def test_availability_tells_when_and_never_why_not(haircut):
    url = shifted(f"{PUBLIC}/availability?service={haircut.id}&date=2026-12-01")
    book(haircut)

    told = anybody.call("GET", url).json

    assert set(told) == {"service_id", "time_zone", "slots", "calendar_as_of", "calendar_is_stale"}
    assert NINE not in [slot["starts_at"] for slot in told["slots"]]
    refused = anybody.call("GET", f"{url}&explain=true")
    assert (refused.status, refused.json["code"]) == (422, "unknown_parameter")


def test_a_customer_books_sees_moves_and_cancels(haircut):
    booked = book(haircut)
    links = booked["links"]

    assert anybody.call("GET", links["self"]).json == booked
    moved = anybody.call("POST", links["reschedule"], {"scheduled_at": TEN})
    assert (moved.status, moved.json["scheduled_at"], moved.json["links"]) == (200, TEN, links)
    cancelled = anybody.call("POST", links["cancel"])
    assert (cancelled.status, cancelled.json["status"], cancelled.json["cancel_until"]) == (200, "CANCELLED", None)
    assert anybody.call("POST", links["cancel"], {"reason": "otra vez"}).json == cancelled.json


@pytest.mark.parametrize("field", ["internal_notes", "status", "hold", "customer_id", "customer", "created_by"])
def test_what_only_staff_may_say_is_refused(haircut, field):
    answer = anybody.call("POST", f"{PUBLIC}/appointments", form(haircut) | {field: "CONFIRMED"})

    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == f"body.{field}"


def test_too_late_says_until_when_it_was_possible(haircut):
    admin.call("PATCH", "/tenant/salon/api/tenant", {"cancel_notice_minutes": 60 * 24 * 7})

    answer = anybody.call("POST", book(haircut)["links"]["cancel"])

    assert (answer.status, answer.json["code"], answer.json["until"]) == (
        409,
        "too_late",
        shifted("2026-11-24T09:00:00-03:00"),
    )


def test_the_limit_of_an_address_names_the_day(haircut):
    book(haircut)

    answer = anybody.call("POST", f"{PUBLIC}/appointments", form(haircut, scheduled_at=TEN))

    assert (answer.status, answer.json["code"]) == (409, "too_many_unconfirmed")
    assert answer.json["day"] == TEN[:10]
    book(haircut, replace(anybody, address="203.0.113.8"), scheduled_at=TEN)


def test_what_a_caller_says_of_the_own_address_is_not_believed(haircut):
    book(haircut)

    wanted = form(haircut, scheduled_at=TEN)
    answer = anybody.call("POST", f"{PUBLIC}/appointments", wanted, X_Forwarded_For="198.51.100.1")

    assert (answer.status, answer.json["code"]) == (409, "too_many_unconfirmed")


def test_dead_links_and_closed_doors_all_look_the_same(haircut, clinic):
    token = book(haircut)["token"]
    wrong = ["x", "0" * 32, f"{'0' * 32}.{token.split('.')[1]}", token.replace(".", "~"), "%00", "a" * 3000]

    answers = [anybody.call("GET", f"{PUBLIC}/appointments/{one}") for one in wrong]
    answers.append(anybody.call("GET", f"/tenant/clinic/public/appointments/{token}"))

    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert answers[0].json["code"] == "not_found"


@pytest.mark.parametrize("path", ["", "/services", "/appointments/x", "/appointments/x/cancel", "/appointments"])
def test_a_suspended_tenant_is_as_unknown_as_one_that_never_was(haircut, path):
    superuser.call("POST", "/admin/tenants/salon/suspend")
    method = "POST" if path.endswith(("cancel", "/appointments")) else "GET"
    body = form(haircut) if path == "/appointments" else None

    def ask(slug):
        answer = anybody.call(method, f"/tenant/{slug}/public{path}", body)
        return answer.status, answer.text.replace(slug, "...")

    assert ask("salon") == ask("no-such-tenant")
    assert ask("salon")[0] == ask("a" * 3000)[0] == ask("T%23salon")[0] == 404


def test_nobody_is_named_in_the_log(haircut):
    with logs.written() as written:
        links = book(haircut, customer_data=ANA | {"email": "ana@example.com"})["links"]
        anybody.call("POST", f"{PUBLIC}/appointments", form(haircut))
        anybody.call("POST", links["reschedule"], {"scheduled_at": TEN})
        anybody.call("POST", links["cancel"], {"reason": "Ana no puede"})

    assert written.lines()
    assert not [
        word
        for word in ("Ana", "981123456", "981 123 456", "ana@", "203.0.113", json.dumps(links["self"]))
        if word in written.text
    ]


def test_a_key_is_long_and_holds_for_the_callers_own_address(haircut):
    wanted, other = form(haircut), replace(anybody, address="203.0.113.8")
    short = anybody.call("POST", f"{PUBLIC}/appointments", wanted, Idempotency_Key="k" * 15)
    assert (short.status, short.json["errors"][0]["field"]) == (422, "header.idempotency-key")

    mine = anybody.call("POST", f"{PUBLIC}/appointments", wanted, Idempotency_Key="k" * 16)
    again = anybody.call("POST", f"{PUBLIC}/appointments", wanted, Idempotency_Key="k" * 16)
    theirs = other.call("POST", f"{PUBLIC}/appointments", wanted, Idempotency_Key="k" * 16)

    assert (mine.status, again.json["token"]) == (201, mine.json["token"])
    assert (theirs.status, theirs.json["code"]) == (409, "slot_taken")
    assert mine.json["token"] not in theirs.text
