"""The review of a declared payment: until when it lasts, and whose word keeps it."""

from datetime import timedelta

import pytest

from mostrador.errors import Stale
from mostrador.ledger.views.receipts import Receipt
from mostrador.raffles import order_links, order_reviews, order_transitions, orders, public_orders, raffles
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


def refuse(order, now, reason="fue a otra cuenta", seen=None):
    return order_reviews.refuse("salon", order.id, reason=reason, seen=seen, actor_name="eva", now=now)


def declare_again(order, now, reference):
    token = order_links.token_of("salon", order.id)
    return public_orders.receive("salon", token, Receipt(reference=reference), address=HOME, now=now).order


def test_a_refused_receipt_leaves_the_order_its_numbers_and_its_deadline(raffle, now):
    order = declared(raffle, 1, 2, now=now)

    refused = refuse(order, now + SECOND)

    assert (refused.status, refused.receipt_refusal) == ("IN_REVIEW", "fue a otra cuenta")
    assert (refused.review_due_at, refused.due_at) == (order.review_due_at, order.due_at)
    assert refused.history[-1] == {
        "at": keys.at(now + SECOND),
        "by": "eva",
        "change": "RECEIPT_REFUSED",
        "reason": "fue a otra cuenta",
    }
    assert sorted(shop.held(raffle)) == [1, 2]
    shop.check(raffle, now=now)


def test_the_same_refusal_again_changes_nothing_and_another_reason_is_told(raffle, now):
    first = refuse(declared(raffle, 1, now=now), now)

    assert refuse(first, now).version == first.version
    assert refuse(first, now, reason="es de otro día").receipt_refusal == "es de otro día"


def test_another_receipt_clears_the_refusal_and_the_refused_one_sent_again_does_not(raffle, now):
    order = declared(raffle, 1, now=now)
    refuse(order, now)

    assert declare_again(order, now, "T-1").receipt_refusal == "fue a otra cuenta"
    again = declare_again(order, now, "T-2")

    assert (again.receipt["reference"], again.receipt_refusal) == ("T-2", None)
    assert shop.confirm(order, now=now).payment.status == "PAID"


def test_a_refusal_does_not_hit_a_receipt_that_staff_has_not_seen(raffle, now):
    seen = declared(raffle, 1, now=now)
    declare_again(seen, now, "T-2")

    with pytest.raises(Stale):
        refuse(seen, now, seen=seen.version)
    assert shop.stored(seen, now=now).receipt_refusal is None

    unguarded = refuse(seen, now)  # the red control: without the version, the unseen receipt is refused
    assert (unguarded.receipt["reference"], unguarded.receipt_refusal) == ("T-2", "fue a otra cuenta")


def test_a_receipt_that_comes_while_staff_refuses_is_not_refused(raffle, now, monkeypatch):
    order, load = declared(raffle, 1, now=now), order_transitions.load
    newer = [lambda: declare_again(order, now, "T-2")]

    def read_then_another_receipt_comes(*arguments, **more):
        read = load(*arguments, **more)
        if newer:
            newer.pop()()
        return read

    monkeypatch.setattr(order_transitions, "load", read_then_another_receipt_comes)
    with pytest.raises(Stale):
        refuse(order, now, seen=order.version)

    stored = shop.stored(order, now=now)
    assert (stored.receipt["reference"], stored.receipt_refusal) == ("T-2", None)


def test_an_order_that_ends_after_a_refusal_says_why_and_may_still_be_owed(raffle, now):
    order = declared(raffle, 1, now=now)
    refuse(order, now)
    ends = now + timedelta(hours=5)
    sweep(now=ends)

    ended = shop.stored(order, now=ends)
    assert (ended.status, ended.history[-1]["reason"]) == ("EXPIRED", "fue a otra cuenta")
    assert perhaps_owed(raffle, ends) == [order.id]


def test_money_clears_the_refusal(raffle, now):
    order = declared(raffle, 1, now=now)
    refuse(order, now)

    shop.confirm(order, now=now)

    assert shop.stored(order, now=now).receipt_refusal is None


@pytest.mark.parametrize("end", ["reserved", "paid"])
def test_only_an_order_in_review_has_a_receipt_to_refuse(raffle, now, end):
    order = shop.sell(raffle, 1, now=now)
    if end == "paid":
        shop.confirm(order, now=now)

    with pytest.raises(WrongOrderState):
        refuse(order, now)
