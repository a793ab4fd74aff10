"""The lines of the audit log, as ``writes.transaction`` writes them with what they tell of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from mostrador import clock, context
from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, NewCustomer
from mostrador.scheduling import services
from mostrador.scheduling.views.services import NewService, ServiceChanges
from mostrador.table import attempts, audit_trail, keys, reads, writes
from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Versioned
from mostrador.tenancy import tenants
from tests.support import faults
from tests.support.http import Client, admin, anybody

EVA = context.Actor("u-1", "admin", "eva@example.com", "203.0.113.7", "request-1")
SERVICES = "/tenant/salon/api/services"


class Thing(Versioned, discriminator="THING"):
    """One attribute of every kind."""

    quiet = frozenset({"secret"})
    name = UnicodeAttribute(null=True)
    amount = NumberAttribute(null=True)
    is_on = BooleanAttribute(null=True)
    at = InstantAttribute(null=True)
    price = AmountAttribute(null=True)
    tree = JSONAttribute(null=True)
    tags = UnicodeSetAttribute(null=True)
    rows: Any = ListAttribute(null=True)
    parts: Any = MapAttribute(null=True)
    data = BinaryAttribute(null=True, legacy_encoding=False)
    status = UnicodeAttribute(null=True)
    secret = UnicodeAttribute(null=True)


@pytest.fixture
def thing(table, now):
    """Saved, read again, and not in the log."""
    save(Thing(*keys.service("salon", "1"), created_at=now, name="old", secret="s"))
    return reads.get_item(keys.service("salon", "1"))


def save(*saved, **changes):
    with writes.transaction() as tx:
        for item in saved:
            for name, value in changes.items():
                setattr(item, name, value)
            tx.save(item)


def log(tenant="salon"):
    return reads.everything(keys.audit_partition(tenant), "2")


def told(tenant="salon"):
    """What the newest line tells of its first item: entity, id, action, fields."""
    return log(tenant)[-1].changes[0]


VALUES = {
    "name": ("Corte", "Corte"),
    "amount": (3, 3),
    "is_on": (True, True),
    "at": (datetime(2026, 12, 1, 9, tzinfo=UTC), "2026-12-01T09:00:00Z"),
    "price": ("80000", "80000"),
    "tree": ([{"a": [1, None]}], [{"a": [1, None]}]),
    "tags": ({"b", "a"}, ["a", "b"]),
    "rows": ([1, "x"], [1, "x"]),
    "parts": ({"a": 1.5}, {"a": 1.5}),
    "data": (b"\x00\xff", "AP8="),
}


@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_attribute_is_told_from_and_to(thing, name):
    value, shown = VALUES[name]
    before = "old" if name == "name" else None

    save(thing, **{name: value})
    assert told()[3] == {name: [before, shown]}

    again = reads.get_item(keys.service("salon", "1"))
    save(again, **{name: None})
    assert told()[3] == {name: [shown, None]}


@pytest.mark.parametrize("name", VALUES)
def test_what_is_saved_as_it_was_leaves_no_line(thing, name):
    save(thing, **{name: VALUES[name][0]})
    lines = len(log())

    save(reads.get_item(keys.service("salon", "1")))
    save(reads.get_item(keys.service("salon", "1")), **{name: VALUES[name][0]})

    assert len(log()) == lines


def test_a_creation_tells_every_field_and_a_deletion_what_is_lost(salon, now):
    made = services.create("salon", NewService(name="Corte", duration_minutes=30, price="80000"), key=None, now=now)
    entity, identity, action, fields = told()
    assert (entity, identity, action) == ("service", made.id, "service.created")
    assert (fields["name"], fields["price"], fields["duration_minutes"]) == (
        [None, "Corte"],
        [None, "80000"],
        [None, 30],
    )

    services.delete("salon", made.id, seen=None, now=now)
    entity, identity, action, fields = told()
    assert (entity, identity, action) == ("service", made.id, "service.deleted")
    assert fields["name"] == ["Corte", None]


def test_what_is_deleted_unread_is_told_as_deleted(thing):
    with writes.transaction() as tx:
        tx.delete(Thing(*keys.service("salon", "1")), add_version_condition=False)

    assert told() == ["thing", "1", "thing.deleted", {}]


def test_keys_versions_digests_and_secrets_are_not_told(thing, now):
    save(thing, name="new", gsi1pk="T#salon#X", gsi1sk="x", updated_at=now, fingerprint="f", secret="other")

    assert told()[3] == {"name": ["old", "new"]}


def test_a_change_of_quiet_fields_alone_leaves_no_line(thing):
    save(thing, secret="other")

    assert len(log()) == 1


def test_a_long_text_is_cut_and_still_differs(thing):
    save(thing, name="a" * 5000)

    assert told()[3] == {"name": ["old", "a" * audit_trail.MOST_LETTERS + "…"]}
    save(thing, name="a" * 4999 + "b")
    assert list(told()[3]) == ["name"]


def test_of_a_map_only_the_keys_that_differ_are_told(salon, now):
    save(reads.get_item(keys.tenant("salon")), special_days={"2026-12-25": ["Navidad"], "2026-12-31": ["Fin"]})
    save(reads.get_item(keys.tenant("salon")), special_days={"2026-12-25": ["Feriado"], "2027-01-01": ["Nuevo"]})

    assert told() == [
        "tenant",
        "salon",
        "tenant.changed",
        {
            "special_days.2026-12-25": [["Navidad"], ["Feriado"]],
            "special_days.2026-12-31": [["Fin"], None],
            "special_days.2027-01-01": [None, ["Nuevo"]],
        },
    ]


def test_a_new_status_is_the_action(thing):
    save(thing, status="CANCELLED")

    assert told()[2] == "thing.cancelled"


def test_two_items_of_one_transaction_are_one_line(thing, now):
    save(thing, Thing(*keys.service("salon", "2"), created_at=now), amount=1)

    (_, line) = log()
    assert [change[:3] for change in line.changes] == [["thing", "1", "thing.changed"], ["thing", "2", "thing.created"]]
    assert line.about == " thing#1 thing.changed thing#2 thing.created "


def test_an_item_saved_twice_in_a_row_tells_each_step(thing):
    save(thing, name="second")
    save(thing, name="third")

    assert [line.changes[0][3]["name"] for line in log()] == [[None, "old"], ["old", "second"], ["second", "third"]]


def test_the_actor_in_hand_is_in_the_line(thing):
    with context.working("salon", EVA):
        save(thing, name="new")

    line = log()[-1]
    assert (line.user, line.role, line.name) == ("u-1", "admin", "eva@example.com")
    assert (line.address, line.request_id) == ("203.0.113.7", "request-1")


def test_who_works_in_the_background_is_the_system_without_address_or_request(thing):
    with context.working("salon", context.SYSTEM):
        save(thing, name="new")

    line = log()[-1]
    assert (line.user, line.role, line.name, line.address, line.request_id) == (
        "system",
        "system",
        "system",
        None,
        None,
    )


def test_a_door_says_who_calls_from_where_under_which_request(haircut):
    answer = admin.call("PATCH", f"{SERVICES}/{haircut.id}", {"name": "Barba"}, X_Forwarded_For="10.0.0.1")

    assert answer.status == 200
    line = log()[-1]
    assert (line.user, line.role, line.name) == ("u-admin", "admin", "eva@example.com")
    assert (line.address, line.request_id) == ("203.0.113.7", "request-1")
    assert line.changes == [["service", haircut.id, "service.changed", {"name": ["Corte", "Barba"]}]]


def tomorrow():
    """Nine in Asuncion: these doors read the clock."""
    return f"{clock.now().date() + timedelta(days=1)}T12:00:00Z"


def test_who_books_without_an_account_is_the_public_with_its_address(haircut):
    form = {
        "service_id": haircut.id,
        "scheduled_at": tomorrow(),
        "customer_data": {"name": "Ana", "phone": "0981 123 456"},
    }
    answer = anybody.call("POST", "/tenant/salon/public/appointments", form)

    assert answer.status == 201, answer.text
    line = log()[-1]
    assert (line.user, line.role, line.address, line.request_id) == ("public", "public", "203.0.113.7", "request-1")
    assert {change[2] for change in line.changes} == {"appointment.created", "customer.created"}


def test_a_superuser_is_told_as_such(salon):
    Client({}, superuser=True, name="root@example.com").call("POST", "/admin/tenants/salon/suspend")

    line = log()[-1]
    assert (line.role, line.name) == ("superuser", "root@example.com")
    assert line.changes == [["tenant", "salon", "tenant.changed", {"is_active": [True, False]}]]


def test_a_refused_transaction_leaves_no_line(thing):
    stale = reads.get_item(keys.service("salon", "1"))
    save(thing, name="new")

    with pytest.raises(writes.ConditionFailed):
        save(stale, name="late")

    assert [line.changes[0][3]["name"] for line in log()] == [[None, "old"], ["old", "new"]]


def test_one_that_had_to_be_repeated_leaves_exactly_one(thing, monkeypatch):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)
    conflict = faults.cancelled("None", "TransactionConflict")

    with faults.answering("TransactWriteItems", conflict, conflict) as seen:
        save(thing, name="new")

    assert len(seen) == 3
    assert len(log()) == 2


def test_an_edit_that_lost_its_race_tells_what_it_changed_in_the_end(salon, haircut, now, monkeypatch):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)
    with faults.answering("TransactWriteItems", faults.cancelled("ConditionalCheckFailed", "None")):
        services.change("salon", haircut.id, ServiceChanges(name="Barba"), seen=None, now=now)

    assert [line.about.split()[1] for line in log() if haircut.id in line.about] == [
        "service.created",
        "service.changed",
    ]


def test_a_line_is_stored_without_spaces_and_with_letters_as_they_are(thing):
    save(thing, name="Ñandutí")

    assert log()[-1].loaded["changes"]["S"] == '[["thing","1","thing.changed",{"name":["old","Ñandutí"]}]]'


def test_each_tenant_has_its_own_log(salon, clinic, now):
    customers.create("clinic", NewCustomer(name="Ann"), key=None, now=now)

    assert "customer.created" in log("clinic")[-1].about
    assert all("customer" not in line.about for line in log("salon"))


def test_what_a_customer_booked_last_is_no_change_of_the_customer(haircut, now):
    form = {
        "service_id": haircut.id,
        "scheduled_at": tomorrow(),
        "customer_data": {"name": "Ana", "phone": "0981 123 456"},
    }
    booked = admin.call("POST", "/tenant/salon/api/appointments", form).json

    customers.change("salon", booked["customer_id"], CustomerChanges(name="Ana María"), seen=None, now=now)

    assert told()[3] == {"name": ["Ana", "Ana María"]}


def test_what_has_a_version_cannot_be_changed_behind_the_log(thing):
    with pytest.raises(TypeError, match="Thing is saved whole"), writes.transaction() as tx:
        tx.update(thing, actions=[Thing.name.set("x")])


def test_lines_of_one_second_stay_in_the_order_of_their_writing(thing):
    for number in range(20):
        save(thing, amount=number)

    assert [line.changes[0][3]["amount"][1] for line in log()[1:]] == list(range(20))


def test_the_tenant_itself_is_told_by_its_slug(salon, now):
    tenants.suspend("salon", now=now)

    assert told()[:3] == ["tenant", "salon", "tenant.changed"]
