"""Busy times of calendars elsewhere as the doors tell them."""

from datetime import datetime

import pytest

from tests.support.busy import event, pull
from tests.support.days import shifted
from tests.support.http import Client, anybody

NINE, TEN = shifted("2026-12-01T09:00:00-03:00"), shifted("2026-12-01T10:00:00-03:00")
APPOINTMENTS = "/tenant/salon/api/appointments"
staff = Client({"salon": "staff"})


@pytest.fixture
def busy_at_nine(haircut, now):
    pull(event("e1", datetime.fromisoformat(NINE), 30), now=now)
    return haircut


def form(service, **more):
    return {"service_id": service.id, "scheduled_at": NINE, "customer_data": {"name": "Ana"}} | more


def test_staff_are_told_what_is_in_the_way_and_may_book_over_it(busy_at_nine):
    refused = staff.call("POST", APPOINTMENTS, form(busy_at_nine), accept_language="es")
    booked = staff.call("POST", APPOINTMENTS, form(busy_at_nine, ignore_calendar=True))

    assert (refused.status, refused.json["code"], refused.json["reason"]) == (409, "slot_taken", "external")
    assert refused.json["detail"].endswith("ocupado en el calendario externo")
    assert refused.json["details"] == {"from": NINE, "until": shifted("2026-12-01T09:30:00-03:00")}
    assert (booked.status, booked.json["scheduled_at"]) == (201, NINE)


def test_staff_may_move_over_it_and_nobody_else_may(busy_at_nine):
    wanted = {
        "service_id": busy_at_nine.id,
        "scheduled_at": TEN,
        "customer_data": {"name": "Ana", "phone": "0981 123 456"},
    }
    own = anybody.call("POST", "/tenant/salon/public/appointments", wanted).json
    (one,) = staff.call("GET", APPOINTMENTS).json["items"]
    move = {"scheduled_at": NINE}

    plain = staff.call("POST", f"{APPOINTMENTS}/{one['id']}/reschedule", move)
    own_way = anybody.call("POST", own["links"]["reschedule"], move | {"ignore_calendar": True})
    odd = staff.call("POST", f"{APPOINTMENTS}/{one['id']}/reschedule", move | {"ignore_calendar": "yes"})
    over = staff.call("POST", f"{APPOINTMENTS}/{one['id']}/reschedule", move | {"ignore_calendar": True})

    assert (plain.status, plain.json["reason"]) == (409, "external")
    assert (own_way.status, odd.status) == (422, 422)
    assert (over.status, over.json["scheduled_at"]) == (200, NINE)


def test_availability_tells_when_the_calendar_was_read_and_explains_what_it_takes(busy_at_nine):
    told = staff.call(
        "GET", shifted(f"{APPOINTMENTS}/availability?service={busy_at_nine.id}&date=2026-12-01&explain=true")
    ).json

    assert (told["calendar_as_of"], told["calendar_is_stale"]) == (shifted("2026-11-30T10:00:00-03:00"), False)
    assert told["slots"][0]["starts_at"] == shifted("2026-12-01T09:30:00-03:00")
    assert [one["starts_at"] for one in told["refused"] if one["reason"] == "external"] == [NINE]


def test_without_an_account_nobody_books_over_it_or_learns_what_it_is(busy_at_nine):
    wanted = {
        "service_id": busy_at_nine.id,
        "scheduled_at": NINE,
        "customer_data": {"name": "Ana", "phone": "0981 123 456"},
    }

    refused = anybody.call("POST", "/tenant/salon/public/appointments", wanted)
    over = anybody.call("POST", "/tenant/salon/public/appointments", wanted | {"ignore_calendar": True})
    told = anybody.call(
        "GET", shifted(f"/tenant/salon/public/availability?service={busy_at_nine.id}&date=2026-12-01")
    ).json

    assert (refused.status, refused.json["reason"], refused.json["details"]) == (409, "external", {})
    assert over.status == 422
    assert (told["calendar_as_of"], told["calendar_is_stale"]) == (shifted("2026-11-30T10:00:00-03:00"), False)


def test_a_mistaken_type_is_refused(busy_at_nine):
    assert staff.call("POST", APPOINTMENTS, form(busy_at_nine, ignore_calendar="yes")).status == 422
