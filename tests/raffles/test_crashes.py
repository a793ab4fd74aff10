"""R3 for orders: every SDK call of what happens to one goes wrong in every way; then the caller tries again."""

from datetime import timedelta

import pytest

from mostrador.table import TableFailure, keys, reads
from tests.support import faults
from tests.support import orders as shop

pytestmark = pytest.mark.deep

LATE = timedelta(minutes=10, seconds=1)


crash = faults.points_of(6)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now, numbers_per_customer=5)


def changes(order, now):
    return [one["change"] for one in shop.stored(order, now=now).history or []]


@pytest.mark.parametrize("form", [{"numbers": [1, 2]}, {"count": 2}, {"numbers": [1, 2], "paid": shop.CASH}])
def test_numbers_are_sold_once_or_not_at_all(raffle, now, crash, form):
    order = crash(lambda: shop.sell(raffle, now=now, key="k", seller="u-eva", **form))

    assert set(shop.owners(raffle).values()) == {order.id}
    assert len(shop.held(raffle)) == 2
    assert list(shop.check(raffle, now=now)) == [order.id]
    assert reads.get_item(keys.phone("salon", "+595981100001")).customer_id == order.customer_id


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_money_lands_once(raffle, now, crash, late):
    order = shop.sell(raffle, 1, 2, now=now, seller="u-eva")
    if late:
        shop.expire(order, now=now + LATE)

    settled = crash(lambda: shop.confirm(order, now=now + LATE))

    assert (settled.payment.status, changes(order, now)[-1]) == ("PAID", "PAID")
    assert len(reads.everything(keys.payments_partition("salon"), "PAYMENT#")) == 1
    shop.check(raffle, now=now + LATE)


def test_money_that_cannot_pay_is_due_back_once(raffle, now, crash):
    order = shop.cancel(shop.sell(raffle, 1, 2, now=now), now=now)

    settled = crash(lambda: shop.confirm(order, now=now))

    assert settled.payment.reason == "ORDER_CANCELLED"
    assert len(reads.everything(keys.payments_partition("salon"), "PAYMENT#")) == 1


@pytest.mark.parametrize(
    ("call", "status", "left"),
    [(shop.receive, "IN_REVIEW", 2), (shop.cancel, "CANCELLED", 0), (shop.expire, "EXPIRED", 0)],
)
def test_an_order_moves_once(raffle, now, crash, call, status, left):
    order = shop.sell(raffle, 1, 2, now=now)

    crash(lambda: call(order, now=now + LATE))

    assert (changes(order, now), len(shop.held(raffle))) == ([status], left)
    shop.check(raffle, now=now + LATE)


def test_a_refund_happens_once(raffle, now, crash):
    order = shop.sell(raffle, 1, 2, now=now, seller="u-eva", paid=shop.CASH)

    settled = crash(lambda: shop.refund(order, now=now))

    assert (settled.payment.status, changes(order, now), shop.held(raffle)) == ("REFUND_DUE", ["PAID", "REFUNDED"], {})
    shop.check(raffle, now=now)


def test_the_crashes_do_happen(raffle, now):
    order = shop.sell(raffle, 1, now=now)

    with faults.crashing(3, "before") as calls, pytest.raises(TableFailure):
        shop.confirm(order, now=now)

    assert calls == ["BatchGetItem", "BatchGetItem", "Query", "TransactWriteItems"]
