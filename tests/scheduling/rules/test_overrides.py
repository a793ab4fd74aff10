"""Staff override a rule by its name, and the appointment says so."""

from datetime import datetime, timedelta

import pytest

from mostrador.scheduling.rules import availability, overrides
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support.days import shifted
from tests.support.http import admin, anybody, staff

API, PUBLIC = "/tenant/salon/api/appointments", "/tenant/salon/public/appointments"
NOON, ONE = shifted("2026-11-30T12:00:00-03:00"), shifted("2026-11-30T13:00:00-03:00")
TOMORROW = shifted("2026-12-01T12:00:00-03:00")
OVER = {"override": ["before_notice"]}
ANA = {"name": "Ana", "phone": "0981 123 456"}


@pytest.fixture(autouse=True)
def _a_day_of_notice(salon, monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)
    tenants.change("salon", TenantChanges(minimum_notice_minutes=24 * 60), seen=None, now=now)


def book(service, at=NOON, who=staff, url=API, **more):
    return who.call("POST", url, {"service_id": service.id, "scheduled_at": at, "customer_data": ANA} | more)


def test_staff_book_inside_the_notice_by_name_alone(haircut):
    refused, booked = book(haircut), book(haircut, **OVER)

    assert (refused.status, refused.json["reason"]) == (409, "before_notice")
    assert (booked.status, booked.json["overridden"]) == (201, ["before_notice"])
    seen = staff.call("GET", f"{API}/{booked.json['id']}").json
    assert seen["overridden"] == ["before_notice"]


def test_a_rule_that_did_not_refuse_was_not_overridden(haircut):
    assert book(haircut, shifted("2026-12-02T12:00:00-03:00"), **OVER).json["overridden"] is None
    assert book(haircut, shifted("2026-12-03T12:00:00-03:00")).json["overridden"] is None


def test_no_other_rule_is_overridden(haircut):
    book(haircut, **OVER)

    again = book(haircut, **OVER)
    past = book(haircut, shifted("2026-11-30T09:30:00-03:00"), **OVER)
    late = book(haircut, shifted("2026-11-30T20:00:00-03:00"), **OVER)
    odd = book(haircut, shifted("2026-11-30T14:07:00-03:00"), **OVER)

    assert [one.json["reason"] for one in (again, past, late, odd)] == ["taken", "before_notice", "closed", "off_grid"]


def test_moving_overrides_it_too_and_moving_back_forgets_it(haircut):
    one = book(haircut, shifted("2026-12-03T12:00:00-03:00")).json
    path = f"{API}/{one['id']}/reschedule"

    refused = staff.call("POST", path, {"scheduled_at": ONE})
    moved = staff.call("POST", path, {"scheduled_at": ONE} | OVER)

    assert (refused.status, moved.status, moved.json["overridden"]) == (409, 200, ["before_notice"])
    back = staff.call("POST", path, {"scheduled_at": shifted("2026-12-04T12:00:00-03:00")})
    assert back.json["overridden"] is None


def test_a_series_may_begin_inside_the_notice(haircut):
    form = {"service_id": haircut.id, "scheduled_at": NOON, "customer_data": ANA, "count": 2} | OVER

    told = staff.call("POST", "/tenant/salon/api/series", form).json

    assert [one["overridden"] for one in told["booked"]] == [["before_notice"], None]


def test_the_audit_log_has_it(haircut):
    one = book(haircut, **OVER).json

    (line,) = admin.call("GET", f"/tenant/salon/api/audit?entity=appointment&id={one['id']}").json["items"]

    (change,) = [change for change in line["changes"] if change["entity"] == "appointment"]
    assert change["fields"]["overridden"] == [None, ["before_notice"]]


def test_the_public_overrides_nothing(haircut):
    answer = book(haircut, who=anybody, url=PUBLIC, **OVER)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "extra_forbidden")


@pytest.mark.parametrize("names", [["plan_limit"], ["BEFORE_NOTICE"], "before_notice", [7]])
def test_an_unknown_rule_is_named(haircut, names):
    answer = book(haircut, override=names)

    assert answer.status == 422
    assert answer.json["errors"][0]["field"].startswith("body.override")


def test_red_control_without_the_rule_the_notice_stays(haircut, monkeypatch):
    monkeypatch.setattr(overrides, "without", lambda rules, *_: rules)

    assert book(haircut, **OVER).json["reason"] == "before_notice"


def test_the_earliest_minute_is_one_that_has_not_begun():
    noon = datetime.fromisoformat("2026-12-01T12:00:00Z")

    assert availability.earliest(noon, 0) * 60 == noon.timestamp()
    assert availability.earliest(noon + timedelta(seconds=1), 0) * 60 == noon.timestamp() + 60
    assert availability.earliest(noon, 90) * 60 == noon.timestamp() + 90 * 60


def test_an_appointment_from_before_says_nothing(haircut, now):
    one = book(haircut, TOMORROW, **OVER).json
    stored = reads.get_item(keys.appointment("salon", one["id"]))
    assert stored.overridden is None
