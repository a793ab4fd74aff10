"""Each rule is overridden by its own name, by those who may, on record; nobody else's time is."""

from datetime import timedelta

import pytest

from mostrador.scheduling import overriding, resources, services
from mostrador.scheduling.rules.overrides import DOUBLE, ORDINARY, Override
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support.days import shifted
from tests.support.http import admin, anybody, staff, superuser, viewer

API = "/tenant/salon/api/appointments"
NINE = shifted("2026-12-01T09:00:00-03:00")
ANA = {"name": "Ana", "phone": "0981 123 456"}


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


def at(text):
    return shifted(f"2026-{text}:00-03:00")


def change(now, **settings):
    tenants.change("salon", TenantOperationChanges(**settings), seen=None, now=now)


def book(service, scheduled_at=NINE, who=staff, override=(), **more):
    form = {"service_id": service.id, "scheduled_at": scheduled_at, "customer_data": ANA, "override": list(override)}
    return who.call("POST", API, form | more)


def move(booked, scheduled_at, override=(), who=staff):
    form = {"scheduled_at": scheduled_at, "override": list(override)}
    return who.call("POST", f"{API}/{booked['id']}/reschedule", form)


CASES = {
    "before_notice": (at("11-30T10:30"), {"minimum_notice_minutes": 60}, {}),
    "past": (at("11-29T10:00"), {}, {}),
    "past_advance_window": (at("12-08T09:00"), {}, {"advance_booking_days": 3}),
    "closed": (at("12-01T20:00"), {}, {}),
    "off_grid": (at("12-01T09:07"), {}, {}),
    "daily_limit": (at("12-01T11:00"), {}, {"max_bookings_per_day": 1}),
    "weekly_limit": (at("12-02T11:00"), {}, {"max_bookings_per_week": 1}),
    "too_many_active": (at("12-02T11:00"), {"max_active_bookings": 1}, {}),
}
"""Rule -> a start that it alone refuses, beside a booking of the next day at ten, with settings of both."""
BOTH = [("closed", "off_grid", at("12-01T08:50")), ("past", "closed", at("11-29T05:00"))]


@pytest.fixture(params=CASES)
def refused(request, haircut, now):
    """A rule, the service and a start that it refuses."""
    start, settings, of_service = CASES[request.param]
    change(now, **settings)
    services.change("salon", haircut.id, ServiceChanges(**of_service), seen=None, now=now)
    assert book(haircut, at("12-01T10:00")).status == 201
    return request.param, haircut, start


def test_a_rule_is_overridden_by_its_name_alone(refused):
    name, service, start = refused
    others = sorted(ORDINARY - {name} - ({"past"} if name == "before_notice" else set()))

    without, with_others, with_it = book(service, start), book(service, start, override=others), None
    with_it = book(service, start, override=[name])

    assert without.status == 409
    if name != "too_many_active":
        assert without.json["overridable"] == [name]
    assert with_others.status == 409, "no other name may do"
    assert with_it.status == 201, with_it.text
    assert (with_it.json["overridden"], with_it.json["overridden_by"]) == ([name], with_it.json["created_by"])


def test_moving_overrides_the_same(refused, now):
    name, service, start = refused
    if name in ("too_many_active", "daily_limit", "weekly_limit"):
        return  # a move adds no booking to a limit that counts the moved one already
    booked = book(service, at("12-01T11:00")).json

    without, with_it = move(booked, start), move(booked, start, [name])

    assert (without.status, without.json["overridable"]) == (409, [name])
    assert (with_it.status, with_it.json["overridden"]) == (200, [name])
    assert move(booked, at("12-02T11:00")).json["overridden"] is None


@pytest.mark.parametrize(("first", "second", "start"), BOTH)
def test_two_rules_need_two_names(haircut, first, second, start):
    told = book(haircut, start).json["overridable"]

    booked = book(haircut, start, override=told)

    assert booked.status == 201
    assert booked.json["overridden"] == told
    assert first in told
    if second in told:
        assert book(haircut, start, override=[second]).status == 409


def test_a_calendar_elsewhere_and_a_block_are_overridden(salon, haircut, now):
    form = {"title": "Almuerzo", "starts_at": NINE, "ends_at": at("12-01T10:00"), "resource_ids": haircut.resource_ids}
    assert staff.call("POST", "/tenant/salon/api/blocks", form).status == 201

    refused, booked = book(haircut), book(haircut, override=["blocked"])

    assert (refused.json["reason"], refused.json["overridable"]) == ("blocked", ["blocked"])
    assert booked.json["overridden"] == ["blocked"]
    again = book(haircut, override=["blocked"])
    assert (again.json["reason"], "overridable" in again.json) == ("taken", False)


def test_another_length_is_told_and_may_be_forbidden(haircut, now):
    assert book(haircut, duration_minutes=45).json["overridden"] == ["length"]
    assert book(haircut, at("12-01T11:00"), duration_minutes=30).json["overridden"] is None

    change(now, staff_overrides=["closed"])

    refused = book(haircut, at("12-01T12:00"), duration_minutes=45)
    assert (refused.status, refused.json["code"]) == (403, "override_forbidden")
    assert refused.json["errors"][0]["field"] == "body.duration_minutes"
    assert book(haircut, at("12-01T12:00"), who=admin, duration_minutes=45).status == 201


def test_staff_override_what_the_business_lets_them(haircut, now):
    change(now, staff_overrides=["closed"])

    late = book(haircut, at("12-01T20:00"), override=["closed"])
    odd = book(haircut, at("12-01T09:07"), override=["off_grid"])
    hint = book(haircut, at("12-01T09:07"))

    assert late.status == 201
    assert (odd.status, odd.json["code"], odd.json["allowed"]) == (403, "override_forbidden", ["closed"])
    assert "overridable" not in hint.json, "a page offers what the caller may do"
    assert book(haircut, at("12-01T09:07"), who=admin, override=["off_grid"]).status == 201


@pytest.mark.parametrize("who", [staff, admin, superuser])
def test_nobody_books_over_another_appointment_unless_the_business_allows_it(haircut, who):
    book(haircut)

    answer = book(haircut, who=who, override=["taken"])

    assert (answer.status, answer.json["code"]) == (403, "override_forbidden")


def test_admins_book_over_another_appointment_where_it_is_allowed_and_on_record(haircut, now):
    change(now, allow_double_booking=True)
    first = book(haircut).json

    refused, by_staff = book(haircut, who=admin), book(haircut, override=["taken"])
    double = book(haircut, who=admin, override=["taken"])

    assert (refused.status, refused.json["overridable"]) == (409, ["taken"])
    assert by_staff.status == 403
    assert (double.status, double.json["overridden"]) == (201, ["taken"])
    assert double.json["overridden_by"] == double.json["created_by"]
    cancelled = staff.call("POST", f"{API}/{double.json['id']}/cancel")
    assert cancelled.status == 200
    assert book(haircut).json["reason"] == "taken", "the first stands still"
    staff.call("POST", f"{API}/{first['id']}/cancel")
    assert book(haircut).status == 201


def test_a_resource_that_is_free_is_chosen_before_one_that_would_be_double(salon, haircut, now):
    change(now, allow_double_booking=True)
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now).id
    form = NewService(name="Color", duration_minutes=30, price="1000", resource_ids=[*haircut.resource_ids, second])
    color = services.create("salon", form, key=None, now=now)
    book(haircut)
    for hour in (14, 15):
        book(color, at(f"12-01T{hour}:00"), resource_id=second)

    booked = book(color, who=admin, override=["taken"]).json

    assert (booked["resource_id"], booked["overridden"]) == (second, None)


def test_a_class_takes_more_than_its_seats_where_it_is_allowed(salon, now):
    change(now, allow_double_booking=True)
    form = NewService(name="Yoga", duration_minutes=60, price="1000", capacity=2)
    yoga = services.create("salon", form, key=None, now=now)
    for name in ("Ana", "Eva"):
        assert book(yoga, customer_data={"name": name}).status == 201

    refused = book(yoga, who=admin, customer_data={"name": "Luz"})
    over = book(yoga, who=admin, override=["no_seats"], customer_data={"name": "Luz"})

    assert (refused.json["reason"], refused.json["overridable"]) == ("no_seats", ["no_seats"])
    assert over.json["overridden"] == ["no_seats"]


def test_a_changed_booking_keeps_what_was_overridden_for_its_start(haircut, now):
    late = book(haircut, at("12-01T20:00"), override=["closed"]).json

    longer = staff.call("POST", f"{API}/{late['id']}/rebook", {"duration_minutes": 45})
    away = staff.call("POST", f"{API}/{late['id']}/rebook", {"scheduled_at": at("12-01T21:00")})
    over = staff.call("POST", f"{API}/{late['id']}/rebook", {"scheduled_at": at("12-01T21:00"), "override": ["closed"]})

    assert (longer.status, longer.json["overridden"]) == (200, ["closed", "length"])
    assert (away.status, away.json["reason"]) == (409, "closed")
    assert over.json["overridden"] == ["closed", "length"]


def test_a_lapsed_hold_after_hours_takes_its_time_again(haircut, now, monkeypatch):
    held = book(haircut, at("12-01T20:00"), override=["closed"], hold=True).json
    monkeypatch.setattr("mostrador.clock.now", lambda: now + timedelta(hours=2))

    assert staff.call("POST", f"{API}/{held['id']}/confirm").json["status"] == "CONFIRMED"


@pytest.mark.parametrize("who", [viewer, anybody])
def test_nobody_else_overrides_anything(haircut, who):
    assert book(haircut, at("12-01T20:00"), who=who, override=["closed"]).status in (403, 404)
    assert frozenset() == overriding.NOBODY


def test_the_public_gets_no_hint(haircut):
    form = {"service_id": haircut.id, "scheduled_at": at("12-01T20:00"), "customer_data": ANA}

    refused = anybody.call("POST", "/tenant/salon/public/appointments", form)

    assert (refused.status, refused.json["reason"]) == (409, "closed")
    assert {"overridable", "fits_minutes"}.isdisjoint(refused.json)


def test_more_than_a_year_back_is_no_visit_to_record(haircut):
    assert book(haircut, at("01-05T10:00").replace("2026", "2024"), override=["past"]).status == 409


def test_a_deep_past_and_an_inactive_service_stay_refused(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    assert book(haircut, override=sorted(ORDINARY)).json["code"] == "service_inactive"


def test_each_rule_is_ordinary_or_of_a_double_booking():
    assert frozenset(Override) == ORDINARY | DOUBLE
    assert not ORDINARY & DOUBLE


def test_red_control_without_the_question_who_may_anybody_overrides(haircut, now, monkeypatch):
    change(now, staff_overrides=[])
    monkeypatch.setattr(overriding, "check", lambda *_, **__: None)

    assert book(haircut, at("12-01T20:00"), override=["closed"]).status == 201


def test_the_audit_log_says_who_overrode(haircut):
    one = book(haircut, at("12-01T20:00"), override=["closed"]).json

    (line,) = admin.call("GET", f"/tenant/salon/api/audit?entity=appointment&id={one['id']}").json["items"]

    (made,) = [made for made in line["changes"] if made["entity"] == "appointment"]
    assert made["fields"]["overridden"] == [None, ["closed"]]
    assert made["fields"]["overridden_by"] == [None, one["created_by"]]
