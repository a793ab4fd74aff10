"""A raffle on sale and its orders: what the tests of orders, payments and numbers share."""

from collections import Counter

from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.ledger.views.receipts import Receipt
from mostrador.payments import counter_payments, refunds
from mostrador.raffles import order_reviews, order_transitions, orders, reservations
from mostrador.raffles.rules.states import LIVE, OrderStatus
from mostrador.raffles.views.orders import NewOrder
from mostrador.table import keys, reads
from mostrador.table.items.raffles import RaffleBuyer, RaffleNumber, RaffleSeller
from mostrador.values.holds import has_lapsed
from tests.support import raffles

CASH = {"method": "CASH"}


def on_sale(now, tenant="salon", **more):
    """A raffle of the numbers 1 to 100, 10,000 each, held for 10 minutes."""
    return raffles.opened(now, tenant, **more)


def person(number):
    return {"customer": {"name": f"Cliente {number}", "phone": f"0981 {100000 + number}"}}


def sell(raffle, *numbers, now, buyer=1, key=None, tenant="salon", seller=None, **more):
    """Customer number ``buyer`` orders these numbers, or so many (``count=``)."""
    form = ({"numbers": list(numbers)} if numbers else {}) | person(buyer) | more
    return reservations.sell(tenant, raffle.id, NewOrder(**form), actor_name="eva", seller=seller, key=key, now=now)


def receive(order, *, now, reference="T-1", tenant="salon", public_address=None):
    form = Receipt(reference=reference)
    return order_reviews.receive(tenant, order.id, form, actor_name="eva", now=now, public_address=public_address)


def cancel(order, *, now, tenant="salon"):
    return order_transitions.cancel(tenant, order.id, reason="", actor_name="eva", now=now)


def expire(order, *, now, tenant="salon"):
    return order_transitions.expire(tenant, order.id, now=now)


def confirm(order, *, now, key=None, tenant="salon", **more):
    """Take the money; without a key another form is another payment."""
    form = Confirmation(**CASH | more)
    key = key or form.as_sent()
    return counter_payments.record_order_payment(tenant, order.id, form, actor_name="eva", key=key, now=now)


def refund(order, *, now, tenant="salon", **more):
    return refunds.refund_order(tenant, order.id, Refunding(reason="Se arrepintió", **more), actor_name="eva", now=now)


def stored(order, *, now, tenant="salon"):
    return orders.get(tenant, order.id, now=now)


def status(order, *, now, tenant="salon"):
    return OrderStatus(stored(order, now=now, tenant=tenant).status)


def held(raffle, tenant="salon"):
    """Number -> what holds or owns it, as stored."""
    found = reads.everything(keys.raffle_partition(tenant, raffle.id), keys.NUMBER_PREFIX)
    return {number_of(one): one for one in found}


def owners(raffle, tenant="salon"):
    """Number -> the order that its item names."""
    return {number: one.order_id for number, one in held(raffle, tenant).items()}


def bought(raffle, customer_id, tenant="salon"):
    """What is counted for a buyer; None where nothing ever was."""
    found = reads.get_item(keys.raffle_buyer(tenant, raffle.id, customer_id))
    return None if found is None else int(found.numbers)


def all_of(raffle, tenant="salon"):
    """Every order of the raffle as the list has it."""
    partition, prefix = keys.raffle_partition(tenant, raffle.id), keys.ORDER_PREFIX
    return reads.span(partition, prefix, f"{prefix}~", index="gsi1")


def check(raffle, *, now, kept=frozenset(), tenant="salon"):
    """Orders, numbers, their counts and payments agree; ``kept`` are orders that were refunded after the sale cutoff.

    Gives the orders by their ids.
    """
    found = {one.id: one for one in all_of(raffle, tenant)}
    inside = reads.span(keys.raffle_partition(tenant, raffle.id), "A", "~", consistent=True)
    _check_numbers([one for one in inside if isinstance(one, RaffleNumber)], found, kept, now)
    _check_buyers(raffle, [one for one in inside if isinstance(one, RaffleBuyer)], found, kept)
    _check_money([one for one in inside if isinstance(one, RaffleSeller)], found, tenant)
    return found


def _check_numbers(items, found, kept, now):
    told = {number_of(one): (one.order_id, one.hold_expires_at, one.is_sold) for one in items}
    owning = {one.id: one for one in found.values() if one.id in kept or _owns(one, now)}
    for order in owning.values():
        expires = int(order.hold_expires_at.timestamp()) if order.hold_expires_at else None
        is_sold = order.status in ("PAID", "REFUNDED")
        assert {told.get(number) for number in order.numbers} == {(order.id, expires, is_sold)}, order
    for number, (order_id, expires, _) in told.items():
        is_live = not has_lapsed(expires, now.timestamp())
        assert not is_live or (order_id in owning and number in owning[order_id].numbers), (number, order_id)


def _owns(order, now):
    return order.status in LIVE and not has_lapsed(order.hold_expires_at, now)


def number_of(item):
    return keys.numbered((item.pk, item.sk))[1]


def _check_buyers(raffle, items, found, kept):
    counted = Counter({order.customer_id: 0 for order in found.values()})
    for order in found.values():
        is_unproven = order.created_by == "public" and order.status in ("RESERVED", "IN_REVIEW")
        is_counted = (order.status in LIVE and not is_unproven) or order.id in kept
        counted[order.customer_id] += len(order.numbers) if is_counted else 0
    if raffle.numbers_per_customer is not None:
        told = {one.sk.removeprefix("BUYER#"): one.numbers for one in items}
        strangers = {one.customer_id: 0 for one in found.values() if one.created_by == "public"}
        assert strangers | told == counted
        assert max(counted.values(), default=0) <= raffle.numbers_per_customer


def _check_money(items, found, tenant):
    paid = [one for one in found.values() if one.status == "PAID"]
    mine = [one for one in reads.everything(keys.payments_partition(tenant), "PAYMENT#") if one.target_id in found]
    assert {one.id for one in mine if one.status == "PAID"} == {one.payment_id for one in paid}
    assert {one.status for one in mine} <= {"PAID", "REFUND_DUE", "REFUNDED"}
    sold = Counter()
    for order in paid:
        sold[order.seller] += len(order.numbers)
    totals = {one.sk.removeprefix(keys.SELLER_PREFIX): one.numbers for one in items if one.numbers}
    assert totals == {seller: count for seller, count in sold.items() if seller}
