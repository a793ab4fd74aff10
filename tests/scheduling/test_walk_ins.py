"""A customer who stands at the counter: one call, now."""

from datetime import timedelta

import pytest

from mostrador.scheduling import resources, services
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support.days import shifted
from tests.support.http import staff, viewer

API = "/tenant/salon/api/appointments"


@pytest.fixture
def at(monkeypatch, now):
    """``at(minutes=42)`` sets the clock; the day's ten o'clock is zero."""

    def move(**later):
        monkeypatch.setattr("mostrador.clock.now", lambda: now + timedelta(**later))

    move(hours=2, minutes=42, seconds=31)
    return move


def walk_in(service, who=staff, key=None, **more):
    form = {"service_id": service.id} | ({"name": "Don Julio"} if "customer_id" not in more else {}) | more
    return who.call("POST", f"{API}/walk-in", form, **({"Idempotency_Key": key} if key else {}))


def test_one_call_books_confirms_and_begins_now(haircut, at, now):
    tenants.change("salon", TenantOperationChanges(minimum_notice_minutes=24 * 60), seen=None, now=now)

    answer = walk_in(haircut)

    assert answer.status == 201, answer.text
    one = answer.json
    assert (one["scheduled_at"], one["status"]) == (shifted("2026-11-30T12:42:00-03:00"), "CONFIRMED")
    assert (one["customer_name"], one["customer_phone"]) == ("Don Julio", None)
    assert one["overridden"] == ["off_grid", "past"]


def test_a_repeat_a_minute_later_is_the_same_one(haircut, at):
    first = walk_in(haircut, key="walk-in-1-abcdefgh").json
    at(hours=2, minutes=43, seconds=10)

    again = walk_in(haircut, key="walk-in-1-abcdefgh")

    assert (again.status, again.json["id"]) == (201, first["id"])
    assert walk_in(haircut, name="Otro", key="walk-in-1-abcdefgh").json["code"] == "idempotency_key_reused"


def test_the_length_that_fits_before_the_next_one_is_told(haircut, at):
    following = {"service_id": haircut.id, "scheduled_at": shifted("2026-11-30T13:00:00-03:00")}
    staff.call("POST", API, following | {"customer_data": {"name": "Ana"}})

    refused = walk_in(haircut)
    shorter = walk_in(haircut, duration_minutes=refused.json["fits_minutes"])

    assert (refused.status, refused.json["reason"], refused.json["fits_minutes"]) == (409, "taken", 18)
    assert (shorter.status, shorter.json["ends_at"]) == (201, shifted("2026-11-30T13:00:00-03:00"))
    assert shorter.json["overridden"] == ["length", "off_grid", "past"]


def test_who_is_free_takes_them(salon, haircut, at, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now).id
    form = NewService(name="Color", duration_minutes=30, price="1000", resource_ids=[*haircut.resource_ids, second])
    color = services.create("salon", form, key=None, now=now)
    walk_in(haircut)

    assert walk_in(color).json["resource_id"] == second
    assert walk_in(color).json["reason"] == "taken"


def test_after_hours_it_needs_the_name_of_the_rule(haircut, at):
    at(hours=11)

    refused, let_in = walk_in(haircut), walk_in(haircut, override=["closed"])

    assert (refused.status, refused.json["reason"], refused.json["overridable"]) == (409, "closed", ["closed"])
    assert let_in.status == 201
    assert "closed" in let_in.json["overridden"]


@pytest.mark.parametrize(
    "more", [{"name": None}, {"customer_data": {"name": "Ana"}}, {"customer_id": "0" * 32, "name": "Ana"}]
)
def test_it_is_one_customer(haircut, at, more):
    answer = walk_in(haircut, **more)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "one_of_three")


def test_a_known_customer_walks_in(haircut, at):
    known = staff.call("POST", "/tenant/salon/api/customers", {"name": "Ana", "phone": "0981 123 456"}).json

    one = walk_in(haircut, customer_id=known["id"]).json

    assert (one["customer_id"], one["customer_phone"]) == (known["id"], "+595981123456")


def test_who_may_only_read_takes_nobody(haircut, at):
    assert walk_in(haircut, who=viewer).status == 403
