from datetime import timedelta

import pytest

from mostrador.table import base, reads, writes
from mostrador.tenancy import public_holds, tenants
from mostrador.tenancy.public_holds import Kind, Line, TooManyHeld

HOME = "203.0.113.7"
LINE = Line(tag="a" * 16, phone="b" * 16, amount=30, until=0, second="c" * 16, starts=29936880)


def key(address=HOME, tenant="salon", kind=Kind.APPOINTMENTS):
    return public_holds.key(tenant, kind, address)


def write(lines, before=None, item_key=None):
    with writes.transaction() as tx:
        public_holds.write(tx, item_key or key(), before, lines)
    return reads.get_item(item_key or key())


def test_lines_are_read_as_they_were_written(table, now):
    line = LINE._replace(until=int(now.timestamp()) + 60)

    stored = write({"1" * 32: line})

    assert public_holds.lines_of(stored, now) == {"1" * 32: line}
    assert public_holds.lines_of(None, now) == {}


def test_a_line_counts_until_its_second_and_not_for_the_thing_itself(table, now):
    line = LINE._replace(until=int(now.timestamp()) + 60)
    stored = write({"1" * 32: line})

    assert public_holds.lines_of(stored, now + timedelta(seconds=59))
    assert not public_holds.lines_of(stored, now + timedelta(seconds=60))
    assert not public_holds.lines_of(stored, now, without="1" * 32)


def test_only_the_item_as_it_was_read_is_replaced(table, now):
    first = write({"1" * 32: LINE})
    write({"2" * 32: LINE}, before=first)

    for stale in (None, first):
        with pytest.raises(writes.ConditionFailed):
            write({"3" * 32: LINE}, before=stale)


def test_the_item_goes_with_its_last_line(table):
    stored = write({"1" * 32: LINE._replace(until=100), "2" * 32: LINE._replace(until=300)})

    assert stored.expires_at == 300


def test_tenants_kinds_and_addresses_are_apart_and_a_subscriber_is_one():
    keys = {key(), key(tenant="clinic"), key(kind=Kind.ORDERS), key("203.0.113.8"), key("2001:db8:1:2::1")}

    assert len(keys) == 5
    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9")


def test_a_full_address_has_no_room(salon, now):
    tenant = tenants.current("salon", now=now)
    tenant.public_pending_limit = 2

    public_holds.check_room(tenant, {"1": LINE})
    with pytest.raises(TooManyHeld):
        public_holds.check_room(tenant, {"1": LINE, "2": LINE})


def test_a_tenant_stored_before_has_the_defaults(salon, now):
    raw = salon.serialize()
    for name in ("public_share_percent", "public_pending_limit"):
        del raw[name]
    old = base.Item.from_raw_data(raw)

    assert (old.public_share_percent, old.public_pending_limit) == (5, 60)


def test_a_key_is_bound_to_its_address():
    assert public_holds.own_key(HOME, "k") == public_holds.own_key(HOME, "k") != public_holds.own_key("::1", "k")
    assert " " in public_holds.own_key(HOME, "k")  # no key of the staff has one
