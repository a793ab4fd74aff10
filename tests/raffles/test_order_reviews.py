"""The review of a declared payment: until when it lasts, and whose word keeps it."""

from datetime import timedelta

import pytest

from mostrador.ledger.views.receipts import Receipt
from mostrador.raffles import order_reviews, order_transitions, orders, public_orders, raffles
from mostrador.raffles.rules.states import WrongOrderState
from mostrador.raffles.views.orders import OrderListing, PublicOrder
from mostrador.table import keys
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import orders as shop
from tests.support.lines import sweep

HOME = "203.0.113.7"
SECOND = timedelta(seconds=1)


@pytest.fixture
def raffle(salon, now):
    tenants.change("salon", TenantOperationChanges(review_hours=5), seen=None, now=now)
    return shop.on_sale(now)


def declared(raffle, *numbers, now, address=HOME):
    form = PublicOrder(numbers=list(numbers), name="Ana", phone="0981 123 456")
    made = public_orders.order("salon", raffle.id, form, address=address, key=None, now=now)
    return public_orders.receive("salon", made.token, Receipt(reference="T-1"), address=address, now=now).order


def keep(order, now):
    return order_reviews.keep("salon", order.id, actor_name="eva", now=now)


def perhaps_owed(raffle, now):
    found = orders.listing("salon", raffle.id, OrderListing(perhaps_owed=True), now=now)
    return [order.id for order in found.items]


def test_a_buyers_receipt_lapses_at_the_end_of_the_review(raffle, now):
    order = declared(raffle, 1, 2, now=now)
    ends = now + timedelta(hours=5)
    assert order.review_due_at == ends

    sweep(now=ends - SECOND)
    assert shop.status(order, now=now) == "IN_REVIEW"
    sweep(now=ends)

    ended = shop.stored(order, now=now)
    assert (ended.status, ended.history[-1]["reason"]) == ("EXPIRED", order_transitions.NOT_REVIEWED)
    assert shop.held(raffle) == {}
    assert perhaps_owed(raffle, now) == [order.id]
    shop.check(raffle, now=ends)


def test_money_that_did_come_pays_it_late_while_its_numbers_are_free(raffle, now):
    order, late = declared(raffle, 1, now=now), now + timedelta(hours=6)
    sweep(now=late)

    settled = shop.confirm(order, now=late)

    assert (settled.payment.status, shop.status(order, now=late)) == ("PAID", "PAID")
    assert perhaps_owed(raffle, late) == []
    shop.check(raffle, now=late)


def test_money_that_did_come_is_due_back_once_others_have_its_numbers(raffle, now):
    order, late = declared(raffle, 1, now=now), now + timedelta(hours=6)
    sweep(now=late)
    shop.sell(raffle, 1, now=late, buyer=2)

    settled = shop.confirm(order, now=late)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "NUMBERS_GONE")
    assert perhaps_owed(raffle, late) == []


def test_staff_says_that_no_money_came(raffle, now):
    order, late = declared(raffle, 1, now=now), now + timedelta(hours=6)
    sweep(now=late)
    other = shop.sell(raffle, 1, now=late, buyer=2)

    cancelled = shop.cancel(order, now=late)

    assert (cancelled.status, perhaps_owed(raffle, late)) == ("CANCELLED", [])
    assert shop.held(raffle)[1].order_id == other.id
    assert shop.cancel(order, now=late).version == cancelled.version


def test_a_hold_that_only_lapsed_is_not_cancelled(raffle, now):
    order = shop.expire(shop.sell(raffle, 1, now=now), now=now + timedelta(minutes=10))

    with pytest.raises(WrongOrderState):
        shop.cancel(order, now=now)


def test_staff_keeps_an_order_until_the_sale_cutoff(raffle, now):
    order = declared(raffle, 1, now=now)

    kept = keep(order, now)

    assert (kept.is_kept, kept.review_due_at) == (True, raffles.sale_cutoff(raffle))
    assert kept.history[-1]["change"] == "KEPT"
    assert keep(order, now).version == kept.version
    sweep(now=now + timedelta(hours=6))
    assert shop.status(order, now=now) == "IN_REVIEW"


def test_a_kept_order_ends_with_the_sale(raffle, now):
    order = declared(raffle, 1, now=now)
    keep(order, now)

    freezes_at = raffles.freezes_at(raffle)
    sweep(now=freezes_at)

    assert shop.status(order, now=freezes_at) == "CANCELLED"
    assert perhaps_owed(raffle, freezes_at) == [order.id]


def test_a_receipt_from_staff_is_kept(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)

    assert order.is_kept
    assert order.due_at == keys.at(raffles.freezes_at(raffle))


def test_another_receipt_from_the_buyer_does_not_make_the_review_longer(raffle, now):
    order = declared(raffle, 1, now=now)
    token = public_orders.order_links.token_of("salon", order.id)

    later = now + timedelta(hours=2)
    again = public_orders.receive("salon", token, Receipt(reference="T-2"), address=HOME, now=later)

    assert (again.order.review_due_at, again.order.due_at) == (order.review_due_at, order.due_at)


@pytest.mark.parametrize("status", ["RESERVED", "PAID", "CANCELLED"])
def test_only_what_is_in_review_is_kept(raffle, now, status):
    order = shop.sell(raffle, 1, now=now)
    if status == "PAID":
        shop.confirm(order, now=now)
    if status == "CANCELLED":
        shop.cancel(order, now=now)

    with pytest.raises(WrongOrderState):
        keep(order, now)


def test_a_review_never_outlasts_the_sale(raffle, now):
    late = raffle.sale_closes_at - SECOND

    order = declared(raffle, 1, now=late)

    assert order.review_due_at == raffles.sale_cutoff(raffle)
    assert order.due_at == keys.at(raffles.freezes_at(raffle))
