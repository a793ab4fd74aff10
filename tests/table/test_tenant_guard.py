"""No request leaves for DynamoDB with a key that is not of the tenant in hand; ``trips`` sees what botocore sends."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from itertools import product
from threading import Barrier

import pytest
from pynamodb.transactions import TransactGet, TransactWrite

from mostrador import context
from mostrador.table import base, keys, tenant_guard
from mostrador.table.base import Item
from mostrador.table.items.tenants import Rate
from mostrador.table.tenant_guard import ForeignKey
from tests.support.lines import trips

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)


def key(slug):
    return keys.rate(slug, "book", "digest", "2026-12-01T12")


def rate(slug, **lists):
    return Rate(*key(slug), used=1, expires_at=1, **lists)


def connection():
    return base.connection().connection


def in_transaction(add):
    with TransactWrite(connection=connection()) as tx:
        add(tx)


OPERATIONS = {
    "GetItem": lambda slug: Item.get(*key(slug)),
    "PutItem": lambda slug: rate(slug).save(),
    "UpdateItem": lambda slug: rate(slug).update([Rate.used.set(2)]),
    "DeleteItem": lambda slug: rate(slug).delete(),
    "BatchGetItem": lambda slug: list(Item.batch_get([key(slug)])),
    "Query": lambda slug: list(Item.query(key(slug)[0])),
    "Query with a range": lambda slug: list(Item.query(key(slug)[0], Item.sk.between("a", "b"))),
    "Query of gsi1": lambda slug: list(Item.by_list.query(keys.appointments_partition(slug))),
    "Query of gsi2": lambda slug: list(Item.by_parent.query(keys.customer_partition(slug, "c"))),
    "put in a transaction": lambda slug: in_transaction(lambda tx: tx.save(rate(slug))),
    "update in a transaction": lambda slug: in_transaction(lambda tx: tx.update(rate(slug), [Rate.used.set(2)])),
    "delete in a transaction": lambda slug: in_transaction(lambda tx: tx.delete(rate(slug))),
    "check in a transaction": lambda slug: in_transaction(
        lambda tx: tx.condition_check(Rate, *key(slug), condition=Item.pk.exists())
    ),
}
NEIGHBOURS = [("salon", "clinic"), ("salon", "salon-2"), ("salon-2", "salon"), ("salon", "salonx"), ("sal", "salon")]


@pytest.fixture
def rates(table):
    """One item of each tenant."""
    for slug in {slug for pair in NEIGHBOURS for slug in pair}:
        rate(slug).save()


every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=list(OPERATIONS))


def refused(operate, *, in_hand):
    """What of the operation was sent before it was refused."""
    with context.working(in_hand), trips() as sent, pytest.raises(ForeignKey):
        operate()
    return sent


@every_operation
def test_the_tenant_in_hands_own_is_let_through(rates, operate):
    with context.working("salon"), trips() as sent:
        operate("salon")

    assert len(sent) == 1


@every_operation
def test_another_tenants_is_refused_and_nothing_is_sent(rates, operate, subtests):
    for in_hand, other in NEIGHBOURS:
        with subtests.test(in_hand=in_hand, other=other):
            assert refused(partial(operate, other), in_hand=in_hand) == []


@every_operation
def test_without_a_tenant_in_hand_no_tenants_items_are_within_reach(rates, operate):
    assert refused(lambda: operate("salon"), in_hand=None) == []


MANY_TENANTS = {
    "the list of tenants": lambda: list(Item.by_list.query(keys.TENANTS)),
    "a user's memberships": lambda: list(Item.by_parent.query(keys.user_partition("u"))),
    "what is due": lambda: list(Item.by_deadline.query(keys.due_partition(7), Item.due_at <= keys.at(AT))),
}


@pytest.mark.parametrize("ask", MANY_TENANTS.values(), ids=list(MANY_TENANTS))
def test_a_list_of_many_tenants_is_asked_for_without_a_tenant_in_hand_only(table, ask):
    with context.working(None), trips() as sent:
        ask()

    assert sent == ["Query"]
    assert refused(ask, in_hand="salon") == []


@pytest.mark.parametrize("partition", ["TENANTSX", "TENANTS#salon", "DUE#8", "DUE#", "USER#u", "T#"])
def test_what_only_looks_like_the_list_of_tenants_is_refused(table, partition):
    assert refused(lambda: list(Item.by_list.query(partition)), in_hand=None) == []


def batch_write(slug):
    with Item.batch_write() as batch:
        batch.save(rate(slug))


def transact_get(slug):
    with TransactGet(connection=connection()) as tx:
        tx.get(Rate, *key(slug))


NEVER = {
    "Scan": lambda: list(Item.scan()),
    "Scan of an index": lambda: list(Item.by_list.scan()),
    "BatchWriteItem": lambda: batch_write("salon"),
    "TransactGetItems": lambda: transact_get("salon"),
    "ExecuteStatement": lambda: connection().client.execute_statement(Statement='SELECT * FROM "mostrador-test"'),
    "DescribeTable": Item.exists,
    "DeleteTable": Item.delete_table,
    "ListTables": lambda: connection().list_tables(),
}


@pytest.mark.parametrize("in_hand", ["salon", None])
@pytest.mark.parametrize("operate", NEVER.values(), ids=list(NEVER))
def test_what_is_never_needed_is_refused_to_everybody(rates, operate, in_hand):
    assert refused(operate, in_hand=in_hand) == []


def test_a_transaction_with_one_foreign_action_is_refused_as_a_whole(rates):
    def both():
        with TransactWrite(connection=connection()) as tx:
            for slug in ("salon", "salon", "clinic"):
                tx.update(rate(slug), [Rate.used.set(9)])

    assert refused(both, in_hand="salon") == []
    assert Item.get(*key("salon")).used == 1


def test_a_batch_with_one_foreign_key_is_refused_as_a_whole(rates):
    wanted = [key("salon"), key("clinic")]

    assert refused(lambda: list(Item.batch_get(wanted)), in_hand="salon") == []


LISTS = ("gsi1", "gsi2", "due")


def put_into(index, partition):
    name = {"due": ("due_pk", "due_at")}.get(index, (f"{index}pk", f"{index}sk"))
    return dict(zip(name, (partition, "2026"), strict=True))


def saved(**lists):
    rate("salon", **lists).save()


def updated(**lists):
    rate("salon").update([getattr(Rate, name).set(value) for name, value in lists.items()])


def saved_together(**lists):
    in_transaction(lambda tx: tx.save(rate("salon", **lists)))


writing = pytest.mark.parametrize("write", [saved, updated, saved_together])


@writing
def test_no_item_is_put_into_a_list_of_another_tenant(rates, write, case):
    foreign = ["T#clinic", "T#clinic#CUSTOMERS", "T#salon-2#CUSTOMERS", "T#salonx", "DUE#8"]
    for index, partition in product(LISTS, foreign):
        with case(index=index, partition=partition):
            assert refused(partial(write, **put_into(index, partition)), in_hand="salon") == []


@writing
@pytest.mark.parametrize(
    ("index", "partition"),
    [
        ("gsi1", "T#salon#CUSTOMERS"),
        ("gsi1", keys.TENANTS),
        ("gsi2", "T#salon#CUSTOMER#c"),
        ("gsi2", keys.user_partition("u")),
        ("due", keys.due_partition(0)),
    ],
)
def test_an_item_is_put_into_its_own_lists_and_those_of_many_tenants(rates, write, index, partition):
    with context.working("salon"), trips() as sent:
        write(**put_into(index, partition))

    assert len(sent) == 1


def test_a_list_may_not_be_copied_from_another_field(rates):
    path = Rate.gsi1pk

    assert refused(lambda: rate("salon").update([path.set(path | "T#salon")]), in_hand="salon") == []
    assert refused(lambda: rate("salon").update([path.set(Rate.gsi2pk)]), in_hand="salon") == []


def test_tests_and_tools_may_touch_every_tenant(rates):
    with context.working(tenant_guard.EVERY_TENANT):
        assert [Item.get(*key(slug)).used for slug in ("salon", "clinic")] == [1, 1]


def test_every_request_is_counted_and_every_refusal(rates):
    before = tenant_guard.counts.copy()
    with context.working("salon"):
        Item.get(*key("salon"))
        with pytest.raises(ForeignKey):
            Item.get(*key("clinic"))

    assert tenant_guard.counts - before == {"checked": 2, "refused": 1}


def refusals_at_once(monkeypatch):
    """Eight threads that come first and together, each after another tenant's item: which of them are refused."""
    base.disconnect()
    monkeypatch.setattr(tenant_guard, "register", slowly(tenant_guard.register))
    together = Barrier(8)

    def trespass(_):
        together.wait()
        return refused_quietly(lambda: Item.get(*key("clinic")))

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(trespass, range(8)))


def slowly(register):
    def wait_and_register(client):
        time.sleep(0.3)
        register(client)

    return wait_and_register


def refused_quietly(operate):
    try:
        with context.working("salon"):
            operate()
    except ForeignKey:
        return True
    return False


def test_threads_that_come_before_there_is_a_client_are_refused_all(rates, monkeypatch):
    assert all(refusals_at_once(monkeypatch))


def test_without_the_lock_some_would_find_a_client_without_a_guard(rates, monkeypatch):
    monkeypatch.setattr(base, "_first", nullcontext())

    assert not all(refusals_at_once(monkeypatch))
